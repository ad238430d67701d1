"""What the rows must be: the model of METERING.md in its two modes, its flows' labels, and NFStream's stored rows."""

import importlib.util
import io
import multiprocessing
import os
import struct
import sys
from dataclasses import dataclass

import bpf
import labels
import plugins
from table import Table, from_csv_file, from_values

BOOLEANS = {'true': 1, 'false': 0}
# What decides which packets nDPI is given, and in which flows, with flow_slicer's limit: profiles that have these in common have
# the same labels.
OF_LABELS = ('decode_tunnels', 'idle_timeout', 'active_timeout', 'bpf_filter', 'n_dissections')


@dataclass
class Reference:
    """What the model says of one capture in one profile."""

    ours: Table = None  # rows of this project, without labels
    peer: Table = None  # rows of NFStream, without labels; None where they were not asked for
    metered: int = 0  # packets in rows, as this project counts them
    bytes: int = 0  # of these packets
    ignored: int = 0
    labels: Table = None  # id and labels; None where nothing is dissected
    refused: str = None  # why the model takes no rows from the file at all


def load_model(shared):
    sys.dont_write_bytecode = True  # nothing beside the model, which is another's
    spec = importlib.util.spec_from_file_location('model', os.path.join(shared, 'tools', 'model.py'))
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    model.Meter = plugins.slicing(model.Meter)
    return model


def model_options(model, options):
    """A table's options as the model takes them, without those that change no row that it models."""
    return {
        name: BOOLEANS[value] if value in BOOLEANS else int(value)
        for name, value in options.items()
        if name in model.DEFAULTS
    } | {'limit': plugins.limit(options)}


def filtered(read_capture, text):
    """The model's reader, followed by a filter."""

    def read(path, diffs):
        found = bpf.Filter(text, bpf.byte_order(path))
        return (frame for frame in read_capture(path, diffs) if found.passes(frame))

    return read


@dataclass
class Metered:
    """What one mode of the model made of a capture."""

    table: Table
    account: dict
    events: bytes  # as labels.c takes them, those of write_event()
    bytes: int


def run_model(model, paths, options, mode, of_profile):
    account, events, accounting, total = {}, io.BytesIO(), options.get('accounting_mode', 0), 0
    left, left_columns = plugins.Left(of_profile), plugins.outputs(of_profile)

    def keep(flow, packet):
        nonlocal total
        if left_columns:
            left.keep(flow, packet)
        if packet is None:
            events.write(struct.pack('<cI', b'X', flow.number))
        else:
            total += packet.sizes[accounting]
            events.write(struct.pack('<cIQI', b'P', flow.number, packet.ms, len(packet.bytes)) + packet.bytes)

    rows = model.meter(list(paths), options, mode, account=account, events=keep)
    if left_columns:
        rows = [(*row, *values) for row, values in zip(rows, left.rows)]
    table = from_values(model.columns(dict(model.DEFAULTS, **options)) + left_columns, rows)
    return Metered(table, account, events.getvalue(), total)


class References:
    """References of many captures, made in as many processes as there are cores.

    They are there before any thread is. A process that is forked later has the ends of the pipes that threads have to programs of theirs just
    then, and who reads to the end of one waits for it.
    """

    def __init__(self, shared, labels_program):
        self.shared, self.labels_program = shared, labels_program
        self.pool = multiprocessing.Pool(os.cpu_count(), initializer=start_process, initargs=(shared, labels_program))
        self.with_labels = {}

    def start(self, captures, profile, of_peer):
        """Begins with them. `of_peer`: whether a capture's rows of the peer's mode are wanted."""
        alike = (profile.several_files, plugins.limit(profile.options), *(profile.options.get(name) for name in OF_LABELS))
        known = self.with_labels.get(alike)
        wanted = known is None and bool(self.labels_program and profile.dissections)
        jobs = [(capture, profile, of_peer(capture), wanted) for capture in captures]
        found = Pending(captures, self.pool.map_async(one_reference, jobs, chunksize=1), known)
        if wanted:
            self.with_labels[alike] = found
        return found

    def each(self, function, jobs):
        """What a function makes of each job, in their order, in these processes."""
        return self.pool.imap(function, jobs)

    def close(self):
        self.pool.close()
        self.pool.join()


class Pending:
    """References that are being made; their labels are those of an earlier profile where it is alike."""

    def __init__(self, captures, result, like):
        self.captures, self.result, self.like, self.labels, self.found = captures, result, like, {}, None

    def get(self):
        if self.found is not None:
            return self.found
        self.found = dict(zip(self.captures, self.result.get()))
        if self.like is None:
            self.labels = {capture: reference.labels for capture, reference in self.found.items()}
        else:
            self.like.get()
        for capture, reference in self.found.items():
            wanted = (self.like or self).labels.get(capture)
            if reference.ours and wanted:
                reference.labels = Table(wanted.columns, wanted.rows[: len(reference.ours.rows)])
        return self.found

    def forget(self):
        """All but the labels."""
        self.get()
        self.found = {}


process = {}


def start_process(shared, labels_program):
    model = load_model(shared)
    process.update(model=model, read_capture=model.read_capture, labels_program=labels_program)


def one_reference(job):
    capture, profile, of_peer, with_labels = job
    model, read_capture = process['model'], process['read_capture']
    options, found = model_options(model, profile.options), Reference()
    text = profile.options.get('bpf_filter')
    model.read_capture = filtered(read_capture, text) if text else read_capture
    try:
        ours = run_model(model, capture.paths, options, model.OURS, profile.options)
        found.peer = run_model(model, capture.paths, options, model.PEER, profile.options).table if of_peer else None
    except ValueError as error:
        found.refused = str(error)
        return found
    found.ours, found.bytes = ours.table, ours.bytes
    found.metered = ours.account.pop('metered', 0)
    found.ignored = sum(ours.account.values())
    if with_labels:
        found.labels = labels.of_events(process['labels_program'], ours.events, profile.dissections)
    return found


def stored_path(shared, capture, profile):
    """Where the peer's stored rows of a capture lie, or None."""
    data, file = os.path.join(shared, 'data'), capture.name + '.csv.gz'
    if capture.collection == 'synthetic':
        path = os.path.join(data, 'synthetic', 'nfstream-6.6.0', profile.name, file)
    elif capture.collection == 'pcaps':
        group = 'nfstream-6.6.0' if profile.of_all else 'options'
        path = os.path.join(data, group, profile.name, file)
    else:
        return None
    return path if os.path.exists(path) else None


def stored(shared, capture, profile):
    """The peer's stored rows of a capture, or None where there are none; a file without flows has no header either."""
    path = stored_path(shared, capture, profile)
    return from_csv_file(path) if path else None
