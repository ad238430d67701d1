#!/usr/bin/env python3
"""Makes the inputs that fuzzing starts from, of the project's own captures.

    seeds.py DIRECTORY

writes DIRECTORY/engine, dpi, decode, record, plugins and condition. A capture of at most SIZE_MAX bytes is an input of the engine's targets,
after the bytes that choose its options: once as it is, and the smallest ones as gzip and zstd too. Each of its packets,
where its file is a pcap in this machine's byte order, is a frame for the decoder. Records have a value for each column of
src/wire/schema_flows.c, and requests the fields of src/wire/request.h. What fuzzing made of all that is kept in corpus/; seeds are for beginning anew.
"""
import glob
import gzip
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.join(os.path.dirname(HERE), 'pcaps')
COLUMNS = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'src', 'wire', 'schema_flows.c')
REQUEST = os.path.join(os.path.dirname(COLUMNS), 'request.h')
SIZE_MAX = 6000
COMPRESSED_MAX = 1000
FRAME_MAX = 700

# fuzz_scan.c: everything on with the default timeouts; and shards, short timeouts and few flows, which make flows leave early.
OPTIONS = (bytes([0x00, 3, 0, 0x54, 0, 0]), bytes([0x08, 20, 0x0d, 0x32, 0, 2]))

# decode.c's link types in their order, and LINKTYPE_RAW, which stands for 12.
LINK_TYPES = [1, 113, 276, 12, 101, 14, 228, 229, 0, 108, 127, 105, 192, 9, 50, 104]

# message.h's.
REQUEST_MESSAGE, HELLO, NEXT_FILE, FLOWS, PLACE, END = 1, 3, 4, 5, 6, 9
COUNTERS = 36
SPLT = 3


def write(directory, name, content):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), 'wb') as file:
        file.write(content)


def zstd(content):
    return subprocess.run(['zstd', '-c', '-q'], input=content, stdout=subprocess.PIPE, check=True).stdout


def wire_choice(captured, wire):
    """fuzz_decode.c's byte for a length on the wire, as near as it has one."""
    more = wire - captured
    if more < 0:
        return 0xE0 + min(-more // 4, 15)
    return more if more < 0xE0 else 0xF0 + max(0, min(more.bit_length() - 17, 14))


def frames(content):
    """The link type's place in the decoder's table, the choice of its length on the wire, and each packet, of a plain pcap."""
    if len(content) < 24 or content[:4] not in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1'):
        return
    link_type = struct.unpack_from('<I', content, 20)[0] & 0xffff
    if link_type not in LINK_TYPES:
        return
    at = 24
    while at + 16 <= len(content):
        captured, wire = struct.unpack_from('<II', content, at + 8)
        yield LINK_TYPES.index(link_type), wire_choice(captured, wire), content[at + 16:at + 16 + captured]
        at += 16 + captured


def message(kind, body):
    return struct.pack('<II', kind, len(body)) + body


def record(left, first, values):
    return struct.pack('<IQQ', 20 + len(values), left, first) + values


def value(kind, present):
    """A value of this kind, short or long: record.h."""
    if kind == 'COLUMN_ADDRESS':
        return bytes([6]) + bytes(range(16)) if present else bytes([4, 10, 0, 0, 1])
    if kind == 'COLUMN_JSON':
        text = b'{"a": [1, "\\u001f"]}' if present else b'{}'
        return struct.pack('<I', len(text)) + text
    if kind == 'COLUMN_TEXT':
        text = 'TLS.G\u00f6\u4e16\U0001f600'.encode() if present else b''
        return struct.pack('<H', len(text)) + text
    if kind == 'COLUMN_INTEGERS':
        return struct.pack('<II', SPLT, present) + struct.pack('<%dq' % present, *range(present))
    if kind in ('COLUMN_MAC', 'COLUMN_OUI'):
        return bytes(6 if kind == 'COLUMN_MAC' else 3)
    forms = {'COLUMN_UINT8': 'B', 'COLUMN_UINT16': 'H', 'COLUMN_UINT32': 'I', 'COLUMN_FILE': 'I', 'COLUMN_UINT64': 'Q',
             'COLUMN_INT32': 'i', 'COLUMN_INT64': 'q', 'COLUMN_DOUBLE': 'd'}
    return struct.pack('<' + forms[kind], present)


def captures(directory):
    for path in sorted(glob.glob(os.path.join(PCAPS, '*.pcap*'))):
        name = os.path.basename(path)
        with open(path, 'rb') as file:
            content = file.read()
        for number, (link, wire, frame) in enumerate(frames(content)):
            if len(frame) <= FRAME_MAX:
                write(os.path.join(directory, 'decode'), '%s.%d' % (name, number), bytes([link | 0x80, wire]) + frame)
        if len(content) > SIZE_MAX:
            continue
        for target in ('engine', 'dpi'):
            for number, options in enumerate(OPTIONS):
                write(os.path.join(directory, target), '%s.%d' % (name, number), options + content)
            if len(content) <= COMPRESSED_MAX:
                write(os.path.join(directory, target), name + '.gz', OPTIONS[0] + gzip.compress(content, mtime=0))
                write(os.path.join(directory, target), name + '.zst', OPTIONS[0] + zstd(content))


def transport(frame):
    """Protocol, version of IP, ports, TCP's sequence number and SYN, and payload, of a plain Ethernet frame; else None."""
    kind = frame[12:14]
    if kind == b'\x08\x00' and len(frame) > 34:
        at, protocol, version = 14 + (frame[14] & 15) * 4, frame[23], 4
    elif kind == b'\x86\xdd' and len(frame) > 54:
        at, protocol, version = 54, frame[20], 6
    else:
        return None
    if protocol not in (6, 17) or len(frame) < at + 20:
        return None
    ports = struct.unpack_from('>HH', frame, at)
    if protocol == 17:
        return protocol, version, ports, b'', 0, frame[at + 8:]
    return protocol, version, ports, frame[at + 4:at + 8], frame[at + 13] & 2, frame[at + (frame[at + 12] >> 4) * 4:]


def plugin_packets(content):
    """fuzz_plugins.c's inputs of a capture: for each flow its plugin and its first packets."""
    flows = {}
    for link, _, frame in frames(content):
        packet = transport(frame) if link == 0 else None
        if packet is None:
            continue
        protocol, version, ports, sequence, syn, payload = packet
        first, back = flows.setdefault(tuple(sorted(ports)), [b'', ports]), 0
        back = ports != first[1]
        plugin = 0 if 67 in ports else 1 if 5353 in ports else 2
        flags = back | (protocol == 6) << 1 | (version == 6) << 2 | (syn != 0) << 3
        first[0] = (first[0] or bytes([plugin])) + bytes([flags]) + struct.pack('>H', len(payload)) + sequence + payload
    for ports, (packets, _) in sorted(flows.items()):
        if len(packets) <= SIZE_MAX:
            yield ports, packets


def plugins(directory):
    for path in sorted(glob.glob(os.path.join(PCAPS, '*.pcap'))):
        with open(path, 'rb') as file:
            for ports, packets in plugin_packets(file.read()):
                write(os.path.join(directory, 'plugins'), '%s.%d.%d' % (os.path.basename(path), *ports), packets)
    # CRYPTO frames out of order, with an acknowledgement between them.
    write(os.path.join(directory, 'plugins'), 'frames', bytes([3, 6, 4, 2, 3, 4, 2, 1, 0, 0, 0, 6, 0, 4, 1, 0, 0, 2]))


def conversations(directory):
    with open(COLUMNS) as file:
        kinds = re.findall(r'^\t\{"\w+", (COLUMN_\w+), GROUP', file.read(), re.M)
    # All columns, or every n-th of them.
    for every in (0, 1, 2, 5):
        wanted = [kind for number, kind in enumerate(kinds) if number % (every + 1) == 0]
        flows = [record(2 * place + 1, place, b''.join(value(kind, present) for kind in wanted))
                 for place, present in ((1, 0), (2, 1), (3, SPLT))]
        for name, bodies in (('single', flows), ('batch', [b''.join(flows)])):
            write(os.path.join(directory, 'record'), '%s%d' % (name, every), bytes([0, SPLT, every]) +
                  message(HELLO, struct.pack('<I', 1) + bytes(192)) + message(NEXT_FILE, bytes(4)) +
                  b''.join(message(FLOWS, body) for body in bodies) + message(PLACE, bytes(32)) +
                  message(END, bytes(8 * COUNTERS)))


def request_field(number, name, filter_text):
    """A field with a value that it may have: request.c."""
    if name == 'FILTER':
        kind, content = 1, filter_text
    elif name == 'COLUMNS':
        kind, content = 2, struct.pack('<QQ', 0xff, 0)
    else:
        numbers = {'METER_MEMORY': 256 << 20, 'N_DISSECTIONS': 20, 'DECODE_TUNNELS': 1, 'SHARD': 0, 'SCHEMA': 0}
        kind, content = 0, struct.pack('<Q', numbers.get(name, 1))
    return struct.pack('<HHI', number, kind, len(content)) + content


def requests(directory):
    with open(REQUEST) as file:
        header = file.read()
    magic, version = (int(re.search(r'#define REQUEST_%s\s+(\w+?)u?\n' % name, header).group(1), 0) for name in ('MAGIC', 'VERSION'))
    names = re.findall(r'^\tREQUEST_(\w+),', re.search(r'enum RequestFieldId\n{(.*?)}', header, re.S).group(1), re.M)
    all_fields = [request_field(number, name, b'tcp port 80') for number, name in enumerate(names)]
    all_fields[names.index('SHARDS')] = struct.pack('<HHIQ', names.index('SHARDS'), 0, 8, 2)
    for name, fields in (('all', all_fields), ('none', []), ('twice', all_fields[:1] * 2), ('unknown', [request_field(len(names), '', b'')])):
        write(os.path.join(directory, 'record'), 'request_' + name, bytes([0, SPLT, 0]) +
              message(REQUEST_MESSAGE, struct.pack('<III', magic, version, len(fields)) + b''.join(fields)))


def conditions(directory):
    """One on each kind of value, by each node of condition.h; columns are every_kind.h's."""
    number = struct.pack('<q', 53)
    address, network = bytes([4, 32, 10, 1, 2, 3]), bytes([6, 33, 0x0a, 0x01]) + bytes(14)
    text = struct.pack('<I', 3) + b'TLS'
    leaves = [bytes([5, how, column]) + constant for how, (column, constant) in enumerate(
        [(0, number), (3, number), (4, number), (5, number), (6, struct.pack('<d', -1.5)), (7, address)])]
    leaves += [bytes([7, how, 7]) + constant for how in range(5) for constant in (address, network)]
    leaves += [bytes([6, 10, 1]) + struct.pack('<I', 2) + struct.pack('<I', 1) + b'A' + text, bytes([6, 15, 0]) + bytes(4)]
    leaves += [bytes([5, 0, 8]) + struct.pack('<I', 6) + bytes(6), bytes([5, 1, 9]) + text]
    leaves += [bytes([4, constant]) for constant in (1, 2, 4, 7)]
    for number, leaf in enumerate(leaves):
        write(os.path.join(directory, 'condition'), 'leaf%d' % number, bytes([0x55]) + leaf)
    for number, node in enumerate((1, 2)):
        whole = bytes([node]) + struct.pack('<I', len(leaves)) + b''.join(b'\3' * (i % 2) + leaf for i, leaf in enumerate(leaves))
        write(os.path.join(directory, 'condition'), 'all%d' % number, bytes([0xaa, 3]) + whole)


def main():
    captures(sys.argv[1])
    plugins(sys.argv[1])
    conversations(sys.argv[1])
    requests(sys.argv[1])
    conditions(sys.argv[1])


if __name__ == '__main__':
    main()
