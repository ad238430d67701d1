#!/usr/bin/python3
"""Random messages of DHCP and mDNS, and what NFStream's DHCP and MDNS leave of each.

    /path/of/nfstream/bin/python nfstream_messages.py > nfstream_messages.json      makes them anew

Known answers are those of the classes of NFStream 6.6.0, called with one packet each, with dpkt 1.9.8. Where a class raises, which
ends NFStream's meter, there is the exception's name instead; where MDNS discards a message for a record's type alone, too.
"""

import json
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = 200
PORTS = {'dhcp': 67, 'mdns': 5353}
KNOWN_TYPES = (1, 2, 5, 6, 10, 12, 13, 15, 16, 28, 33, 41)


def random_bytes(numbers, most, text=False):
    """Up to so many bytes; a text is UTF-8 mostly."""
    found, count = b'', numbers.randrange(most + 1)
    while len(found) < count and text and numbers.random() < 0.997:
        found += numbers.choice('abcXYZ019-. ,\u00e9\u20ac').encode()
    return found[:most] if text and numbers.random() < 0.997 else found + numbers.randbytes(max(0, count - len(found)))


def cut(numbers, message):
    return message[: numbers.randrange(len(message))] if numbers.random() < 0.07 else message


def dhcp(numbers):
    options = bytes([53, 1, numbers.choice((1, 3, 3, 3, 5, 8))]) if numbers.random() < 0.8 else b''
    for _ in range(numbers.randrange(8)):
        kind = numbers.choice((0, 12, 12, 50, 50, 55, 55, 53 if numbers.random() < 0.2 else 55, 57, 60, 77, 61, 1, 255 if numbers.random() < 0.2 else 54))
        if kind == 0:
            options += b'\0'
            continue
        value = {
            12: lambda: random_bytes(numbers, 20, numbers.random() < 0.8),
            50: lambda: random_bytes(numbers, numbers.choice((4, 4, 6, 17))),
            53: lambda: bytes([numbers.randrange(1, 9)]) if numbers.random() < 0.95 else random_bytes(numbers, 3),
            60: lambda: random_bytes(numbers, 20, True),
            77: lambda: random_bytes(numbers, 20, True),
        }.get(kind, lambda: random_bytes(numbers, 8))()
        options += bytes([kind, len(value)]) + value
    header = struct.pack('>BBBBIHH', 1, 1, 6 if numbers.random() < 0.95 else numbers.randrange(256), 0, 1, 0, 0)
    addresses = random_bytes(numbers, 0) + (bytes(4) if numbers.random() < 0.5 else numbers.randbytes(4)) + bytes(12)
    magic = b'\x63\x82\x53\x63' if numbers.random() < 0.9 else bytes(4)
    message = header + addresses + numbers.randbytes(16) + bytes(64 + 128) + magic + options
    return cut(numbers, message + (b'\xff' if numbers.random() < 0.8 else b''))


def name(numbers, at):
    """A name, which may end with a pointer, to anywhere."""
    found = b''
    for _ in range(numbers.randrange(4)):
        label = random_bytes(numbers, 63 if numbers.random() < 0.1 else 9, True)
        found += bytes([len(label)]) + label
    if numbers.random() < 0.4:
        return found + struct.pack('>H', 0xC000 | numbers.choice((12, 12, 12, 12, 12, 12, numbers.randrange(at + 1))))
    return found + (b'\0' if numbers.random() < 0.995 else numbers.choice((b'\x40', b'\x80', b'')))


def mdns(numbers):
    counts = [1 if numbers.random() < 0.9 else 0, numbers.randrange(4), numbers.randrange(2), numbers.randrange(3)]
    message = struct.pack('>HHHHHH', 0, 0x8400, *counts)
    for _ in range(counts[0]):
        message += b'\5local\0' if numbers.random() < 0.95 else name(numbers, len(message))
        message += b'\0\x0c\0\1'
    for _ in range(sum(counts[1:])):
        kind = numbers.choice((12, 12, 12, 12, 1, 16, 28, 33, numbers.choice(KNOWN_TYPES), 47 if numbers.random() < 0.3 else 12))
        message += name(numbers, len(message)) + struct.pack('>HHI', kind, 1, 120)
        data = {
            1: lambda: numbers.randbytes(4),
            15: lambda: b'\0\1' + name(numbers, len(message) + 2),
            16: lambda: b'\3a=b',
            28: lambda: numbers.randbytes(16),
            33: lambda: bytes(6) + name(numbers, len(message) + 2),
            6: lambda: name(numbers, len(message) + 2) + name(numbers, len(message) + 2) + bytes(20),
            13: lambda: b'',
            47: lambda: numbers.randbytes(5),
        }.get(kind, lambda: name(numbers, len(message) + 2))()
        length = len(data) if numbers.random() < 0.985 else numbers.randrange(20)
        message += struct.pack('>H', length) + data
    return cut(numbers, message)


def ip_packet(plugin, source_port, message):
    udp = struct.pack('>HHHH', source_port, PORTS[plugin], 8 + len(message), 0) + message
    return struct.pack('>BBHHHBBHII', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x0A000001, 0x0A000002) + udp


def known():
    path = os.path.join(HERE, 'nfstream_messages.json')
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return json.load(file)


MESSAGES = known()


def capture_of(plugin, path):
    """Writes all messages as a capture, each a flow of its own from port 1024 on."""
    from captures import Capture

    with open(path, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number, message in enumerate(MESSAGES[plugin]):
            packet = ip_packet(plugin, 1024 + number, bytes.fromhex(message['bytes']))
            file.write(struct.pack('<IIII', 1700000000, 0, len(packet), len(packet)) + packet)
    return Capture(plugin + ' messages', (path,), 'random')


def expected_of(plugin, message):
    """What the class left, and expiration_id; None where it raised."""
    return None if 'raised' in message else (message['udps'], message['expiration_id'])


def called(plugin, message):
    """NFStream's class on one packet."""
    from types import SimpleNamespace

    import dpkt
    from nfstream.plugins import DHCP, MDNS

    flow = SimpleNamespace(udps=SimpleNamespace(), dst_port=PORTS[plugin], src_ip='10.0.0.1', expiration_id=0)
    found, discarded = {'bytes': message.hex()}, []
    unpack = dpkt.dns.DNS.RR.unpack_rdata

    def noticed(record, data, at):
        if record.type not in KNOWN_TYPES:
            discarded.append(record.type)
        return unpack(record, data, at)

    dpkt.dns.DNS.RR.unpack_rdata = noticed
    try:
        (DHCP if plugin == 'dhcp' else MDNS)().on_init(SimpleNamespace(ip_packet=ip_packet(plugin, 1024, message)), flow)
    except Exception as error:
        return found | {'raised': type(error).__name__}
    finally:
        dpkt.dns.DNS.RR.unpack_rdata = unpack
    if discarded:
        return found | {'raised': 'type %d' % discarded[0]}
    shown = lambda value: value if value is None or isinstance(value, (str, int, list)) else str(value)
    left = {key: shown(value) for key, value in vars(flow.udps).items()}
    if left.get('dhcp_msg_type') == 0:
        left['dhcp_msg_type'] = '0'  # a text here
    return found | {'udps': left, 'expiration_id': flow.expiration_id}


def main():
    numbers = random.Random(13)
    made = {plugin: [called(plugin, make(numbers)) for _ in range(COUNT)] for plugin, make in (('dhcp', dhcp), ('mdns', mdns))}
    print('{\n' + ',\n'.join('"%s": [\n%s\n]' % (plugin, ',\n'.join(map(json.dumps, all_of))) for plugin, all_of in made.items()) + '\n}')


if __name__ == '__main__':
    main()
