#!/usr/bin/env python3
"""capture_differential.py - random capture files through the engine's reader and through the reference model: every frame must agree.

  capture_differential.py [--captures N] [--seed S] --model PATH/model.py CAPTURE_DUMP

CAPTURE_DUMP is capture_dump.c, built with sanitizers.  The files are pcap and pcapng of all kinds, in either byte order, half of them damaged.
The seed is printed; with it a run can be repeated.
"""
import argparse
import collections
import importlib.util
import os
import random
import struct
import subprocess
import sys
import tempfile

PCAP_LITTLE = (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1', b'\x34\xcd\xb2\xa1')
VERSIONS = {order: [struct.pack(order + 'HH', *version) for version in ((1, 0), (1, 2))] for order in '<>'}
LINK_TYPES = [0, 1, 1, 12, 14, 101, 113, 276, 65535]


class Builder:
    """Builds random captures.  Most numbers are right; a few are not, as the random numbers will have it."""

    def __init__(self, rng):
        self.rng = rng
        self.order = '<'

    def pack(self, form, *numbers):
        return struct.pack(self.order + form, *numbers)

    def rarely(self, one_in=25):
        return self.rng.randrange(one_in) == 0

    def u32(self):
        return self.rng.choice([0, 1, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 262144, 262145, self.rng.getrandbits(32)])

    def snapshot(self):
        return self.rng.choice([65535, 65535, 262144, 0, 0x7FFFFFFF, 0x80000000, 40, 5])

    def capture(self):
        self.order = self.rng.choice('<>')
        return self.pcap() if self.rng.randrange(2) else self.pcapng()

    def pcap(self):
        magic = self.rng.choice([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34])
        major, minor = self.rng.choice([(2, 4)] * 24 + [(2, 3), (2, 2)] * 3 + [(2, 3), (2, 3), (2, 2), (2, 0), (543, 0), (2, 5), (1, 4), (3, 4), (0, 0), (543, 1)])
        link = self.rng.choice(LINK_TYPES) | (self.rng.getrandbits(6) << 26 if self.rarely(6) else self.rng.getrandbits(16) << 16 if self.rarely(40) else 0)
        blob = self.pack('IHHiIII', magic, major, minor, 0, 0, self.snapshot(), link)
        for _ in range(self.rng.randrange(6)):
            data = self.rng.randbytes(self.rng.randrange(80))
            captured, wire = len(data), len(data) + self.rng.choice([0, 0, 0, 1, 1000])
            if minor < 3 or minor == 3 and self.rng.randrange(2):
                captured, wire = wire, captured
            if self.rarely():
                captured = self.u32()
            if self.rarely():
                wire = self.u32()
            seconds, fraction = self.rng.getrandbits(32), self.rng.choice([0, 999, 1000, 999999, 999999999, self.rng.getrandbits(32)])
            blob += self.pack('IIII', seconds, fraction, captured, wire) + (bytes(8) if magic == 0xa1b2cd34 else b'') + data
        return blob

    def pcapng(self):
        blob, self.interfaces = self.section(), 0
        for _ in range(self.rng.randrange(1, 12)):
            choice = self.rng.randrange(20)
            if choice == 0:
                self.order = self.rng.choice('<>')
                self.interfaces = 0
                blob += self.section()
            elif choice < 4 or self.interfaces == 0 and not self.rarely(8):
                blob += self.interface()
            elif choice < 12:
                blob += self.packet()
            elif choice < 14:
                blob += self.simple()
            elif choice < 17:
                blob += self.old_packet()
            else:
                blob += self.block(self.rng.choice([0, 4, 5, 10, 0xBAD, self.rng.getrandbits(32)]), self.rng.randbytes(4 * self.rng.randrange(8)))
        return blob

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        total = again = 12 + len(body)
        if self.rarely(60):
            total = again = self.rng.choice([0, 4, 8, 12, total - 4, total + 4, total + 1, self.u32()]) & 0xFFFFFFFF
        elif self.rarely(60):
            again = self.rng.choice([0, total + 4, total - 4])
        return self.pack('II', kind, total) + body + self.pack('I', again)

    def section(self):
        version = (1, 0) if not self.rarely(10) else self.rng.choice([(1, 2), (1, 2), (1, 1), (1, 3), (2, 0), (0, 0), (0x100, 0)])
        magic = 0x1a2b3c4d if not self.rarely(60) else self.rng.getrandbits(32)
        return self.block(0x0a0d0d0a, self.pack('IHHq', magic, *version, -1) + self.options([]))

    def options(self, known):
        blob = b''
        for code, value in known + [(self.rng.choice([1, 2, 2988]), self.rng.randbytes(self.rng.randrange(9)))] * self.rng.randrange(2):
            length = len(value) if not self.rarely(30) else self.rng.choice([0, 3, 100, 65535])
            blob += self.pack('HH', code, length) + value + bytes(-len(value) % 4)
        return blob + (self.pack('HH', 0, 0) if self.rng.randrange(4) else b'')

    def interface(self):
        known = []
        if self.rng.randrange(3):
            known.append((9, bytes([self.rng.choice([3, 6, 9, 9, 0, 12, 19, 20, 38, 39, 40, 0x80, 0x8A, 0xBF, 0xC0, 0xFF, self.rng.randrange(256)])])))
        if self.rng.randrange(3) == 0:
            known.append((14, self.pack('q', self.rng.choice([0, 1, -1, -3600, 1 << 40, -1 << 63, self.rng.getrandbits(63)]))))
        if self.rarely(20):
            known += known[:1]                                      # two of the same
        self.rng.shuffle(known)
        self.interfaces += 1
        body = self.pack('HHI', self.rng.choice(LINK_TYPES), 0, self.snapshot()) + self.options(known)
        return self.block(1, body if not self.rarely(60) else body[:self.rng.randrange(9)])

    def which(self):
        return self.rng.randrange(self.interfaces) if self.interfaces and not self.rarely(40) else self.rng.choice([self.interfaces, 0, 65535])

    def lengths(self, data):
        captured = len(data) if not self.rarely(40) else self.rng.choice([len(data) + 1, len(data) + 4, 0, self.u32()])
        return captured, len(data) + self.rng.choice([0, 0, 1, 1000]) if not self.rarely() else self.u32()

    def packet(self):
        data = self.rng.randbytes(self.rng.randrange(80))
        body = self.pack('IIIII', self.which(), self.rng.getrandbits(32) >> self.rng.choice([0, 8, 16, 31]), self.rng.getrandbits(32), *self.lengths(data))
        body += data + bytes(-len(data) % 4) + self.options([])
        return self.block(6, body if not self.rarely(60) else body[:self.rng.randrange(24)])

    def old_packet(self):
        data = self.rng.randbytes(self.rng.randrange(80))
        body = self.pack('HHIIII', self.which(), 5, self.rng.getrandbits(16), self.rng.getrandbits(32), *self.lengths(data))
        return self.block(2, body + data)

    def simple(self):
        data = self.rng.randbytes(self.rng.randrange(80))
        wire = len(data) if not self.rarely(4) else self.rng.choice([len(data) // 2, len(data) // 2, len(data) + 100, 0, self.u32()])
        return self.block(3, self.pack('I', wire) + data)


def damaged(rng, blob):
    """Changes bytes, takes some out, cuts the end off."""
    blob = bytearray(blob)
    for _ in range(rng.choice([0, 0, 1, 1, 3])):
        at = rng.randrange(len(blob)) if rng.randrange(2) else rng.randrange(min(len(blob), 60))
        blob[at] = rng.choice([0, 1, 4, 0xFF, blob[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
    if rng.randrange(4) == 0:
        at = rng.randrange(len(blob))
        blob[at:at + rng.choice([0, 1, 4, 16])] = rng.randbytes(rng.choice([0, 1, 4]))
    if rng.randrange(2):
        del blob[rng.randrange(len(blob) + 1):]
    return bytes(blob)


def before_refused(blob):
    """The file up to where tcpdump and capinfos both refuse what the model reads: draft_fields.py has each of these.

    In a pcap: reserved bits of the link type.  In a pcapng: a section header of less than 28 bytes or in no byte order, and a simple packet longer
    than its block.  None where that makes it no capture.
    """
    if blob[:4] != b'\x0a\x0d\x0d\x0a':
        order = '<' if blob[:4] in PCAP_LITTLE else '>'
        return None if len(blob) >= 24 and struct.unpack(order + 'I', blob[20:24])[0] & 0x03FF0000 else blob
    at, order, snapshot = 0, '<', None
    while at + 12 <= len(blob):
        if blob[at:at + 4] == b'\x0a\x0d\x0d\x0a':
            order, snapshot = {b'\x4d\x3c\x2b\x1a': '<', b'\x1a\x2b\x3c\x4d': '>'}.get(blob[at + 8:at + 12]), None
            if order is None:
                return blob[:at] or (None if len(blob) >= 16 else b'')
            if struct.unpack(order + 'I', blob[at + 4:at + 8])[0] < 28:
                return blob[:at] if blob[at + 12:at + 16] in VERSIONS[order] else blob
        kind, total = struct.unpack(order + 'II', blob[at:at + 8])
        if total < 12 or at + total > len(blob):
            break
        if kind == 1 and snapshot is None and total >= 20:
            snapshot, = struct.unpack(order + 'I', blob[at + 12:at + 16])
            snapshot = 262144 if snapshot == 0 or snapshot > 0x7FFFFFFF else snapshot
        if kind == 3 and total >= 16 and min(snapshot or 0, *struct.unpack(order + 'I', blob[at + 8:at + 12])) > total - 16:
            return blob[:at]
        at += total
    return blob


def expected(model, path):
    """The lines of the capture's frames; None if it is no capture.  The model raises where a block is shorter than its numbers."""
    lines = []
    try:
        for f in model.read_capture(path, model.OURS):
            lines.append('%d %d %d %s' % (f.ms, f.wire, f.dlt, f.data.hex()))
    except ValueError:
        return None
    except (struct.error, IndexError):
        pass
    return lines


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--captures', type=int, default=4000)
    arguments.add_argument('--seed', type=int, default=random.SystemRandom().getrandbits(32))
    arguments.add_argument('--model', required=True, help='the path of model.py')
    arguments.add_argument('program', help='capture_dump')
    arguments = arguments.parse_args()

    spec = importlib.util.spec_from_file_location('model', arguments.model)
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)

    print('seed %d' % arguments.seed, flush=True)
    rng = random.Random(arguments.seed)
    builder = Builder(rng)
    captures = [builder.capture() for _ in range(arguments.captures)]
    captures = [blob if i % 2 else damaged(rng, blob) for i, blob in enumerate(captures)]
    done = subprocess.run([arguments.program], input=b''.join(struct.pack('<I', len(blob)) + blob for blob in captures), capture_output=True)
    if done.returncode:
        sys.exit('%s ended with %d\n%s' % (arguments.program, done.returncode, done.stderr.decode(errors='replace')))
    lines = iter(done.stdout.decode().splitlines())

    outcomes, frames, differences = collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'capture')
        for blob in captures:
            got = []
            for line in lines:
                if line in ('END', 'DAMAGED', 'NONE'):
                    break
                got.append(line)
            read = before_refused(blob)
            with open(path, 'wb') as f:
                f.write(read or b'')
            want = expected(model, path) if read else read
            outcomes[line] += 1
            frames += len(got)
            # A capture that is too short to have a format is none for the engine, and one without packets for the model.
            if got != (want or []) or want is None and line != 'NONE' or want and line == 'NONE':
                differences += 1
                if differences <= 5:
                    print('%s\n  engine: %s, %s\n  model:  %s' % (blob.hex(), got, line, want))
    print(', '.join('%s %d' % outcome for outcome in outcomes.most_common()))
    print('%d captures, %d frames, %d differences' % (len(captures), frames, differences))
    sys.exit(1 if differences or len(outcomes) < 3 else 0)


if __name__ == '__main__':
    main()
