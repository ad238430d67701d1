"""Runs in the venv that has NFStream: peer_run.py ANSWERS <JOBS.

Writes each job's rows as CSV, and to ANSWERS how each was refused, or null. A list is written as JSON, an absent value
as \\N; a capture without flows gives an empty file. NFStream pins the process that iterates to CPUs and prints
warnings, which is why it has a process of its own.
"""

import csv
import json
import sys

from nfstream import NFStreamer, plugins


def text(value):
    if value is None:
        return r'\N'
    return json.dumps(value, separators=(',', ':')) if isinstance(value, list) else value


def write_rows(job):
    paths = job['paths']
    udps = [getattr(plugins, name)(**arguments) for name, arguments in job['plugins']]
    streamer = NFStreamer(source=paths[0] if len(paths) == 1 else paths, n_meters=1, udps=udps, **job['options'])
    with open(job['output'], 'w', newline='', encoding='utf-8', errors='ignore') as file:
        writer = csv.writer(file, lineterminator='\n')
        for number, flow in enumerate(streamer):
            if number == 0:
                writer.writerow(flow.keys())
            writer.writerow(map(text, flow.values()))


def main():
    refused = []
    for job in json.load(sys.stdin):
        try:
            write_rows(job)
            refused.append(None)
        except ValueError as error:
            refused.append(str(error))
    with open(sys.argv[1], 'w') as file:
        json.dump(refused, file)


if __name__ == '__main__':
    main()
