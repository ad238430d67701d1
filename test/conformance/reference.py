"""What the rows must be: the model of METERING.md in its two modes, its flows' labels, and NFStream's stored rows."""

import importlib.util
import io
import multiprocessing
import os
import struct
import subprocess
import tempfile
from dataclasses import dataclass

import labels
from table import Table, from_csv_file, from_values

BOOLEANS = {'true': 1, 'false': 0}


@dataclass
class Reference:
    """What the model says of one capture in one profile."""

    ours: Table = None  # rows of this project, without labels
    peer: Table = None  # rows of NFStream, without labels
    metered: int = 0  # packets in rows, as this project counts them
    ignored: int = 0
    labels: Table = None  # id and labels; None where nothing is dissected or no labels were asked for
    refused: str = None  # why the model takes no rows from the file at all


def load_model(shared):
    spec = importlib.util.spec_from_file_location('model', os.path.join(shared, 'tools', 'model.py'))
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    return model


def model_options(model, options):
    """A table's options as the model takes them, without those that change no row that it models."""
    return {
        name: BOOLEANS[value] if value in BOOLEANS else int(value)
        for name, value in options.items()
        if name in model.DEFAULTS
    }


def filtered(paths, bpf_filter, directory):
    """What the model, which has no filters, is to read: captures that tcpdump makes of the packets that pass one."""
    found = []
    for number, path in enumerate(paths):
        found.append(os.path.join(directory, '%d.pcap' % number))
        subprocess.run(
            ['tcpdump', '-r', path, '-w', found[-1], bpf_filter],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    return found


def run_model(model, paths, options, mode, with_events):
    """Rows, account and events of one mode; the events are write_event()'s, kept in memory."""
    account, events = {}, io.BytesIO()

    def keep(flow, packet):
        if packet is None:
            events.write(struct.pack('<cI', b'X', flow.number))
        else:
            events.write(struct.pack('<cIQI', b'P', flow.number, packet.ms, len(packet.bytes)) + packet.bytes)

    rows = model.meter(list(paths), options, mode, account=account, events=keep if with_events else None)
    return from_values(model.columns(dict(model.DEFAULTS, **options)), rows), account, events.getvalue()


class References:
    """References of many captures, made in as many processes as there are cores."""

    def __init__(self, shared, labels_program):
        self.shared, self.labels_program = shared, labels_program
        self.pool = multiprocessing.Pool(os.cpu_count(), initializer=start_process, initargs=(shared, labels_program))

    def of(self, captures, profile):
        jobs = [(capture, profile) for capture in captures]
        return dict(zip(captures, self.pool.map(one_reference, jobs, chunksize=1)))

    def close(self):
        self.pool.close()
        self.pool.join()


process = {}


def start_process(shared, labels_program):
    process.update(model=load_model(shared), labels_program=labels_program)


def one_reference(job):
    capture, profile = job
    model, program = process['model'], process['labels_program']
    options, found = model_options(model, profile.options), Reference()
    wanted = bool(program and profile.dissections)
    with tempfile.TemporaryDirectory() as directory:
        try:
            paths = capture.paths
            if 'bpf_filter' in profile.options:
                paths = filtered(paths, profile.options['bpf_filter'], directory)
            found.ours, account, events = run_model(model, paths, options, model.OURS, wanted)
            found.peer, _, _ = run_model(model, paths, options, model.PEER, False)
        except ValueError as error:
            found.refused = str(error)
            return found
    found.metered = account.pop('metered', 0)
    found.ignored = sum(account.values())
    if wanted:
        found.labels = labels.of_events(program, events, profile.dissections, len(found.ours.rows))
    return found


def stored_path(shared, capture, profile):
    """Where the peer's stored rows of a capture lie, or None."""
    data, file = os.path.join(shared, 'data'), capture.name + '.csv.gz'
    if capture.collection == 'synthetic':
        path = os.path.join(data, 'synthetic', 'nfstream-6.6.0', profile.name, file)
    elif capture.collection == 'pcaps':
        group = 'nfstream-6.6.0' if profile.by_default else 'options'
        path = os.path.join(data, group, profile.name, file)
    else:
        return None
    return path if os.path.exists(path) else None


def stored(shared, capture, profile):
    """The peer's stored rows of a capture, or None where there are none; a file without flows has no header either."""
    path = stored_path(shared, capture, profile)
    return from_csv_file(path) if path else None
