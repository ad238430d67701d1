"""Runs in the venv that has NFStream: nfstream_live.py INTERFACE. Its report each second, on standard output; it is killed."""

import sys

from nfstream import NFStreamer

for _ in NFStreamer(source=sys.argv[1], n_meters=1, performance_report=1, idle_timeout=2, active_timeout=2):
    pass
