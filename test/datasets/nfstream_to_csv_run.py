"""Runs in the venv that has NFStream: nfstream_to_csv_run.py <JOBS, prints what to_csv() of each job returned, as JSON.

NFStream pins the process to CPUs and prints warnings, to the same standard output: the answer is the last line.
"""

import json
import sys

from nfstream import NFStreamer


def main():
    returned = []
    for job in json.load(sys.stdin):
        streamer = NFStreamer(source=job['source'], n_meters=1, **job['options'])
        returned.append(streamer.to_csv(**job['to_csv']))
    print(json.dumps(returned))


if __name__ == '__main__':
    main()
