#!/usr/bin/env python3
"""A capture of 1,000 random flows, the same for the same seed.

    random_capture.py SEED DIRECTORY        writes it, to be looked at

Gaps lie around the default timeouts and around small ones, packets come late, and frames are cut.
"""

import os
import random
import struct
import sys

import plugins
from random_frames import Conversation, noise

FLOWS = 1000
# Seeds with which the product once gave other rows than the model or NFStream: they are run always.
SEEDS_THAT_FAILED = ()
START = 1_600_000_000_000  # milliseconds
ETHERNET = 1


def plugins_option(rng):
    sliced = 'flow_slicer', {'limit': rng.choice((1, 2, 3, 5, 10))}
    splt = 'splt', {'sequence_length': rng.choice((1, 2, 7, 10, 300)), 'accounting_mode': rng.randrange(4)}
    found = rng.choice(((), (sliced,), (splt,), (sliced, splt), (splt, sliced)))
    return plugins.option(*found) if found else {}


def options(seed):
    """Sets of a foreign table's options, drawn for the capture of this seed."""
    rng = random.Random('options of %d' % seed)
    drawn = []
    for _ in range(2):
        idle, active = rng.choice((0, 1, 1, 2, 3, 60)), rng.choice((1, 2, 3, 5, 60))
        drawn.append(
            {
                'idle_timeout': str(idle),
                'active_timeout': str(active),
                'accounting_mode': str(rng.randrange(4)),
                'statistical_analysis': rng.choice(('true', 'true', 'false')),
                'splt_analysis': str(rng.choice((0, 1, 3, 10, 255, 700))),
                'decode_tunnels': rng.choice(('true', 'true', 'false')),
                'n_dissections': str(rng.choice((0, 1, 2, 5, 20, 255))),
                'max_nflows': str(rng.choice((0, 0, 0, 1, 100))),
            }
            | plugins_option(rng)
        )
    return drawn


def offsets(rng):
    """When the packets of a flow come, in milliseconds from the first."""
    near = rng.choice((-1, 0, 1))
    kind = rng.randrange(8)
    if kind < 4:
        gaps = rng.choice(((0, 1, 2), (0, 1, 9, 10, 11), (5, 50, 500)))
    elif kind == 4:
        gaps = (rng.choice((1000, 2000, 3000)) + near, 20, 500)
    elif kind == 5:
        gaps = (120_000 + near, 60_000, 100)
    else:  # up to an active timeout, and a packet at it
        timeout = rng.choice((1000, 2000, 5000, 1_800_000))
        pace = min(timeout // 4, 100_000)
        steps = [step + rng.randrange(-20, 20) for step in range(pace, timeout - 20, pace)]
        return [0, *steps, timeout + near, timeout + near + 5]
    found = [0]
    for _ in range(rng.choice((0, 0, 1, 2, 4, 7, 25))):
        found.append(found[-1] + rng.choice(gaps))
    return found


def packets(rng):
    """Time, length on the wire and captured bytes of each, in the order of the file."""
    found, begin = [], START
    snapshot = rng.choice((65535, 65535, 96))
    for _ in range(FLOWS):
        begin += rng.choice((0, 0, 1, 3, 10, 50, 400, 1500))
        conversation = Conversation(rng)
        for number, offset in enumerate(offsets(rng)):
            found.append((begin + offset, conversation.frame(number > 0 and rng.randrange(3) == 0)))
        if rng.randrange(20) == 0:
            found.append((begin, noise(rng)))
    found.sort(key=lambda packet: packet[0])
    order = [number + (rng.randrange(1, 20) if rng.randrange(25) == 0 else 0) for number in range(len(found))]
    for _, (time, frame) in sorted(zip(order, found), key=lambda pair: pair[0]):
        if rng.randrange(200) == 0:
            time -= rng.choice((1, 10, 1000, 200_000))
        wire = len(frame) + (rng.choice((1, 1400, 70_000)) if rng.randrange(50) == 0 else 0)
        cut = rng.randrange(14, len(frame)) if rng.randrange(40) == 0 else snapshot
        yield time, wire, frame[:cut]


def file_of(rng, some):
    """A pcap file.

    Its first frame is a long one: what NFStream reads past a frame that is cut is what was there before.
    """
    order, nanoseconds = rng.choice('<>'), rng.randrange(2)
    blob = struct.pack(
        order + 'IHHiIII', 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, 262144, ETHERNET
    )
    first = some[0][0] if some else START
    for time, wire, data in [(first, 1514, bytes(12) + b'\x88\xcc' + bytes(1500)), *some]:
        fraction = time % 1000 * 1000 + rng.randrange(1000)
        head = (time // 1000, fraction * 1000 + rng.randrange(1000) if nanoseconds else fraction, len(data), wire)
        blob += struct.pack(order + 'IIII', *head) + data
    return blob


def write(seed, directory):
    """Writes the capture of a seed into a directory; returns the paths of its files, one or two that are read as one."""
    rng = random.Random(seed)
    found = list(packets(rng))
    files = [found] if rng.randrange(2) else [found[: len(found) // 2], found[len(found) // 2 :]]
    paths = []
    for number, some in enumerate(files):
        paths.append(os.path.join(directory, 'random-%d.%d.pcap' % (seed, number)))
        with open(paths[-1], 'wb') as file:
            file.write(file_of(rng, some))
    return tuple(paths)


if __name__ == '__main__':
    print(*write(int(sys.argv[1]), sys.argv[2]), sep='\n')
