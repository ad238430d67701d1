"""NFStream itself: a venv with the released wheel, and its rows of many captures from one process of it."""

import json
import os
import subprocess
from dataclasses import dataclass

import plugins
from table import Table, from_csv_file
from venvs import python_with

VERSION = '6.6.0'
HERE = os.path.dirname(os.path.abspath(__file__))
COLLECTIONS = ('own', 'random', 'given')  # of captures that it is asked for
# The options that NFStreamer and a foreign table share by name, with the type that NFStreamer wants.
# Not n_dissections: its nDPI is another, and its labels are not looked at.
TYPES = {
    'decode_tunnels': 'boolean',
    'statistical_analysis': 'boolean',
    'bpf_filter': 'text',
    'snapshot_length': 'number',
    'idle_timeout': 'number',
    'active_timeout': 'number',
    'accounting_mode': 'number',
    'splt_analysis': 'number',
    'max_nflows': 'number',
}
TO_PYTHON = {'boolean': lambda text: text == 'true', 'number': int, 'text': str}


@dataclass
class PeerRows:
    table: Table = None  # None if NFStream refused the capture
    refused: str = None  # with what words


def python(build):
    """The Python of a venv that has NFStream."""
    return python_with(build, 'nfstream', VERSION)


def flows(build, captures, options):
    """NFStream's rows of each capture. What it prints itself (warnings) goes to peer.log in the build directory."""
    directory = os.path.join(build, 'peer')
    os.makedirs(directory, exist_ok=True)
    keywords = {name: TO_PYTHON[TYPES[name]](options[name]) for name in TYPES if name in options} | {'n_dissections': 0}
    jobs = [
        {
            'paths': capture.paths,
            'options': keywords,
            'plugins': plugins.for_peer(options),
            'output': os.path.join(directory, '%d.csv' % i),
        }
        for i, capture in enumerate(captures)
    ]
    answers = os.path.join(directory, 'answers')
    with open(os.path.join(build, 'peer.log'), 'wb') as log:
        subprocess.run(
            [python(build), '-I', os.path.join(HERE, 'peer_run.py'), answers],
            input=json.dumps(jobs).encode(),
            stdout=log,
            stderr=log,
            check=True,
        )
    with open(answers) as file:
        refused = json.load(file)
    found = {}
    for capture, job, words in zip(captures, jobs, refused):
        found[capture] = PeerRows(None, words) if words else PeerRows(from_csv_file(job['output']))
        if not words:
            os.unlink(job['output'])
    return found
