"""links.py - captures of link layers that carry IP in a fixed place, and what may stand between.

The numbers are those of the file formats: https://www.tcpdump.org/linktypes.html
"""
import struct

from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP

from composed.story import Story, capture
from composed.talk import (CLIENT, CLIENT_MAC, SERVER, SERVER_MAC, ask, ether, ether_bytes, ethers, mac_bytes, question,
                           tcp, word)

NULL, PPP, RAW_12, PPP_SERIAL, RAW, CHDLC, SLL, LOOP, USER, IPV4, IPV6, SLL2 = \
    0, 9, 12, 50, 101, 104, 113, 108, 147, 228, 229, 276
IP_TYPE, IP6_TYPE, ARP_TYPE, TAG, PROVIDER_TAG, OLD_TAG, OLDER_TAG = 0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x9100, 0x9200
ARP_REQUEST = bytes(ARP(hwsrc=CLIENT_MAC, psrc=CLIENT[4], hwdst='00:00:00:00:00:00', pdst=SERVER[4]))
LLDP = bytes.fromhex('020704020000000001040704020000000001060200780000')
LLC_IP, LLC_SPANNING_TREE, LLC_ISIS = b'\x06\x06\x03', b'\x42\x42\x03', b'\xfe\xfe\x03'


def kind_of(packet):
    return IP6_TYPE if isinstance(packet, IPv6) else IP_TYPE


@capture('link_ethernet.pcap')
def ethernet():
    """Ethernet II: padding, ARP, LLDP, an unknown type whose payload looks like IPv4, a wrong version, runts."""
    s = Story()
    s.row(1, *ethers(tcp(1)), src_mac=CLIENT_MAC, dst_mac=SERVER_MAC, src_oui='02:00:00', ip_version=4)
    s.row(2, *ethers(ask(2, 6)), ip_version=6)
    s.row(3, ether(question(3, size=1)).ljust(60, b'\0'), bidirectional_bytes=60)
    s.row(4, ether(question(4, 6), IP_TYPE), ip_version=6)          # the version decides, not the type
    s.ignore('ARP', ether_bytes(ARP_TYPE, ARP_REQUEST).ljust(60, b'\0'))
    s.ignore('LLDP', ether_bytes(0x88CC, LLDP.ljust(46, b'\0')))
    s.ignore('unknown type', ether(question(5), 0x1234))
    s.ignore('no IP version', ether_bytes(IP_TYPE, b'\x55' + bytes(question(6))[1:]))
    s.ignore('short', ether(question(7))[:27], ether(question(8))[:33])
    return s


def llc(packet, head):
    """IEEE 802.3: a length where Ethernet II has a type, then LLC."""
    body = head + bytes(packet)
    return ether_bytes(len(body), body)


def snap(kind):
    return b'\xaa\xaa\x03\0\0\0' + word(kind)


def in_8023(packet):
    return llc(packet, snap(kind_of(packet)))


@capture('link_8023.pcap')
def ieee_8023():
    """802.3 with LLC: SNAP with IPv4, IPv6, a tag; spanning tree, IS-IS, IP's own SAP; lengths that are none."""
    s = Story()
    s.row(1, *map(in_8023, tcp(1)), src_mac=CLIENT_MAC)
    s.row(2, *map(in_8023, ask(2, 6)))
    s.row(3, llc(question(3), snap(TAG) + word(77) + word(IP_TYPE)), vlan_id=77)
    s.ignore('ARP', llc(ARP_REQUEST, snap(ARP_TYPE)))
    s.ignore('spanning tree', llc(bytes(35), LLC_SPANNING_TREE))
    s.ignore('IS-IS', llc(bytes(40), LLC_ISIS))
    s.ignore('no SNAP', llc(question(4), LLC_IP))
    s.ignore('length 0', ether(question(5), 0))
    s.ignore('neither length nor type', ether(question(6), 1501), ether(question(7), 1535))
    return s


def tags(*numbers, last=IP_TYPE):
    """802.1Q tags behind the first type, the outermost first; each says what follows."""
    kinds = [TAG] * (len(numbers) - 1) + [last]
    return b''.join(word(number) + word(kind) for number, kind in zip(numbers, kinds))


@capture('link_vlan.pcap')
def vlan():
    """802.1Q: one, two, three tags (the innermost counts), priority bits, equal ports in two VLANs; other types' tags."""
    s = Story()
    s.row('100', *ethers(tcp(1), TAG, tags(100)), vlan_id=100, src_port=40001)
    s.row('101', *ethers(tcp(1), TAG, tags(101)), vlan_id=101, src_port=40001)
    s.row(2, *ethers(ask(2), TAG, tags(300, 20)), vlan_id=20)
    s.row(3, *ethers(ask(3), TAG, tags(300, 200, 30)), vlan_id=30)
    s.row(4, *ethers(ask(4), TAG, tags(0xA000)), vlan_id=0)
    s.row(5, *ethers(ask(5), TAG, tags(0xFFFE)), vlan_id=4094)
    s.row(6, *ethers(ask(6, 6), TAG, tags(60, last=IP6_TYPE)), vlan_id=60)
    s.ignore('802.1ah', ether(question(7), 0x88E7, tags(300, 100)))
    s.ignore('0x9300', ether(question(8), 0x9300, tags(300, 100)))
    s.ignore('0x9300 inside', ether(question(9), TAG, tags(300, last=0x9300) + tags(100)))
    s.ignore('ARP', ether_bytes(TAG, tags(100, last=ARP_TYPE) + ARP_REQUEST))
    s.ignore('802.3 in a tag', ether_bytes(TAG, tags(100, last=46) + LLC_IP + bytes(question(10))))
    s.ignore('ends with the tag', ether_bytes(TAG, tags(1, 2, 3, 4)))
    return s


@capture('link_vlan_types.pcap')
def vlan_types():
    """Tags of all types, 0x88A8, 0x9100, 0x9200 and 0x8100, alone and in one another: the innermost counts."""
    s = Story()
    number = 0
    for outside in TAG, PROVIDER_TAG, OLD_TAG, OLDER_TAG:
        number += 1
        s.row(number, *ethers(ask(number), outside, tags(number)), vlan_id=number)
        for inside in TAG, PROVIDER_TAG, OLD_TAG, OLDER_TAG:
            number += 1
            s.row(number, *ethers(ask(number), outside, tags(300, last=inside) + tags(number)), vlan_id=number)
    s.row(30, ether(question(30, 6), PROVIDER_TAG, tags(300, last=0x8847) + labels(16)), vlan_id=300, ip_version=6)
    s.ignore('ARP', ether_bytes(PROVIDER_TAG, tags(100, last=ARP_TYPE) + ARP_REQUEST))
    s.ignore('ends with the tag', ether_bytes(PROVIDER_TAG, tags(1, 2, 3, last=OLD_TAG) + tags(4)))
    return s


def labels(*numbers, end=True):
    """An MPLS label stack.

     0                   1                   2                   3
    +---------------------------------------+-----+-+---------------+
    |                 label                 | TC  |S|      TTL      |    RFC 3032
    +---------------------------------------+-----+-+---------------+
    """
    last = len(numbers) - 1
    return b''.join(struct.pack('>I', number << 12 | (end and i == last) << 8 | 64) for i, number in enumerate(numbers))


@capture('link_mpls.pcap')
def mpls():
    """MPLS: one label, three, IPv6, multicast, behind a tag; pseudowires, and a stack without its bottom."""
    s = Story()
    unicast, multicast = 0x8847, 0x8848
    s.row(1, *ethers(tcp(1), unicast, labels(16)))
    s.row(2, *ethers(ask(2), unicast, labels(16, 17, 18)))
    s.row(3, *ethers(ask(3, 6), unicast, labels(16)), ip_version=6)
    s.row(4, *ethers(ask(4), multicast, labels(16)))
    s.row(5, *ethers(ask(5), TAG, tags(5, last=unicast) + labels(16)), vlan_id=5)
    s.ignore('pseudowire with control word', ether_bytes(unicast, labels(16) + bytes(4) + ether(question(6))))
    s.ignore('pseudowire', ether_bytes(unicast, labels(16) + ether(question(7))))
    s.ignore('no bottom of the stack', ether_bytes(unicast, labels(16, 17, 18, 19, 20, end=False)))
    return s


def pppoe(packet, protocol, code=0):
    """RFC 2516: version and type, code, session, length; then PPP's protocol."""
    body = word(protocol) + bytes(packet)
    return struct.pack('>BBHH', 0x11, code, 0x0042, len(body)) + body


@capture('link_pppoe.pcap')
def pppoe_session():
    """PPPoE: sessions with IPv4, IPv6, behind a tag; discovery, LCP, and an LCP that looks like IPv4: metered."""
    s = Story()
    session, discovery = 0x8864, 0x8863
    s.row(1, *[ether_bytes(session, pppoe(p, 0x0021)) for p in tcp(1)])
    s.row(2, *[ether_bytes(session, pppoe(p, 0x0057)) for p in ask(2, 6)], ip_version=6)
    s.row(3, *[ether_bytes(TAG, tags(7, last=session) + pppoe(p, 0x0021)) for p in ask(3)], vlan_id=7)
    s.row(4, ether_bytes(session, pppoe(question(4), 0xC021)))
    s.ignore('LCP echo', ether_bytes(session, pppoe(bytes.fromhex('0901000812345678'), 0xC021).ljust(46, b'\0')))
    s.ignore('discovery', ether_bytes(discovery, bytes.fromhex('110900000004').ljust(46, b'\0')))
    return s


@capture('link_ppp.pcap')
def ppp():
    """PPP: its own protocol numbers, as two bytes and as one, with and without address and control; Cisco's HDLC; LCP."""
    s = Story(PPP)
    s.row(1, *[word(0x0021) + bytes(p) for p in tcp(1)], src_mac='00:00:00:00:00:00')
    s.row(2, *[word(0x0057) + bytes(p) for p in ask(2, 6)])
    s.row(3, *[b'\x0f\0' + word(IP_TYPE) + bytes(p) for p in ask(3)])
    s.row(4, *[b'\x8f\0' + word(IP6_TYPE) + bytes(p) for p in ask(4, 6)])
    s.row(5, *[b'\xff\x03' + word(0x0021) + bytes(p) for p in ask(5)])
    s.row(6, *[b'\x21' + bytes(p) for p in ask(6)])
    s.row(7, *[b'\xff\x03\x57' + bytes(p) for p in ask(7, 6)])
    s.ignore('LCP', word(0xC021) + bytes.fromhex('0901000812345678').ljust(30, b'\0'))
    s.ignore('LCP', b'\xff\x03' + word(0xC021) + bytes.fromhex('0901000812345678').ljust(30, b'\0'))
    s.ignore('an address alone', b'\xff\0' + word(0x0021) + bytes(question(8)))
    return s


@capture('link_ppp_serial.pcap')
def ppp_serial():
    """PPP in HDLC-like framing: PPP's numbers, as one byte and without address and control too, Cisco's; LCP."""
    s = Story(PPP_SERIAL)
    s.row(1, *[b'\xff\x03' + word(0x0021) + bytes(p) for p in tcp(1)])
    s.row(2, *[b'\xff\x03' + word(0x0057) + bytes(p) for p in ask(2, 6)])
    s.row(3, *[b'\x0f\0' + word(IP_TYPE) + bytes(p) for p in ask(3)])
    s.row(4, *[b'\xff\x03\x21' + bytes(p) for p in ask(4)])
    s.row(5, *[word(0x0057) + bytes(p) for p in ask(5, 6)])
    s.row(6, *[b'\x21' + bytes(p) for p in ask(6)])
    s.ignore('LCP', b'\xff\x03' + word(0xC021) + bytes.fromhex('0901000812345678').ljust(30, b'\0'))
    return s


@capture('link_chdlc.pcap')
def chdlc():
    """Cisco HDLC: unicast, broadcast, IPv6; SLARP, CDP, and PPP, which is another."""
    s = Story(CHDLC)
    s.row(1, *[b'\x0f\0' + word(IP_TYPE) + bytes(p) for p in tcp(1)])
    s.row(2, *[b'\x8f\0' + word(IP_TYPE) + bytes(p) for p in ask(2)])
    s.row(3, *[b'\x0f\0' + word(IP6_TYPE) + bytes(p) for p in ask(3, 6)])
    s.ignore('SLARP', b'\x8f\0' + word(0x8035) + bytes.fromhex('0000000200000001000000009fffff').ljust(24, b'\0'))
    s.ignore('PPP', b'\xff\x03' + word(0x0021) + bytes(question(4)))
    s.ignore('CDP', b'\x8f\0' + word(0x2000) + bytes.fromhex('01b4') + bytes(40))
    return s


@capture('link_null.pcap')
def null():
    """BSD loopback: families of either byte order, the three numbers of IPv6; OSI."""
    s = Story(NULL)
    s.row(1, *[struct.pack('<I', 2) + bytes(p) for p in tcp(1)])
    s.row(2, *[struct.pack('>I', 2) + bytes(p) for p in ask(2)])
    for number, family in (3, 24), (4, 28), (5, 30):
        s.row(number, *[struct.pack('<I', family) + bytes(p) for p in ask(number, 6)], ip_version=6)
    s.ignore('OSI', struct.pack('<I', 7) + b'\x83' + bytes(39))
    return s


@capture('link_loop.pcap')
def loop():
    """OpenBSD loopback: the family in network order."""
    s = Story(LOOP)
    s.row(1, *[struct.pack('>I', 2) + bytes(p) for p in tcp(1)])
    s.row(2, *[struct.pack('>I', 24) + bytes(p) for p in ask(2, 6)], ip_version=6)
    return s


def raw_packets(link):
    s = Story(link)
    s.row(1, *tcp(1), ip_version=4)
    s.row(2, *ask(2, 6), ip_version=6)
    s.ignore('no IP version', b'\x55' + bytes(question(3))[1:])
    return s


@capture('link_raw.pcap')
def raw():
    """Raw IP, number 101: the version decides."""
    return raw_packets(RAW)


@capture('link_raw_12.pcap')
def raw_12():
    """Raw IP, number 12, as some programs write it."""
    return raw_packets(RAW_12)


@capture('link_ipv4.pcap')
def ipv4():
    """Raw IPv4, number 228."""
    return Story(IPV4).row(1, *tcp(1)).row(2, *ask(2))


@capture('link_ipv6.pcap')
def ipv6():
    """Raw IPv6, number 229."""
    return Story(IPV6).row(1, *tcp(1, 6)).row(2, *ask(2, 6))


def cooked(version, payload, kind, direction=0):
    """Linux cooked capture: packet type, address and protocol before the packet (v1), or the protocol first (v2)."""
    address = mac_bytes(CLIENT_MAC).ljust(8, b'\0')
    if version == 1:
        return struct.pack('>HHH', direction, 1, 6) + address + word(kind) + bytes(payload)
    return struct.pack('>HHIHBB', kind, 0, 3, 1, direction, 6) + address + bytes(payload)


def cooked_story(link, version):
    s = Story(link)
    s.row(1, *[cooked(version, p, IP_TYPE) for p in tcp(1)], src_mac='00:00:00:00:00:00')
    s.row(2, *[cooked(version, p, IP6_TYPE, direction=4) for p in ask(2, 6)])
    s.row(3, *[cooked(version, tags(9) + bytes(p), TAG) for p in ask(3)], vlan_id=9)
    s.ignore('ARP', cooked(version, ARP_REQUEST, ARP_TYPE, direction=1))
    s.ignore('802.2', cooked(version, LLC_SPANNING_TREE + bytes(35), 4, direction=2))
    return s


@capture('link_sll.pcap')
def sll():
    """Linux cooked v1: IPv4, IPv6, a tag; ARP, 802.2."""
    return cooked_story(SLL, 1)


@capture('link_sll2.pcap')
def sll2():
    """Linux cooked v2: the same."""
    return cooked_story(SLL2, 2)


@capture('link_user.pcap')
def user():
    """A link type that nobody knows (147): every packet is read and ignored."""
    return Story(USER).ignore('link type', *ethers(tcp(1)))
