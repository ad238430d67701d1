#!/usr/bin/python3
"""compose.py - writes the captures that no program at hand records: tunnels, odd link layers, clocks, damage.

    compose.py [-d DIRECTORY] [NAME...]

Writes the named files, by default all, into DIRECTORY, by default the one that this script lies in.  The same bytes
each time.  What each asks is told in composed/*.py, frame by frame; README.md has the list.  Needs scapy.
"""
import argparse
import logging
import pathlib
import sys

logging.getLogger('scapy').setLevel(logging.ERROR)
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from composed import damage, flows, formats, links, network, texts, tunnels, wireless    # noqa: E402, F401 (they register)
from composed.story import STORIES                                                # noqa: E402


def main():
    parser = argparse.ArgumentParser(description='writes the composed captures')
    parser.add_argument('-d', dest='directory', type=pathlib.Path, default=HERE)
    parser.add_argument('names', nargs='*', metavar='NAME')
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(STORIES)
    if unknown:
        parser.error('no such capture: ' + ', '.join(sorted(unknown)))
    for name in arguments.names or STORIES:
        (arguments.directory / name).write_bytes(STORIES[name]().bytes())


if __name__ == '__main__':
    main()
