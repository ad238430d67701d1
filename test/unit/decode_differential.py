#!/usr/bin/env python3
"""decode_differential.py - random frames through the engine's decoder and through the reference model: every field must agree.

  decode_differential.py [--frames N] [--seed S] --model PATH/model.py DECODE_DUMP [CAPTURE...]

DECODE_DUMP is decode_dump.c, built with sanitizers.  A third of the frames are mutations of those in the captures, the others are nestings of
all that can be decoded, built here, damaged and cut off at any byte.  The seed is printed; with it a run can be repeated.
"""
import argparse
import collections
import importlib.util
import random
import struct
import subprocess
import sys

REASONS = {'link type': 'LINK_TYPE', 'PPI in PPI': 'LINK_TYPE', 'short': 'SHORT', 'not IP': 'NOT_IP', 'STP': 'SPANNING_TREE',
           'bad FCS': 'BAD_CHECKSUM', 'not 802.11 data': 'NOT_DATA', 'no LLC/SNAP': 'NO_LLC', 'bad length': 'BAD_LENGTH',
           'truncated IPv6': 'INCOMPLETE_IPV6', 'no next header': 'NO_NEXT_HEADER', 'fragment': 'FRAGMENT', 'GTP without IP': 'TUNNEL_WITHOUT_IP'}
LINK_TYPES = [0, 1, 1, 1, 1, 9, 12, 50, 104, 105, 108, 113, 127, 192, 228, 229, 276]
FIELDS = ('source_ip destination_ip source_mac destination_mac source_port destination_port vlan_id protocol ip_version tunnel tcp_flags '
          'size_link size_ip size_transport size_payload ip_offset ip_length time').split()


# ------------------------------------------------------------------------------------------------------- building frames
class Builder:
    """Builds random frames.  Most headers are right; a few have a field that is not, as the random numbers will have it."""

    def __init__(self, rng):
        self.rng = rng
        self.depth = 0

    def rarely(self, one_in=12):
        return self.rng.randrange(one_in) == 0

    def junk(self, most=40):
        return self.rng.randbytes(self.rng.randrange(most + 1))

    def mac(self):
        return self.rng.randbytes(6)

    def frame(self, link_type):
        self.depth = 0
        return self.link(link_type)

    def link(self, link_type):
        self.depth += 1
        build = {0: self.null, 108: self.null, 1: self.ethernet, 9: self.ppp, 104: self.hdlc, 50: self.ppp, 113: self.sll, 276: self.sll2,
                 105: self.dot11, 127: self.radiotap, 192: self.ppi}.get(link_type, self.ip)
        return build()

    def null(self):
        return self.rng.choice([b'\2\0\0\0', b'\0\0\0\2', b'\x1e\0\0\0']) + self.ip()

    def ethernet(self):
        kind, body = self.typed()
        addresses = self.mac() + self.mac()
        choice = self.rng.randrange(12)
        if choice == 0:
            return addresses + struct.pack('>H', self.rng.randrange(1501)) + b'\xaa\xaa\x03\0\0\0' + struct.pack('>H', kind) + body
        if choice == 1:
            saps = self.rng.choice([b'\x42\x42', b'\xaa\x00', b'\x00\xaa', b'\x42\xaa', b'\x00\x42', b'\xe0\xe0', b'\x45\x00'])
            return addresses + struct.pack('>H', self.rng.randrange(1, 1501)) + saps + self.junk() + body
        if choice == 2:
            return addresses + struct.pack('>H', self.rng.choice([0, 1, 1500, 1501, 1535, 1536])) + body
        if choice == 3:                                             # a length whose LLC is the IP header itself
            return addresses + struct.pack('>H', self.rng.choice([0, 46])) + self.ip()
        return addresses + struct.pack('>H', kind) + body

    def hdlc(self):
        return self.rng.choice([b'\x0f\0', b'\x8f\0', b'\xff\x03', b'']) + self.typed_bytes()

    def ppp(self):
        kind, body = self.typed()
        framing = self.rng.choice([b'\xff\x03'] * 3 + [b''] * 3 + [b'\x0f\0', b'\x8f\0', b'\xff\0', b'\x03\xff'])
        if self.rng.randrange(3) == 0:                              # a protocol of one byte
            return framing + bytes([self.rng.choice([0x21, 0x57, 0x21, 0x57, kind & 0xFF])]) + body
        return framing + struct.pack('>H', kind) + body

    def sll(self):
        return self.rng.randbytes(14) + self.typed_bytes()

    def sll2(self):
        kind, body = self.typed()
        return struct.pack('>H', kind) + self.rng.randbytes(18) + body

    def dot11(self, swapped=False):
        subtype = self.rng.choice([0x08] * 4 + [0x88] * 4 + [0x48, 0xC8, 0x80, 0x40, 0x09, 0xB4, self.rng.randrange(256)])
        flags = self.rng.choice([0, 1, 2, 3]) | self.rng.choice([0, 0, 0, 0x80, 0x40, 0x38])
        control = bytes([subtype, flags])
        header = (control[::-1] if swapped else control) + self.rng.randbytes(22)
        if flags & 3 == 3:
            header += self.mac()
        if subtype & 0x80:
            header += self.rng.randbytes(2 + (4 if flags & 0x80 else 0))
        llc = b'\xaa\xaa\x03' if not self.rarely() else self.rng.choice([b'\xaa\xaa\x00', b'\x42\x42\x03', b'\xaa\x00\x03'])
        return header + llc + self.rng.randbytes(3) + self.typed_bytes()

    def radiotap(self):
        words = [self.rng.choice([0, 1, 2, 3, 2, 3, self.rng.getrandbits(31)])]
        for _ in range(self.rng.choice([0, 0, 0, 1, 2, 6])):
            words[-1] |= 1 << 31
            words.append(self.rng.getrandbits(31))
        flags = self.rng.choice([0, 0x10, 0x40, 0xBF, 0xBF])
        fields, at = b'', 4 + 4 * len(words)
        if words[0] & 1:
            fields += bytes(-at % 8) + self.rng.randbytes(8)
        fields += bytes([flags]) + self.junk(8)
        length = at + len(fields)
        if self.rarely():
            length = self.rng.choice([0, 8, at, at + 1, at + 8, length + 1, self.rng.randrange(100), 65535])
        return b'\0\0' + struct.pack('<H', length) + b''.join(struct.pack('<I', w) for w in words) + fields + self.dot11()

    def ppi(self):
        inner = self.rng.choice(LINK_TYPES + [14, 101, 105, 105, 127, 147])
        fields = self.junk(12)
        length = 8 + len(fields)
        if self.rarely():
            length = self.rng.choice([0, 4, 8, length + 1, 65535])
        return b'\0\0' + struct.pack('<HI', length, inner) + fields + (self.link(inner) if inner != 192 else self.junk(60))

    def typed_bytes(self):
        kind, body = self.typed()
        return struct.pack('>H', kind) + body

    def typed(self):
        """A type and what it stands for."""
        choice = self.rng.randrange(24)
        if choice < 4:
            return self.rng.choice([0x8100, 0x8100, 0x88A8, 0x9100, 0x9200]), self.rng.randbytes(2) + self.typed_bytes()
        if choice < 6:
            labels = self.rng.randrange(4)
            stack = b''.join(self.rng.randbytes(2) + bytes([self.rng.randrange(256) & 0xFE, 64]) for _ in range(labels))
            return self.rng.choice([0x8847, 0x8848]), stack + self.rng.randbytes(2) + bytes([self.rng.randrange(256) | 1, 64]) + self.ip()
        if choice < 8:
            return 0x8864, b'\x11\0' + self.rng.randbytes(2) + b'\0\0' + self.rng.choice([b'\0\x21', b'\0\x57', b'\xc0\x21']) + self.ip()
        if choice == 8:
            return self.rng.choice([0x0806, 0x88CC, 0x9300, 0x88E7, 0x8863, 0, self.rng.randrange(65536)]), self.ip()
        if choice < 11:
            return self.rng.choice([0x0021, 0x0057]), self.ip()
        return self.rng.choice([0x0800, 0x86DD]), self.ip()

    def ip(self):
        self.depth += 1
        choice = self.rng.randrange(40)
        if choice == 0:
            return self.rng.randbytes(self.rng.randrange(60))
        protocol, body = self.transport()
        return self.ipv4(protocol, body) if choice < 22 else self.ipv6(protocol, body)

    def ipv4(self, protocol, body):
        words = self.rng.choice([0, 0, 0, 0, 1, 10])
        ihl, total = 5 + words, 20 + 4 * words + len(body)
        fragment = self.rng.choice([0, 0, 0x4000, 0x2000])
        if self.rarely():
            ihl = self.rng.randrange(16)
        if self.rarely():
            total = self.rng.choice([0, 0, 0, 10, 20, total - 1, total + 1, total + 9, 65535, self.rng.randrange(65536)])
        if self.rarely(25):
            fragment = self.rng.randrange(65536)
        return bytes([0x40 | ihl, 0]) + struct.pack('>HHH', total & 0xFFFF, 1, fragment) + bytes([64, protocol, 0, 0]) + \
            self.rng.randbytes(8 + 4 * words) + body + (self.junk(8) if self.rarely(6) else b'')

    def ipv6(self, protocol, body):
        """Extension headers are put on from the last to the first."""
        while self.rng.randrange(3) == 0:
            kind = self.rng.choice([0, 43, 44, 44, 60, 135, 51])
            if kind == 44:
                offset = self.rng.choice([0, 1, 6, 7]) if not self.rarely(8) else self.rng.randrange(65536)
                body = bytes([protocol, 0]) + struct.pack('>H', offset) + self.rng.randbytes(4) + body
            else:
                units = self.rng.choice([0, 0, 1, 2])
                body = bytes([protocol, units if not self.rarely(20) else self.rng.randrange(256)]) + self.rng.randbytes(6 + 8 * units) + body
            protocol = kind
        length = len(body)
        if self.rarely():
            length = self.rng.choice([0, 0, 0, 1, 7, 8, length - 1, length + 1, length + 40, 65535, 65500]) & 0xFFFF
        return b'\x60' + self.rng.randbytes(3) + struct.pack('>H', length) + bytes([protocol, 64]) + self.rng.randbytes(32) + body + \
            (self.junk(8) if self.rarely(6) else b'')

    def transport(self):
        """A protocol number and what it carries."""
        choice = self.rng.randrange(20)
        if choice < 5:
            header = self.rng.randbytes(12) + bytes([self.rng.choice([0x50, 0x50, 0x80, 0xF0, 0x00])]) + self.rng.randbytes(7)
            return 6, header + self.junk()
        if choice < 9 and self.depth < 12:
            return 17, self.tunnel()
        if choice < 12:
            return 17, self.udp(self.rng.randrange(65536), self.junk())
        if choice < 14:
            return self.rng.choice([1, 58]), self.junk()
        if choice < 17 and self.depth < 12:
            return self.rng.choice([4, 41]), self.ip()
        if choice == 17:
            return 59, self.rng.choice([b'', b'', b'\0', self.junk(16)])
        return self.rng.choice([47, 50, 51, 132, 0, 43, 44, 60, 135, self.rng.randrange(256)]), self.junk(16)

    def udp(self, port, body):
        ports = [port, self.rng.choice([1024, 5246, 5247, 37008, 2152]) if self.rarely(8) else self.rng.randrange(65536)]
        self.rng.shuffle(ports)
        return struct.pack('>HHHH', ports[0], ports[1], 8 + len(body) & 0xFFFF, 0) + body

    def tunnel(self):
        self.depth += 1
        port, build = self.rng.choice([(2152, self.gtp), (5247, self.capwap), (37008, self.tzsp)])
        return self.udp(port, build())

    def gtp(self):
        flags = 0x30 | self.rng.choice([0, 0, 1, 2, 4, 4, 6, 7])
        kind = 255
        if self.rarely():
            flags, kind = self.rng.choice([(0x48, 255), (flags, 1), (flags, 254), (flags ^ 0x20, 255)])
        body = bytes([flags, kind]) + self.rng.randbytes(6)
        if flags & 7:
            body += self.rng.randbytes(3) + bytes([self.rng.choice([0, 0x85])])
        if flags & 4:
            for last in [False] * self.rng.choice([0, 0, 1, 2]) + [True]:
                words = self.rng.choice([1, 1, 2])
                next_type = 0 if last else 0x85
                if self.rarely():
                    next_type = self.rng.choice([0, 1])
                body += bytes([words if not self.rarely(20) else self.rng.choice([0, 3, 255])]) + \
                    self.rng.randbytes(4 * words - 2) + bytes([next_type])
        return body + self.ip()

    def tzsp(self):
        body = b'\1\0\0\1' if not self.rarely() else bytes([self.rng.randrange(3), self.rng.randrange(3), 0, self.rng.randrange(3)])
        while self.rng.randrange(2):
            body += b'\0' if self.rng.randrange(2) else self.tag()
        if not self.rarely(20):
            body += b'\1'
        return body + self.link(1)

    def tag(self):
        value = self.junk(6)
        length = len(value) if not self.rarely(20) else self.rng.randrange(256)
        return bytes([self.rng.randrange(2, 256), length]) + value

    def capwap(self):
        wireless = self.rng.randrange(4)
        options = self.rng.choice([b'', b'', self.rng.randbytes(4), self.rng.randbytes(8)])
        hlen, wbid, flags = 2 + len(options) // 4, 1, self.rng.choice([0x00, 0x00, 0x20, 0x10, 0x80, 0xC0, 0x07])
        if self.rarely():
            hlen = self.rng.choice([0, 1, 2, 3, 31])
        if self.rarely():
            wbid = self.rng.choice([0, 2, 3])
        if self.rarely():
            flags |= 0x08
        preamble = 0 if not self.rarely(20) else self.rng.choice([1, 0x10])
        fragment = struct.pack('>HH', 1, 0 if not self.rarely(6) else self.rng.choice([7, 8, 800]))
        header = bytes([preamble, hlen << 3 | self.rng.randrange(8), self.rng.choice([0, 0x40]) | wbid << 1 | (wireless > 0), flags])
        return header + fragment + options + (self.dot11(wireless > 1) if wireless else self.link(1))


def damaged(rng, data):
    """Cuts and changes a frame's bytes."""
    data = bytearray(data)
    if data and rng.randrange(3) == 0:
        for _ in range(rng.choice([1, 1, 2, 5])):
            at = rng.randrange(len(data)) if rng.randrange(2) else rng.randrange(min(len(data), 80))
            data[at] = rng.choice([0, 1, 4, 6, 0x11, 0x2C, 0x3B, 0x45, 0x60, 0xAA, 0xFF, data[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
    if rng.randrange(8) == 0:
        at = rng.randrange(len(data) + 1)
        data[at:at + rng.choice([0, 1, 2, 4])] = rng.randbytes(rng.choice([0, 1, 2, 4]))
    if rng.randrange(2):
        del data[rng.randrange(len(data) + 1):]
    return bytes(data)


def random_frames(rng, model, count, captured):
    """`captured`: frames of captures as (link type, bytes)."""
    builder = Builder(rng)
    for _ in range(count):
        if captured and rng.randrange(3) == 0:
            link_type, data = rng.choice(captured)
            if rng.randrange(20) == 0:
                link_type = rng.choice(LINK_TYPES)
        else:
            link_type = rng.choice(LINK_TYPES) if rng.randrange(100) else rng.randrange(300)
            data = builder.frame(link_type)
        link_type = model.FILE_TO_DLT.get(link_type, link_type)
        whole, data = len(data), damaged(rng, data)
        wire = rng.choice([whole, whole, len(data), len(data), max(whole, len(data)) + rng.randrange(70000), rng.randrange(2000),
                           rng.getrandbits(32)])
        yield model.Frame(rng.getrandbits(64), wire, data, b'', link_type), rng.randrange(10) != 0


# -------------------------------------------------------------------------------------------------------------- comparing
def expected(model, frame, decode_tunnels):
    """The line that decode_dump is to print."""
    try:
        p = model.Decoder(frame, decode_tunnels, model.OURS).run()
    except model.Ignored as e:
        # The model has one word for what is short in itself and for what the snapshot length cut.
        return 'CUT' if str(e) == 'short' and len(frame.data) < frame.wire else REASONS[str(e)]
    return ' '.join(str(value) for value in (
        p.src.ljust(16, b'\0').hex(), p.dst.ljust(16, b'\0').hex(), p.smac.hex(), p.dmac.hex(), p.sport, p.dport, p.vlan, p.protocol, p.version,
        p.tunnel, p.flags, *p.sizes, len(frame.data) - len(p.bytes), len(p.bytes), p.ms))


def decode(program, frames):
    """What the engine makes of the frames, a line each."""
    blob = b''.join(struct.pack('<IIIQB', len(f.data), f.wire, f.dlt, f.ms, tunnels) + f.data for f, tunnels in frames)
    done = subprocess.run([program], input=blob, capture_output=True)
    if done.returncode:
        sys.exit('%s ended with %d\n%s' % (program, done.returncode, done.stderr.decode(errors='replace')))
    return done.stdout.decode().splitlines()


def show(frame, tunnels, engine, model):
    print('link type %d, tunnels %d, wire length %d, %d bytes: %s' % (frame.dlt, tunnels, frame.wire, len(frame.data), frame.data.hex()))
    a, b = engine.split(), model.split()
    if len(a) == len(b) == len(FIELDS):
        for name, x, y in zip(FIELDS, a, b):
            if x != y:
                print('  %s: engine %s, model %s' % (name, x, y))
    else:
        print('  engine: %s\n  model:  %s' % (engine, model))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--frames', type=int, default=20000)
    arguments.add_argument('--seed', type=int, default=random.SystemRandom().getrandbits(32))
    arguments.add_argument('--model', required=True, help='the path of model.py')
    arguments.add_argument('program', help='decode_dump')
    arguments.add_argument('captures', nargs='*')
    arguments = arguments.parse_args()

    sys.dont_write_bytecode = True                                  # nothing beside the model, which is another's
    spec = importlib.util.spec_from_file_location('model', arguments.model)
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)

    print('seed %d' % arguments.seed, flush=True)
    captured = []
    for path in arguments.captures:
        for number, frame in enumerate(model.read_capture(path, model.OURS)):
            if number == 100:
                break
            captured.append((frame.dlt, frame.data))

    frames = list(random_frames(random.Random(arguments.seed), model, arguments.frames, captured))
    lines = decode(arguments.program, frames)
    outcomes, differences = collections.Counter(), 0
    for (frame, tunnels), line in zip(frames, lines, strict=True):
        want = expected(model, frame, tunnels)
        outcomes[want if want in REASONS.values() or want == 'CUT' else 'packet'] += 1
        # And for an extension header that is longer than the payload: that is a length that lies.
        if line != want and not (want in ('CUT', 'SHORT') and line == 'BAD_LENGTH'):
            differences += 1
            if differences <= 10:
                show(frame, tunnels, line, want)
    print(', '.join('%s %d' % outcome for outcome in outcomes.most_common()))
    missing = {'packet', 'CUT', *REASONS.values()} - set(outcomes)
    if missing and arguments.frames >= 10000:
        sys.exit('no frame was of the kind %s' % ', '.join(sorted(missing)))
    print('%d frames, %d from %d captures at hand, %d differences' % (len(frames), len(captured), len(arguments.captures), differences))
    sys.exit(1 if differences else 0)


if __name__ == '__main__':
    main()
