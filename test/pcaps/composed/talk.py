"""talk.py - packets of small conversations, the same bytes each time: every address, id and port is fixed.

A conversation has a number; the client's port is 40000 + number, so that each is a flow of its own.
"""
import socket
import struct

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

CLIENT_MAC, SERVER_MAC = '02:00:00:00:00:01', '02:00:00:00:00:02'
CLIENT, SERVER = {4: '10.9.0.1', 6: 'fd00:9::1'}, {4: '198.51.100.9', 6: '2001:db8:9::9'}
OUTER = {4: ('192.0.2.1', '192.0.2.2'), 6: ('2001:db8:a::1', '2001:db8:a::2')}
REQUEST = b'GET / HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: compose\r\n\r\n'
REPLY = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n'


def ip(version, source, destination, number=1, **fields):
    """An IP header; `number` becomes IPv4's identification."""
    if version == 4:
        return IP(src=source, dst=destination, id=number, **fields)
    return IPv6(src=source, dst=destination, **fields)


def to_server(number, version=4, **fields):
    return ip(version, CLIENT[version], SERVER[version], number, **fields)


def to_client(number, version=4, **fields):
    return ip(version, SERVER[version], CLIENT[version], number, **fields)


def question(number, version=4, size=24, port=7, **fields):
    """A UDP packet of the client; `fields` are the IP header's."""
    return to_server(number, version, **fields) / UDP(sport=40000 + number, dport=port) / Raw(b'q' * size)


def answer(number, version=4, size=40, port=7, **fields):
    return to_client(number, version, **fields) / UDP(sport=port, dport=40000 + number) / Raw(b'a' * size)


def ask(number, version=4):
    """Two packets: there and back."""
    return [question(number, version), answer(number, version)]


def tcp(number, version=4, request=REQUEST, reply=REPLY, port=80):
    """Seven packets: a whole HTTP request, or what else is said, from SYN to the second FIN."""
    client, seq, ack = 40000 + number, 1000 * number, 7000 * number

    def out(flags, s, a, data=b''):
        return to_server(number, version) / TCP(sport=client, dport=port, flags=flags, seq=s, ack=a) / Raw(data)

    def back(flags, s, a, data=b''):
        return to_client(number, version) / TCP(sport=port, dport=client, flags=flags, seq=s, ack=a) / Raw(data)

    return [out('S', seq, 0), back('SA', ack, seq + 1), out('A', seq + 1, ack + 1),
            out('PA', seq + 1, ack + 1, request), back('PA', ack + 1, seq + 1 + len(request), reply),
            out('FA', seq + 1 + len(request), ack + 1 + len(reply)),
            back('FA', ack + 1 + len(reply), seq + 2 + len(request))]


def is_reply(packet):
    return packet.src in (SERVER[4], SERVER[6])


def macs(packet):
    """Source and destination, as the packet goes."""
    return (SERVER_MAC, CLIENT_MAC) if is_reply(packet) else (CLIENT_MAC, SERVER_MAC)


def ether(packet, kind=None, between=b''):
    """The packet in an Ethernet frame, with `between` (tags, labels) before it and the type that this needs."""
    source, destination = macs(packet)
    if kind is None:
        kind = 0x86DD if isinstance(packet, IPv6) else 0x0800
    return ether_bytes(kind, between + bytes(packet), source, destination)


def ether_bytes(kind, payload, source=CLIENT_MAC, destination=SERVER_MAC):
    return bytes(Ether(src=source, dst=destination, type=kind)) + payload


def ethers(packets, kind=None, between=b''):
    return [ether(p, kind, between) for p in packets]


def outer(payload, version=4, port=None, reply=False, source_port=None, **fields):
    """An outer packet between the two ends of a tunnel: UDP to `port`, or with fields proto/nh what they say."""
    source, destination = OUTER[version][::-1] if reply else OUTER[version]
    head = ip(version, source, destination, **fields)
    if port is not None:
        head = head / UDP(sport=source_port or port, dport=port)
    return head / Raw(bytes(payload))


def mac_bytes(text):
    return bytes.fromhex(text.replace(':', ''))


def ip_bytes(text):
    return socket.inet_pton(socket.AF_INET6 if ':' in text else socket.AF_INET, text)


def word(value):
    """Two bytes in network order."""
    return struct.pack('>H', value)
