#!/usr/bin/env python3
"""make_types.py - writes types.pcap: three flows whose values are at the edges of what SQL types hold.

  make_types.py DIRECTORY

0  IPv4 TCP, 17 packets: 16 times between packets of which one is 1 ms, so that the mean is 62.5 microseconds; one
   packet of 70,000 bytes, more than a smallint holds; port 65535
1  IPv4 ICMP, one packet: no ports
2  IPv6 UDP from an IPv4-mapped address, one packet, in the last millisecond that a classic pcap can name (2106)
"""
import ipaddress
import struct
import sys

FIRST = bytes.fromhex('020000abcdef')
SECOND = bytes.fromhex('060000fedcba')
START = 1442949842123                                   # 2015-09-22 19:24:02.123 UTC, ms


def ethernet(source, destination, ether_type, payload):
    return destination + source + struct.pack('!H', ether_type) + payload


def ipv4(source, destination, protocol, payload):
    return struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                       ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(destination).packed) + payload


def ipv6(source, destination, next_header, payload):
    return struct.pack('!IHBB16s16s', 0x60000000, len(payload), next_header, 64,
                       ipaddress.IPv6Address(source).packed, ipaddress.IPv6Address(destination).packed) + payload


def tcp(source, destination, flags):
    return struct.pack('!HHIIBBHHH', source, destination, 0, 0, 0x50, flags, 1024, 0, 0)


def udp(source, destination, payload):
    return struct.pack('!HHHH', source, destination, 8 + len(payload), 0) + payload


def frames():
    """(time in ms, frame, wire length) of each packet."""
    syn, ack = 0x02, 0x10
    for number in range(17):
        there = number % 2 == 0
        ends = ('192.168.7.20', '203.0.113.5', 65535, 443) if there else ('203.0.113.5', '192.168.7.20', 443, 65535)
        frame = ethernet(*((FIRST, SECOND) if there else (SECOND, FIRST)), 0x0800,
                         ipv4(*ends[:2], 6, tcp(*ends[2:], syn if number < 2 else ack)))
        yield START + (number == 16), frame, 70000 if number == 2 else len(frame)
    echo = ethernet(FIRST, SECOND, 0x0800, ipv4('10.0.0.1', '10.0.0.2', 1, struct.pack('!BBHHH', 8, 0, 0, 1, 1)))
    yield START + 2, echo, len(echo)
    last = ethernet(SECOND, FIRST, 0x86DD, ipv6('::ffff:198.51.100.1', '2001:db8::1', 17, udp(40000, 9, b'discard me')))
    yield 0xFFFFFFFF * 1000 + 999, last, len(last)


def main(directory):
    with open(directory + '/types.pcap', 'wb') as capture:
        capture.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for ms, frame, wire in frames():
            capture.write(struct.pack('<IIII', ms // 1000, ms % 1000 * 1000, len(frame), wire) + frame)


if __name__ == '__main__':
    main(sys.argv[1])
