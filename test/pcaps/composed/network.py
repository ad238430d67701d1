"""network.py - captures about IPv4, IPv6 and what they carry: extension headers, fragments, lengths, protocols."""
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (ICMPv6EchoRequest, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting)
from scapy.packet import Raw

from composed.links import TAG, in_8023, tags
from composed.story import Story, capture
from composed.talk import (CLIENT, SERVER, answer, ask, ether, ethers, ip, outer, question, tcp, to_client,
                           to_server)

HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AUTHENTICATION, NONE, DESTINATION, MOBILITY, HOST_IDENTITY = \
    0, 43, 44, 50, 51, 59, 60, 135, 139
UDP_NUMBER, TCP_NUMBER, ICMP_NUMBER, ICMP6_NUMBER = 17, 6, 1, 58


def udp(number):
    return UDP(sport=40000 + number, dport=7) / Raw(b'q' * 24)


def header(following, words=0):
    """An extension header with nothing in it: next header, length in 8 bytes behind the first 8, padding."""
    return bytes([following, words]) + b'\1' + bytes([3 + 8 * words]) + bytes(4 + 8 * words)


@capture('ip6_extensions.pcap')
def ip6_extensions():
    """IPv6 extension headers: walked ones, alone and in a row; those that are not; no next header; lengths that lie."""
    s = Story()
    s.row(1, ether(to_server(1, 6) / IPv6ExtHdrHopByHop() / udp(1)), protocol=UDP_NUMBER)
    s.row(2, ether(to_server(2, 6) / IPv6ExtHdrDestOpt() / udp(2)))
    s.row(3, ether(to_server(3, 6) / IPv6ExtHdrRouting(addresses=['2001:db8:9::5'], segleft=0) / udp(3)))
    route = IPv6ExtHdrRouting(addresses=['2001:db8:9::5', '2001:db8:9::6'])
    s.row(4, ether(to_server(4, 6) / IPv6ExtHdrHopByHop() / route / IPv6ExtHdrDestOpt() / udp(4)), ether(answer(4, 6)))
    s.row(5, ether(to_server(5, 6) / IPv6ExtHdrFragment(id=5, m=0) / udp(5)))
    s.row(6, ether(to_server(6, 6, nh=MOBILITY) / Raw(header(UDP_NUMBER)) / udp(6)))
    s.row(7, ether(to_server(7, 6, nh=DESTINATION) / Raw(header(UDP_NUMBER, 12)) / udp(7)))
    s.row('authentication', ether(to_server(8, 6, nh=AUTHENTICATION) / Raw(b'\x11\4' + bytes(22)) / udp(8)),
          protocol=AUTHENTICATION, src_port=0)
    s.row('ESP', ether(to_server(9, 6, nh=ESP) / Raw(bytes(40))), protocol=ESP, src_port=0)
    s.row('host identity', ether(to_server(10, 6, nh=HOST_IDENTITY) / Raw(header(NONE, 4))), protocol=HOST_IDENTITY)
    # What ends with its last byte does not say that there is no next header: protocol 59 it is.
    s.row('nothing', ether(to_server(11, 6, nh=NONE)), protocol=NONE)
    s.row('nothing', ether(to_server(11, 6, nh=MOBILITY) / Raw(header(NONE))))
    s.ignore('no next header', ether(to_server(12, 6, nh=NONE) / Raw(bytes(20))))
    s.ignore('no next header', ether(to_server(12, 6, nh=NONE)).ljust(60, b'\0'))
    s.ignore('mobility', ether(to_server(12, 6, nh=MOBILITY) / Raw(header(NONE))).ljust(70, b'\0'))
    later = IPv6ExtHdrFragment(nh=UDP_NUMBER, offset=1, id=13)
    s.ignore('later fragment', ether(to_server(13, 6) / later / Raw(bytes(32))))
    s.ignore('longer than the packet', ether(to_server(14, 6, nh=DESTINATION) / Raw(b'\x11\x20' + bytes(40))))
    behind = header(UDP_NUMBER) + bytes(udp(15))
    s.ignore('longer than the payload', ether(to_server(15, 6, nh=HOP_BY_HOP, plen=4) / Raw(behind)))
    s.ignore('cut', ether(to_server(16, 6, nh=FRAGMENT) / Raw(b'\x11\0\0')))
    return s


@capture('ip_fragments.pcap')
def fragments():
    """Fragments: the first is metered, later ones are not, whatever carries them: tags, SNAP, IP-in-IP, GTP-U."""
    s = Story()
    later = {'frag': 185, 'proto': UDP_NUMBER}

    def rest(number, version=4):
        if version == 4:
            return to_server(number, **later) / Raw(b'r' * 40)
        return to_server(number, 6) / IPv6ExtHdrFragment(nh=UDP_NUMBER, offset=185, id=number) / Raw(b'r' * 40)

    s.row(1, ether(question(1, flags='MF')))
    s.ignore('later', ether(rest(1)))
    whole = UDP(sport=40002, dport=7, len=1500)
    s.row(2, ether(to_server(2, 6) / IPv6ExtHdrFragment(m=1, id=2) / whole / Raw(b'q' * 40)))
    s.ignore('later', ether(rest(2, 6)))
    s.row(3, ether(question(3, flags='DF')), ether(question(3, flags=4)))     # bit 0 is nobody's
    s.row(4, ether(question(4, flags='MF'), TAG, tags(4)), vlan_id=4)
    s.ignore('later, tagged', ether(rest(4), TAG, tags(4)))
    s.row(5, in_8023(question(5, flags='MF')))
    s.ignore('later, in 802.3', in_8023(rest(5)))
    s.row(6, ether(outer(question(6, flags='MF'), proto=4)), tunnel_id=0)
    s.ignore('later, inside IP-in-IP', ether(outer(rest(6), proto=4)))
    s.ignore('later, outside IP-in-IP', ether(outer(question(7), proto=4, frag=10)))
    s.ignore('later, IPv6 inside IPv4', ether(outer(rest(8, 6), proto=41)))
    s.ignore('later, IPv4 inside IPv6', ether(outer(rest(9), 6, nh=4)))
    s.row(10, ether(outer(b'\x30\xff\0\x34\0\0\0\1' + bytes(question(10, flags='MF')), port=2152)), tunnel_id=1)
    s.ignore('later, inside GTP-U', ether(outer(b'\x30\xff\0\x3c\0\0\0\1' + bytes(rest(10)), port=2152)))
    s.ignore('later, inside GTP-U', ether(outer(b'\x30\xff\0\x44\0\0\0\1' + bytes(rest(11, 6)), port=2152)))
    s.ignore('later, outside GTP-U', ether(outer(b'\x30\xff\0\x34\0\0\0\1' + bytes(question(12)), port=2152, frag=10)))
    return s


@capture('ip_lengths.pcap')
def lengths():
    """Length fields that lie: too short, too long, 0 (all of the frame); header length 4 and 15; IPv6 without payload; short TCP, UDP."""
    s = Story()
    s.row(1, ether(question(1, len=400)))                           # longer than what is there: believed
    s.row(2, ether(question(2, len=0)))
    s.ignore('shorter than the header', ether(question(3, len=12)))
    s.row('ihl 4', ether(question(4, ihl=4)), src_port=0xC633, dst_port=0x6409)    # ports are the destination's bytes
    s.row(5, ether(IP(src=CLIENT[4], dst=SERVER[4], id=5, options=[b'\x01'] * 40, proto=17) / udp(5)))
    s.ignore('header not captured', ether(IP(src=CLIENT[4], dst=SERVER[4], ihl=15, proto=17) / Raw(bytes(20))))
    short_udp = to_server(6, proto=UDP_NUMBER) / Raw(b'\x9c\x46\0\7')
    short_tcp = to_server(7, proto=TCP_NUMBER) / Raw(b'\x9c\x47\0\x50' + bytes(12))
    s.row('short UDP', ether(short_udp).ljust(60, b'\0'), protocol=UDP_NUMBER, src_port=0)
    s.row('short TCP', ether(short_tcp).ljust(60, b'\0'), protocol=TCP_NUMBER, src_port=0)
    s.row(8, ether(to_server(8) / TCP(sport=40008, dport=80, dataofs=15, flags='PA') / Raw(b'x' * 10)))
    s.row(9, ether(question(9, 6)).ljust(120, b'\0'))
    s.row('no payload', ether(to_server(10, 6, nh=17)).ljust(60, b'\0'), protocol=UDP_NUMBER, ip_version=6, src_port=0)
    s.ignore('IPv6 longer than the frame', ether(question(11, 6, plen=200)))
    return s


@capture('ip_offload.pcap')
def offload():
    """Segments that the card was to cut up, jumbograms: lengths of 0 and beyond 65,535, in tags, tunnels, IP in IP; a
    payload length of 0 that is one."""
    s = Story()

    def jumbo(number, following, option=b'\xc2\4\0\1\x11\x88'):
        return to_server(number, 6, plen=0, nh=HOP_BY_HOP) / Raw(bytes([following, 0]) + option)

    def segment(number, version=4, **fields):
        return to_server(number, version, **fields) / TCP(sport=40000 + number, dport=80, flags='A') / Raw(b'x' * 60)

    s.row(1, *ethers(tcp(1)[:3]))
    s.row(1, ether(to_server(1, len=0) / TCP(sport=40001, dport=80, flags='PA') / Raw(b'x' * 90)), wire=80014,
          bidirectional_bytes=80014 + 3 * 54)
    s.row(2, ether(question(2, len=0)).ljust(80, b'\0'), bidirectional_bytes=80)                 # with padding
    s.row(3, ether(segment(3, 6, plen=0, nh=TCP_NUMBER)), wire=200_000, bidirectional_bytes=200_000)
    s.row(4, ether(question(4, 6, plen=0, nh=UDP_NUMBER)), wire=65536)
    s.row(5, ether(jumbo(5, UDP_NUMBER) / udp(5)), wire=14 + 40 + 70024, protocol=UDP_NUMBER)
    s.row(6, ether(jumbo(6, TCP_NUMBER, b'\1\4\0\0\0\0') / TCP(sport=40006, dport=80)), wire=3000)    # no jumbogram
    s.row(7, ether(jumbo(7, TCP_NUMBER) / TCP(sport=40007, dport=80)), wire=0xFFFFFFFF, bidirectional_bytes=0xFFFFFFFF)
    s.row(8, ether(segment(8, len=0), TAG, tags(8)), wire=70000, vlan_id=8)
    s.row(9, ether(outer(segment(9, len=0), proto=4, len=0)), wire=70000)
    s.row(10, ether(outer(segment(10, 6, plen=0, nh=TCP_NUMBER), 6, nh=41)), wire=70000)
    s.row(11, ether(outer(b'\x30\xff\0\x34\0\0\0\1' + bytes(segment(11, len=0)), port=2152, len=0)), wire=70000, tunnel_id=1)
    s.row(12, ether(question(12, len=0))[:14 + 20 + 3], wire=9000, dst_port=0)       # cut inside UDP's ports
    s.row('icmp6', ether(to_server(13, 6, plen=0, nh=ICMP6_NUMBER) / Raw(b'\x80' + bytes(19))), protocol=ICMP6_NUMBER)
    s.ignore('destination options', ether(to_server(14, 6, plen=0, nh=DESTINATION) / Raw(header(UDP_NUMBER)) / udp(14)))
    s.ignore('shorter on the wire', ether(question(15, len=0)), wire=20)
    return s


@capture('ip_snapped.pcap')
def snapped():
    """Captured bytes end early: in the payload, flags, ports, UDP header, tunnel header; the rest counts as 0."""
    s = Story()
    whole = ethers(tcp(1))
    s.row(1, whole[0], whole[1])
    s.row(1, whole[3][:54 + 10], whole[4][:54], wire=1400)
    s.row(1, whole[5][:14 + 20 + 13], wire=60)                      # flags not captured
    one, and_a_half = ether(question(2))[:14 + 20 + 2], ether(question(2))[:14 + 20 + 3]
    s.row('one port', one, and_a_half, wire=66, src_port=40002, dst_port=0)
    s.row('no port', ether(question(3))[:14 + 20], wire=66, src_port=0, dst_port=0)
    s.row(4, ether(question(4, 6))[:14 + 40 + 4], wire=86, dst_port=7)
    s.row(5, ether(to_server(5, 6) / IPv6ExtHdrHopByHop() / udp(5))[:14 + 40 + 8 + 4], wire=94)
    extended = ether(to_server(6, 6) / IPv6ExtHdrHopByHop() / udp(6))
    s.ignore('extension header not captured', extended[:14 + 40 + 4], wire=94)
    s.ignore('IP header not captured', ether(question(7))[:33], ether(question(7, 6))[:53], wire=86)
    gtp = ether(outer(b'\x30\xff\0\x34\0\0\0\1' + bytes(question(8)), port=2152))
    s.row('tunnel', gtp[:14 + 20 + 4], wire=94, src_port=2152, dst_port=2152, tunnel_id=0)   # UDP header not captured
    s.row('tunnel', gtp[:14 + 28], gtp[:14 + 28 + 8], wire=94)      # no user packet captured
    s.ignore("user packet's header not captured", gtp[:14 + 28 + 8 + 19], wire=94)
    s.row(8, gtp[:14 + 28 + 8 + 24], wire=94, tunnel_id=1, dst_port=7)
    s.row(9, ether(question(9)), wire=70000, bidirectional_bytes=70000)
    s.row(10, ether(question(10)), wire=65536, bidirectional_bytes=65536)
    return s


@capture('ip_protocols.pcap')
def protocols():
    """Other protocols: both ICMP over both versions, IGMP, GRE, OSPF, SCTP, UDP-Lite, AH, ESP, 0; all TCP flags."""
    s = Story()
    there = to_server(1) / ICMP(type=8, id=1, seq=1) / Raw(b'p' * 20)
    back = to_client(1) / ICMP(type=0, id=1, seq=1) / Raw(b'p' * 20)
    s.row('ping', ether(there), ether(back), protocol=ICMP_NUMBER, ip_version=4, src2dst_packets=1, src_port=0)
    there = to_server(2, 6) / ICMPv6EchoRequest(id=1, seq=1, data=b'p' * 20)
    s.row('ping6', ether(there), protocol=ICMP6_NUMBER, ip_version=6, src_port=0)
    crossed, crossed_4 = to_server(3, 6, nh=ICMP_NUMBER), to_server(4, proto=ICMP6_NUMBER)
    s.row('crossed', ether(crossed / Raw(b'\x08' + bytes(20))), protocol=ICMP_NUMBER, ip_version=6, dst_port=0)
    s.row('crossed 4', ether(crossed_4 / Raw(b'\x80' + bytes(20))), protocol=ICMP6_NUMBER, ip_version=4, dst_port=0)
    for number in 0, 2, 47, 50, 51, 89, 132, 136, 253, 255:
        packet = to_server(5, proto=number) / Raw(bytes(range(48)))
        s.row(str(number), ether(packet), protocol=number, src_port=0, ip_version=4)
    for flags in 0x1FF, 0:
        s.row(20, ether(to_server(20) / TCP(sport=40020, dport=80, flags=flags)), dst_port=80)
    return s


@capture('ip_direction.pcap')
def direction():
    """Direction: the first packet's sender is the source, whatever its flags; equal ports; a host's talk to itself."""
    s = Story()
    packets = ethers(tcp(1))
    s.row('server first', *packets[1:], src_ip=SERVER[4], src_port=80, src2dst_packets=3, dst2src_packets=3)

    def udp_between(source, destination, source_port=5000, port=5000):
        return ether(ip(4, source, destination) / UDP(sport=source_port, dport=port) / Raw(b's' * 20))

    there, back = udp_between(CLIENT[4], SERVER[4]), udp_between(SERVER[4], CLIENT[4])
    s.row('same ports', there, back, there, src_ip=CLIENT[4], src_port=5000, src2dst_packets=2, dst2src_packets=1)
    same, one, other = '10.9.0.2', '10.9.0.3', '10.9.0.3'
    s.row('itself', udp_between(same, same), udp_between(same, same), src_ip=same, src2dst_packets=2, dst2src_packets=0)
    s.row('own ports', udp_between(one, other, 1, 2), udp_between(other, one, 2, 1), src_ip=one, src2dst_packets=1,
          dst2src_packets=1)
    s.row(4, *ethers(ask(4)), src2dst_packets=1)
    return s


@capture('ip_versions.pcap')
def versions():
    """An IPv4 address and the IPv6 address with the same first bytes and zeros: two flows."""
    s = Story()
    s.row('4', ether(question(1)), ether(answer(1)), ip_version=4, src_port=40001)
    like_client, like_server = '0a09:0001::', 'c633:6409::'
    there = ip(6, like_client, like_server) / UDP(sport=40001, dport=7) / Raw(b'q' * 24)
    back = ip(6, like_server, like_client) / UDP(sport=7, dport=40001) / Raw(b'q' * 24)
    return s.row('6', ether(there), ether(back), ip_version=6, src_ip='a09:1::')


@capture('dns_loop.pcap')
def dns_loop():
    """DNS whose names lead a reader with 16 bits for its place round in a circle, over UDP and TCP; then DNS that does not."""
    s = Story()
    labels = b'\x3f' * (65507 - 12)        # 1,024 labels of 64 bytes are 65,536
    loop = bytes.fromhex('0001 8180 0001 0001 0000 0000') + labels
    s.row(1, ether(to_client(1) / UDP(sport=53, dport=40001) / Raw(loop)), src_port=53)
    segment = TCP(sport=53, dport=40002, seq=1, ack=1, flags='PA')
    s.row(2, ether(to_client(2) / segment / Raw(b'\xff\xd0' + loop[:65490])), src_port=53)
    end = loop[:12] + b'\x3f' * 65470 + bytes(25)     # as long, with an end
    s.row(3, ether(to_client(3) / UDP(sport=53, dport=40003) / Raw(end)), src_port=53)
    name = b'\7example\3org\0' + bytes.fromhex('0001 0001')
    query = bytes.fromhex('0002 0100 0001 0000 0000 0000') + name
    s.row(4, ether(to_server(4) / UDP(sport=40004, dport=53) / Raw(query)))
    # A pointer to itself ends the walk of all versions.
    pointer = bytes.fromhex('0003 0100 0001 0000 0000 0000 c00c 0001 0001')
    s.row(5, ether(to_server(5) / UDP(sport=40005, dport=53) / Raw(pointer)))
    return s
