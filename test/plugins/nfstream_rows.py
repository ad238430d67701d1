"""NFStream's rows with plugins: from the released wheel, asked once and kept in the build directory, or stored in the tree.

Its venv takes Debian's own packages, so that scikit-learn and numpy are the same files for NFStream, for the meter with
Python and for the test.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import peer
from table import Table, from_csv_file
from venvs import python_with

HERE = os.path.dirname(os.path.abspath(__file__))
STORED = os.path.join(HERE, 'nfstream')  # NFStream's rows of the project's own captures
OPTIONS = {'n_dissections': 0, 'statistical_analysis': True, 'splt_analysis': 10}  # of every run
SECONDS = 300  # for one capture; a hook that raises makes NFStream wait for ever


def python(build):
    return python_with(build, 'nfstream', peer.VERSION, with_system=True)


def digest(*parts):
    found = hashlib.sha256()
    for part in parts:
        found.update(b'%d:' % len(part) + part)
    return found.hexdigest()[:24]


def content(path):
    with open(path, 'rb') as file:
        return file.read()


class Answers:
    """Rows of captures and variants, each asked of NFStream once."""

    def __init__(self, build, forest):
        self.python, self.forest, self.log = python(build), forest, os.path.join(build, 'plugins_nfstream.log')
        self.directory = os.path.join(build, 'plugins_nfstream')
        os.makedirs(self.directory, exist_ok=True)

    def path(self, capture, variant):
        key = [content(path) for path in capture.paths] + [content(os.path.join(HERE, 'nfstream_run.py'))]
        key += [content(self.forest)] if variant.has_model else []
        told = json.dumps([variant.for_nfstream(''), OPTIONS, peer.VERSION]).encode()
        return os.path.join(self.directory, '%s.csv' % digest(told, *key))

    def ask(self, captures, variants):
        """A dictionary of paths of CSV files, by capture and variant."""
        found = {(capture, variant): self.path(capture, variant) for capture in captures for variant in variants}
        jobs = [
            {
                'path': capture.paths[0],
                'plugins': variant.for_nfstream(self.forest),
                'options': OPTIONS,
                'output': path,
            }
            for (capture, variant), path in found.items()
            if not os.path.exists(path)
        ]
        workers = os.cpu_count()
        with open(self.log, 'wb') as log, ThreadPoolExecutor(workers) as threads:
            list(threads.map(lambda number: self.run(jobs[number::workers], log), range(workers)))
        return found

    def run(self, jobs, log):
        if jobs:
            subprocess.run(
                [self.python, '-I', os.path.join(HERE, 'nfstream_run.py')],
                input=json.dumps(jobs).encode(),
                stdout=log,
                stderr=log,
                check=True,
                timeout=SECONDS,
            )


def stored_path(capture):
    return os.path.join(STORED, capture.name + '.csv.gz')


def store(answers):
    """Writes answers into the tree: a compressed file for each capture, each row with the variant that it is of."""
    for capture in sorted({capture for capture, _ in answers}, key=lambda capture: capture.name):
        with open(stored_path(capture), 'wb') as raw, gzip.GzipFile('', 'wb', 9, raw, mtime=0) as compressed:
            with io.TextIOWrapper(compressed, encoding='utf-8', newline='') as file:
                writer = csv.writer(file, lineterminator='\n')
                for variant in [variant for of, variant in answers if of == capture]:
                    rows = from_csv_file(answers[capture, variant])
                    if file.tell() == 0:
                        writer.writerow(['variant', *rows.columns])
                    writer.writerows([[variant.name, *(r'\N' if v is None else v for v in row)] for row in rows.rows])


def stored(capture, variant):
    """The rows of one variant."""
    found = from_csv_file(stored_path(capture))
    return Table(found.columns[1:], [row[1:] for row in found.rows if row[0] == variant.name])
