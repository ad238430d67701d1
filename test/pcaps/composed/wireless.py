"""wireless.py - captures of 802.11 frames: bare, behind radiotap, behind PPI.

     0      2        4         10        16        22     24
    +------+--------+---------+---------+---------+------+- - - - - - -+- - - -+- - - - -+
    | FC   |duration|address 1|address 2|address 3| seq. | address 4   | QoS   | HT      |   IEEE 802.11, 9.3.2
    +------+--------+---------+---------+---------+------+- - - - - - -+- - - -+- - - - -+
                                                          ToDS + FromDS  QoS     QoS + order
"""
import struct

from composed.links import ARP_TYPE, RAW, USER, kind_of, snap
from composed.story import ETHERNET, Story, capture
from composed.talk import ask, ether, ethers, mac_bytes, question, tcp, word

DOT11, RADIOTAP, PPI = 105, 127, 192
STATION, ACCESS_POINT, ROUTER, REPEATER = \
    '02:00:00:00:11:01', '02:00:00:00:11:02', '02:00:00:00:11:03', '02:00:00:00:11:04'
DATA, NULL_DATA, QOS_DATA, QOS_NULL, BEACON, ACK = 0x08, 0x48, 0x88, 0xC8, 0x80, 0xD4
TO_DS, FROM_DS, PROTECTED, ORDER = 0x01, 0x02, 0x40, 0x80


def dot11(body, kind=DATA, bits=TO_DS, swapped=False, qos=0):
    """A frame of the station: upwards (TO_DS), downwards (FROM_DS), between two without an access point (0) or between
    two access points (both); `body` starts with LLC.  `swapped`: the frame control's bytes as in Cisco's CAPWAP."""
    station, access_point, router, repeater = map(mac_bytes, (STATION, ACCESS_POINT, ROUTER, REPEATER))
    addresses = {TO_DS: (access_point, station, router), FROM_DS: (station, access_point, router),
                 0: (router, station, access_point), TO_DS | FROM_DS: (access_point, repeater, router)}[bits & 3]
    frame = bytes([bits, kind] if swapped else [kind, bits]) + word(0x2C00) + b''.join(addresses) + word(0x1000)
    if bits & 3 == TO_DS | FROM_DS:
        frame += station
    if kind & 0x80 and kind & 0x0C == 0x08:
        frame += struct.pack('<H', qos) + (bytes(4) if bits & ORDER else b'')
    return frame + body


def in_snap(packet):
    return snap(kind_of(packet)) + bytes(packet)


@capture('link_80211.pcap')
def bare():
    """802.11: the four directions, QoS, HT control; null, encrypted, management and control frames, A-MSDU, EAPOL."""
    s = Story(DOT11)
    s.row(1, *[dot11(in_snap(p)) for p in tcp(1)], src_mac=STATION, dst_mac=ROUTER)
    s.row(2, *[dot11(in_snap(p), bits=FROM_DS) for p in ask(2)], src_mac=ROUTER, dst_mac=STATION)
    s.row(3, *[dot11(in_snap(p), bits=0) for p in ask(3)], src_mac=STATION, dst_mac=ROUTER)
    s.row(4, *[dot11(in_snap(p), bits=TO_DS | FROM_DS) for p in ask(4)], src_mac=STATION, dst_mac=ROUTER)
    s.row(5, *[dot11(in_snap(p), QOS_DATA) for p in ask(5)], src_mac=STATION)
    s.row(6, *[dot11(in_snap(p), QOS_DATA, TO_DS | ORDER) for p in ask(6)], src_mac=STATION)
    s.row(7, *[dot11(in_snap(p), QOS_DATA, TO_DS | FROM_DS | ORDER) for p in ask(7, 6)], src_mac=STATION, ip_version=6)
    s.ignore('null', dot11(bytes(8), NULL_DATA), dot11(bytes(8), QOS_NULL))
    s.ignore('encrypted', dot11(in_snap(question(8)), bits=TO_DS | PROTECTED))
    s.ignore('beacon', dot11(bytes(12) + b'\0\x04wifi' + bytes(20), BEACON, 0))
    s.ignore('acknowledgement', bytes([ACK, 0]) + bytes(8))
    part = mac_bytes(ROUTER) + mac_bytes(STATION) + word(60) + in_snap(question(9))
    s.ignore('A-MSDU', dot11(part, QOS_DATA, qos=0x80))
    s.ignore('no SNAP', dot11(b'\x42\x42\x03' + bytes(35)))
    s.ignore('EAPOL', dot11(snap(0x888E) + bytes(40)))
    s.ignore('ARP', dot11(snap(ARP_TYPE) + bytes(28)))
    s.ignore('ends before LLC', dot11(in_snap(question(10)))[:31])
    return s


def radiotap(frame, present=0, fields=b'', more=()):
    """Version, padding, length, present mask (more words while bit 31 is set), fields: little-endian, radiotap.org."""
    masks = [present | 0x80000000 * bool(more), *more]
    length = 4 + 4 * len(masks) + len(fields)
    return struct.pack('<BBH%dI' % len(masks), 0, 0, length, *masks) + fields + frame


TSFT, FLAGS, RATE, CHANNEL = 1 << 0, 1 << 1, 1 << 2, 1 << 3
FCS_AT_END, BAD_FCS, SHORT_GUARD = b'\x10', b'\x40', b'\x80'


@capture('link_radiotap.pcap')
def with_radiotap():
    """Radiotap: no fields, flags behind a time, behind a second mask; a bad FCS, and bytes that only look like one."""
    s = Story(RADIOTAP)
    time, channel = struct.pack('<Q', 123456789), struct.pack('<HH', 2412, 0x00A0)
    s.row(1, *[radiotap(dot11(in_snap(p))) for p in tcp(1)], src_mac=STATION, dst_mac=ROUTER)
    s.row(2, *[radiotap(dot11(in_snap(p)), TSFT | FLAGS, time + SHORT_GUARD) for p in ask(2)])
    down = [dot11(in_snap(p), bits=FROM_DS) + b'\1\2\3\4' for p in ask(3)]
    s.row(3, *[radiotap(f, FLAGS | RATE, FCS_AT_END + b'\x0c') for f in down], src_mac=ROUTER)
    timed = bytes(4) + time                                         # aligned to 8 bytes behind the second mask
    s.row(4, *[radiotap(dot11(in_snap(p)), TSFT | FLAGS, timed + SHORT_GUARD, more=[RATE]) for p in ask(4, 6)])
    s.row(5, *[radiotap(dot11(in_snap(p), QOS_DATA), CHANNEL, channel + b'\x50' * 8) for p in ask(5)])
    s.ignore('bad FCS', radiotap(dot11(in_snap(question(6))), FLAGS, BAD_FCS))
    s.ignore('bad FCS behind a time', radiotap(dot11(in_snap(question(7))), TSFT | FLAGS, time + BAD_FCS))
    s.ignore('bad FCS behind two masks', radiotap(dot11(in_snap(question(8))), TSFT | FLAGS, timed + BAD_FCS, more=[0]))
    s.ignore('beacon', radiotap(dot11(bytes(40), BEACON, 0)))
    s.ignore('longer than the frame', b'\0\0' + struct.pack('<H', 200) + bytes(4) + dot11(in_snap(question(9))))
    return s


def ppi(link, payload, fields=b''):
    """Version, flags, length, link type, fields: little-endian."""
    return struct.pack('<BBHI', 0, 0, 8 + len(fields), link) + fields + bytes(payload)


@capture('link_ppi.pcap')
def with_ppi():
    """PPI: Ethernet, 802.11 behind a field, raw IP; PPI in PPI, an unknown link type."""
    s = Story(PPI)
    field = struct.pack('<HH', 2, 20) + bytes(20)                   # 802.11-Common
    s.row(1, *[ppi(ETHERNET, f) for f in ethers(tcp(1))])
    s.row(2, *[ppi(DOT11, dot11(in_snap(p)), field) for p in ask(2)], src_mac=STATION)
    s.row(3, *[ppi(RAW, p) for p in ask(3, 6)], ip_version=6)
    s.ignore('PPI in PPI', ppi(PPI, ppi(ETHERNET, ether(question(4)))))
    s.ignore('unknown link type', ppi(USER, ether(question(5))))
    s.ignore('beacon', ppi(DOT11, dot11(bytes(40), BEACON, 0), field))
    return s
