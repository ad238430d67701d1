"""tunnels.py - captures of IP-in-IP, GTP-U, CAPWAP and TZSP: one frame or two for each branch of their decoders."""
import struct

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6ExtHdrDestOpt
from scapy.packet import Raw

from composed.links import ARP_REQUEST, ARP_TYPE, TAG, snap, tags
from composed.story import Story, capture
from composed.talk import (CLIENT_MAC, OUTER, SERVER_MAC, ask, ether, ether_bytes, ethers, ip, mac_bytes, outer,
                           question, tcp, word)
from composed.wireless import BEACON, FROM_DS, NULL_DATA, PROTECTED, QOS_DATA, ROUTER, STATION, TO_DS, dot11, in_snap

IN_4, IN_6 = 4, 41                  # protocol numbers of IPv4 and IPv6 inside IP
GTP_PORT, TZSP_PORT, CAPWAP_CONTROL, CAPWAP_PORT = 2152, 37008, 5246, 5247
NONE, GTP, CAPWAP, TZSP = range(4)  # tunnel_id


def in_ip(packet, version=4, inner=None, **fields):
    """An IP packet inside an IP packet of that version."""
    number = inner or (IN_6 if bytes(packet)[0] >> 4 == 6 else IN_4)
    return outer(packet, version, **({'proto': number} if version == 4 else {'nh': number}), **fields)


@capture('tunnel_ipip.pcap')
def ipip():
    """IP in IP: the four combinations, three deep, options outside, a tag, GTP-U inside; what is inside is broken."""
    s = Story()
    s.row(1, *[ether(in_ip(p)) for p in tcp(1)], ip_version=4, tunnel_id=NONE)
    s.row(2, *[ether(in_ip(p)) for p in ask(2, 6)], ip_version=6)
    s.row(3, *[ether(in_ip(p, 6)) for p in ask(3)], ip_version=4)
    s.row(4, *[ether(in_ip(p, 6)) for p in ask(4, 6)], ip_version=6)
    s.row(5, *[ether(in_ip(in_ip(in_ip(p), 6))) for p in ask(5)])
    s.row(6, *[ether(in_ip(p, options=[b'\x01'] * 4)) for p in ask(6)])
    s.row(7, *[ether(in_ip(p), TAG, tags(7)) for p in ask(7)], vlan_id=7)
    s.row(8, *[ether(in_ip(outer(gtp(p), port=GTP_PORT))) for p in ask(8)], tunnel_id=GTP)
    s.row(9, ether(ip(6, *OUTER[6]) / IPv6ExtHdrDestOpt(nh=IN_4) / question(9)))
    s.row('not peeled', ether(in_ip(question(10), ihl=0)), protocol=IN_4)
    s.ignore('no IP inside', ether(in_ip(b'\x15' + bytes(39), inner=IN_4)))
    s.ignore('inner header cut', ether(in_ip(bytes(question(11))[:19])))
    s.ignore('inner payload cut', ether(in_ip(bytes(question(12, 6))[:50])))
    return s


# ------------------------------------------------------------------------------------------------------- 3GPP TS 29.281

def gtp(payload, flags=0x30, kind=255, extra=b''):
    """A GTP-U message; `extra` is sequence number, N-PDU number, next type and extension headers."""
    payload = extra + bytes(payload)
    return struct.pack('>BBHI', flags, kind, len(payload), 0x1234) + payload


# A PDU session container (TS 38.415) of 4 bytes and another of 8, each with its length before and the next type behind.
PDU_SESSION, LONGER, NO_MORE = b'\x85', b'\xc0', b'\0'
EXTENSION, SEQUENCE, N_PDU = 0x04, 0x02, 0x01


def container(following=NO_MORE):
    return b'\1\0\x09' + following


def longer(following=NO_MORE):
    return b'\2\1\2\3\4\5\6' + following


def gtp_story(version):
    """The branches that both outer versions have."""
    s = Story()

    def carry(payload, **options):
        return ether(outer(payload, version, port=GTP_PORT, **options))

    s.row(1, *[carry(gtp(p)) for p in tcp(1)], tunnel_id=GTP, ip_version=4, dst_port=80)
    s.row(2, *[carry(gtp(p), reply=i > 0) for i, p in enumerate(ask(2, 6))], tunnel_id=GTP, ip_version=6)
    s.row(3, *[carry(gtp(p, 0x30 | SEQUENCE, extra=b'\0\1\0\0')) for p in ask(3)], tunnel_id=GTP)
    s.row(4, *[carry(gtp(p, 0x30 | N_PDU, extra=b'\0\0\7\0')) for p in ask(4)], tunnel_id=GTP)
    one = b'\0\0\0' + PDU_SESSION + container()
    two = b'\0\2\0' + LONGER + longer(PDU_SESSION) + container()
    s.row(5, *[carry(gtp(p, 0x30 | EXTENSION, extra=one)) for p in ask(5)], tunnel_id=GTP)
    s.row(6, *[carry(gtp(p, 0x30 | EXTENSION | SEQUENCE, extra=two)) for p in ask(6, 6)], tunnel_id=GTP)
    s.row(7, carry(gtp(question(7)), source_port=50000), tunnel_id=GTP)
    without_flag = b'\0\1\0' + PDU_SESSION                         # a next type means nothing without E
    s.row(8, *[carry(gtp(p, 0x30 | SEQUENCE, extra=without_flag)) for p in ask(8)], tunnel_id=GTP)
    for why, message in (('echo', gtp(b'', 0x32, 1, b'\0\1\0\0')), ('error', gtp(b'\x10\0\0\0\1', kind=26)),
                         ('version 2', gtp(question(10), 0x48)), ('version 0', gtp(question(11), 0x1E)),
                         ('extension of length 0', gtp(question(12), 0x34, extra=b'\0\0\0\x85' + bytes(4))),
                         ('extension too long', gtp(question(13), 0x34, extra=b'\0\0\0\x85\x40' + bytes(3))),
                         ('extension to the end', gtp(b'', 0x34, extra=b'\0\0\0\x85' + container())),
                         ('no user packet', gtp(b'')), ('no bytes', b'\x30\xff\0')):
        s.row('outer', carry(message), tunnel_id=NONE, src_port=GTP_PORT, dst_port=GTP_PORT, ip_version=version)
    s.ignore('neither IPv4 nor IPv6', carry(gtp(b'\x02' + bytes(40))))
    s.ignore('inner header cut', carry(gtp(bytes(question(14))[:19])), carry(gtp(bytes(question(14, 6))[:39])))
    return s


@capture('tunnel_gtp.pcap')
def gtp_over_ipv4():
    """GTP-U over IPv4: IPv4 and IPv6, sequence and N-PDU numbers, extension headers; other messages, lengths that lie;
    one level only."""
    s = gtp_story(4)
    s.row(20, *[ether(outer(gtp(p), port=GTP_PORT), TAG, tags(20)) for p in ask(20)], tunnel_id=GTP, vlan_id=20)
    s.row(21, ether(outer(gtp(question(21)), port=50001, source_port=GTP_PORT)), tunnel_id=GTP)
    second = outer(gtp(question(22)), port=GTP_PORT)
    s.row('two levels', ether(outer(gtp(second), port=GTP_PORT)), tunnel_id=GTP, src_port=GTP_PORT)
    s.row('IP-in-IP inside', ether(outer(gtp(in_ip(question(23))), port=GTP_PORT)), tunnel_id=GTP, protocol=IN_4)
    # E with next type 0: one extension header is read all the same, here the user packet's own first bytes (length 69).
    message = gtp(question(24), 0x30 | EXTENSION, extra=bytes(4))
    s.row('no extension', ether(outer(message, port=GTP_PORT, source_port=50002)), tunnel_id=NONE, src_port=50002)
    return s


@capture('tunnel_gtp_ipv6.pcap')
def gtp_over_ipv6():
    """GTP-U over IPv6: the same, and an extension header before UDP."""
    s = gtp_story(6)
    head = ip(6, *OUTER[6]) / IPv6ExtHdrDestOpt() / UDP(sport=GTP_PORT, dport=GTP_PORT)
    return s.row(20, ether(head / Raw(gtp(question(20)))), tunnel_id=GTP)


# ------------------------------------------------------------------------------------------------------------- RFC 5415
#
#	 preamble (1)  HLEN, RID, WBID, T, F, L, W, M, K, flags (3)  fragment id (2)  offset, reserved (2)

NATIVE, FRAGMENT, LAST, WIRELESS, MAC, KEEP_ALIVE = 1 << 8, 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3


def capwap(payload, bits=NATIVE, wbid=1, offset=0, options=b'', preamble=0):
    words = 2 + len(options) // 4
    head = words << 19 | 1 << 14 | wbid << 9 | bits
    return struct.pack('>IHH', preamble << 24 | head, 7, offset << 3) + options + bytes(payload)


RADIO_MAC = b'\6' + mac_bytes('02:00:00:00:11:02') + b'\0'
WIRELESS_INFORMATION = b'\4\xc4\x20\x00\x6c' + bytes(3)


@capture('tunnel_capwap.pcap')
def capwap_data():
    """CAPWAP: 802.3 and 802.11, its frame control either way round, header options; keep-alives, fragments, DTLS, other
    frames; ARP and EAPOL inside."""
    s = Story()

    def carry(payload, version=4, port=CAPWAP_PORT):
        return ether(outer(payload, version, port=port))

    def wired(frames, version=4):
        return [carry(capwap(f, bits=0), version) for f in frames]

    def radio(packets, *details, **more):
        return [carry(capwap(dot11(in_snap(p), *details, **more))) for p in packets]

    s.row(1, *wired(ethers(tcp(1))), tunnel_id=CAPWAP, src_mac=CLIENT_MAC, dst_mac=SERVER_MAC)
    s.row(2, *radio(ask(2)), tunnel_id=CAPWAP, src_mac=STATION, dst_mac=ROUTER)
    s.row(3, *radio(ask(3), swapped=True), tunnel_id=CAPWAP, src_mac=STATION, dst_mac=ROUTER)
    s.row(4, *radio(ask(4, 6), bits=FROM_DS), tunnel_id=CAPWAP, src_mac=ROUTER, ip_version=6)
    s.row(5, *radio(ask(5), QOS_DATA, swapped=True), tunnel_id=CAPWAP, src_mac=STATION)
    for number, bits, options in ((6, NATIVE | MAC, RADIO_MAC),
                                  (7, NATIVE | WIRELESS | MAC, RADIO_MAC + WIRELESS_INFORMATION)):
        s.row(number, *[carry(capwap(dot11(in_snap(p)), bits, options=options)) for p in ask(number)], tunnel_id=CAPWAP)
    s.row(8, carry(capwap(dot11(in_snap(question(8))), NATIVE | FRAGMENT)), tunnel_id=CAPWAP)     # the first
    s.row(9, *wired(ethers(ask(9), TAG, tags(9))), tunnel_id=CAPWAP, vlan_id=9)
    s.row(10, *wired(ethers(ask(10)), 6), tunnel_id=CAPWAP, ip_version=4)
    s.row(11, *radio([outer(gtp(p), port=GTP_PORT) for p in ask(11)]), tunnel_id=GTP)
    s.row(12, *radio(map(in_ip, ask(12))), tunnel_id=CAPWAP)

    frame = dot11(in_snap(question(13)))
    for why, message in (('later fragment', capwap(frame, NATIVE | FRAGMENT | LAST, offset=16)),
                         ('keep-alive', capwap(bytes(22), KEEP_ALIVE)),
                         ('other radio', capwap(frame, wbid=3)),
                         ('DTLS', capwap(frame, preamble=1)),
                         ('beacon', capwap(dot11(bytes(40), BEACON, 0))),
                         ('null', capwap(dot11(b'', NULL_DATA))),
                         ('encrypted', capwap(dot11(in_snap(question(13)), bits=TO_DS | PROTECTED))),
                         ('header cut', capwap(b'')[:7])):
        s.row('outer', carry(message), tunnel_id=NONE, src_port=CAPWAP_PORT, dst_port=CAPWAP_PORT)
    s.row('control', carry(capwap(frame), port=CAPWAP_CONTROL), tunnel_id=NONE, src_port=CAPWAP_CONTROL)
    s.ignore('ARP', *wired([ether_bytes(ARP_TYPE, ARP_REQUEST)]), carry(capwap(dot11(snap(ARP_TYPE) + ARP_REQUEST))))
    s.ignore('EAPOL', carry(capwap(dot11(snap(0x888E) + bytes(20)))))
    s.ignore('inner frame cut', *wired([bytes(20)]))
    s.ignore('later fragment inside', *radio([question(14, frag=3)]))
    return s


# ----------------------------------------------------------------------------------------- TaZmen Sniffer Protocol
#
#	 version (1)  type (1)  encapsulated (2)  then tags: number (1), length (1), value; 0 is padding, 1 the end

TZSP_ETHERNET, TZSP_80211, KEEP_ALIVE_TYPE = 1, 18, 4
PADDING, END, RAW_RSSI, CHANNEL = b'\0', b'\1', b'\x0a\1\xc4', b'\x12\1\6'


def tzsp(payload, tags_before=END, kind=0, encapsulated=TZSP_ETHERNET, version=1):
    return bytes([version, kind]) + word(encapsulated) + tags_before + bytes(payload)


@capture('tunnel_tzsp.pcap')
def tzsp_frames():
    """TZSP: the end at once, behind padding, behind tags; VLANs inside and outside; other types, no end, ARP inside."""
    s = Story()

    def carry(frames, before=END, version=4, vlan=None):
        messages = [outer(tzsp(f, before), version, port=TZSP_PORT) for f in frames]
        return ethers(messages) if vlan is None else ethers(messages, TAG, tags(vlan))

    s.row(1, *carry(ethers(tcp(1))), tunnel_id=TZSP, src_mac=CLIENT_MAC)
    s.row(2, *carry(ethers(ask(2)), PADDING * 3 + RAW_RSSI + CHANNEL + PADDING + END), tunnel_id=TZSP)
    s.row(3, *carry(ethers(ask(3, 6)), RAW_RSSI + END), tunnel_id=TZSP, ip_version=6)
    s.row(4, *carry(ethers(ask(4), TAG, tags(44))), tunnel_id=TZSP, vlan_id=44)
    s.row(5, *carry(ethers(ask(5)), vlan=55), tunnel_id=TZSP, vlan_id=55)
    s.row(6, *carry(ethers(ask(6), TAG, tags(66)), vlan=55), tunnel_id=TZSP, vlan_id=66)
    s.row(7, *carry(ethers(ask(7)), version=6), tunnel_id=TZSP, ip_version=4)
    s.row(8, *carry(ethers([outer(gtp(p), port=GTP_PORT) for p in ask(8)])), tunnel_id=GTP)

    frame = ether(question(9))
    for why, message in (('keep-alive', tzsp(b'', b'', KEEP_ALIVE_TYPE)),
                         ('802.11', tzsp(frame, encapsulated=TZSP_80211)),
                         ('version 2', tzsp(frame, version=2)),
                         ('no end', tzsp(b'', RAW_RSSI + CHANNEL + PADDING)),
                         ('tag too long', tzsp(b'', b'\x0a\xff\0\0')),
                         ('tag without length', tzsp(b'', RAW_RSSI + b'\x0a')),
                         ('short', b'\1\0\0')):
        s.row('outer', ether(outer(message, port=TZSP_PORT)), tunnel_id=NONE, src_port=TZSP_PORT, dst_port=TZSP_PORT)
    s.ignore('ARP', *carry([ether_bytes(ARP_TYPE, ARP_REQUEST)]))
    s.ignore('inner frame cut', *carry([frame[:20], b'']))
    return s
