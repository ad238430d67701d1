"""Runs in the venv that has NFStream: nfstream_run.py <JOBS.

Writes each job's rows as CSV, what the plugins left of a flow as a JSON object in the last column, `udps`. NFStream pins
the process that iterates to CPUs and prints warnings, which is why it has a process of its own. A hook that raises would
end its meter and leave this waiting for ever: whoever calls it sets a limit.
"""

import csv
import json
import os
import pickle
import sys

import numpy
from nfstream import NFStreamer

UDPS = 'udps.'


def plugin(told):
    """An object of the class, its source executed as a module is."""
    module = {'__name__': 'plugin'}
    exec(compile(told['source'], told['class'], 'exec'), module)
    arguments = dict(told['arguments'])
    for name, path in told['pickles'].items():
        with open(path, 'rb') as file:
            arguments[name] = pickle.load(file)
    return module[told['class']](**arguments)


def plain(value):
    """numpy's values as JSON has them."""
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return value.tolist()
    raise TypeError(type(value))


def text(value):
    if value is None:
        return r'\N'
    return json.dumps(value, separators=(',', ':')) if isinstance(value, list) else value


def write_rows(job):
    plugins = [plugin(told) for told in job['plugins']]
    streamer = NFStreamer(source=job['path'], n_meters=1, udps=plugins, **job['options'])
    with open(job['output'] + '.part', 'w', newline='', encoding='utf-8', errors='ignore') as file:
        writer = csv.writer(file, lineterminator='\n')
        for number, flow in enumerate(streamer):
            names = [name for name in flow.keys() if not name.startswith(UDPS)]
            values = dict(zip(flow.keys(), flow.values()))
            left = {name.removeprefix(UDPS): value for name, value in values.items() if name.startswith(UDPS)}
            if number == 0:
                writer.writerow([*names, 'udps'])
            writer.writerow([*(text(values[name]) for name in names), json.dumps(left, default=plain)])
    os.rename(job['output'] + '.part', job['output'])


def main():
    for job in json.load(sys.stdin):
        write_rows(job)


if __name__ == '__main__':
    main()
