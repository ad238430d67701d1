#!/usr/bin/env python3
"""send-captures.py INTERFACE FILE CAPTURE... - sends the frames of captures on an interface, over and over, until the file is gone.

The captures are pcap files of Ethernet. Frames keep their distances in time, up to a second; a pause is between two captures.
"""

import os
import socket
import struct
import sys
import time

FILE_HEADER = struct.Struct('<IHHiIII')
RECORD_HEADER = struct.Struct('<IIII')
MAGIC = 0xA1B2C3D4  # microseconds, and this byte order
ETHERNET = 1
PAUSE = 1  # s


def frames(path):
    """Each frame of a capture, and how many seconds after the one before it came."""
    with open(path, 'rb') as file:
        header = FILE_HEADER.unpack(file.read(FILE_HEADER.size))
        if header[0] != MAGIC or header[6] != ETHERNET:
            raise SystemExit('%s is no pcap file of Ethernet that this knows' % path)
        before = None
        while record := file.read(RECORD_HEADER.size):
            seconds, microseconds, captured, _ = RECORD_HEADER.unpack(record)
            now = seconds + microseconds / 1e6
            yield 0 if before is None else now - before, file.read(captured)
            before = now


def main():
    interface, file, captures = sys.argv[1], sys.argv[2], sys.argv[3:]
    line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    line.bind((interface, 0))
    while True:
        for capture in captures:
            for distance, frame in frames(capture):
                time.sleep(min(max(distance, 0), 1))
                line.send(frame)
            if not os.path.exists(file):
                return
            time.sleep(PAUSE)


if __name__ == '__main__':
    main()
