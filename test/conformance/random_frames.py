"""Random frames: what one conversation sends, in whatever it is wrapped. Most headers are right, a few are not."""

import struct

IP, IP6, ARP, MPLS, PPPOE = 0x0800, 0x86DD, 0x0806, 0x8847, 0x8864
TAGS = (0x8100, 0x8100, 0x8100, 0x88A8, 0x9100, 0x9200)
TCP, UDP, ICMP, ICMP6, IP_IN_IP, IP6_IN_IP = 6, 17, 1, 58, 4, 41
GTP, CAPWAP, TZSP = 2152, 5247, 37008
NAMED_PORTS = (22, 53, 67, 80, 123, 443, 1900, 5060, 5353, 8080)
HOSTS = {
    4: [bytes(a) for a in ((10, 0, 0, 1), (10, 0, 0, 2), (192, 168, 1, 7), (172, 32, 0, 1), (8, 8, 8, 8), (203, 0, 113, 5))],
    6: [
        bytes.fromhex(a)
        for a in (
            'fe800000000000000000000000000001',
            '20010db8000000000000000000000001',
            '20010db8000000000000000000000002',
            '00000000000000000000ffff0a000001',
            '0a000001000000000000000000000000',  # as 10.0.0.1 with twelve zeros
        )
    ],
}


class Conversation:
    """What makes a flow's key, and how its packets look."""

    def __init__(self, rng):
        self.rng = rng
        self.version = rng.choice((4, 4, 6))
        self.hosts = [self.host(self.version), self.host(self.version)]
        self.protocol = rng.choice((TCP, TCP, TCP, UDP, UDP, UDP, ICMP, ICMP6, 2, 47, 50, 132))
        self.ports = [rng.randrange(1024, 65536), rng.choice((*NAMED_PORTS, rng.randrange(65536)))]
        if rng.randrange(12) == 0:
            self.ports[0] = self.ports[1]
        self.sizes = rng.choice(((0,), (0, 1, 5), (0, 10, 200), (10, 600, 1400), (40,)))
        self.wrap = rng.choice((None,) * 8 + ('gtp', 'gtp', 'capwap', 'tzsp', 'ip in ip', 'ip in ip'))
        self.outer_version = rng.choice((4, 4, 4, 6))
        self.outer = [self.host(self.outer_version), self.host(self.outer_version)]
        self.link = rng.choice(('plain',) * 5 + ('mpls', 'pppoe', 'snap'))
        self.vlans = [rng.randrange(1, 4) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
        self.macs = [bytes((2, 0, 0, 0, 0, rng.randrange(256))) for _ in range(2)]

    def host(self, version):
        """One of a few, so that conversations meet, or one of many."""
        if self.rng.randrange(3) == 0:
            return self.rng.choice(HOSTS[version])
        last = bytes((self.rng.randrange(4), self.rng.randrange(256)))
        return bytes((10, 9)) + last if version == 4 else bytes.fromhex('20010db8') + bytes(10) + last

    def rarely(self, one_in=40):
        return self.rng.randrange(one_in) == 0

    def frame(self, back):
        """An Ethernet frame."""
        packet = self.ip(self.version, self.hosts, self.protocol, self.transport(back), back)
        if self.wrap:
            packet = {'gtp': self.gtp, 'capwap': self.capwap, 'tzsp': self.tzsp, 'ip in ip': self.ip_in_ip}[self.wrap](
                packet, back
            )
        return self.ethernet(packet, back, self.link, self.vlans).ljust(60, b'\0')

    def ethernet(self, packet, back, link, vlans):
        macs = self.macs[::-1] if back else self.macs
        kind = IP if packet[0] >> 4 == 4 else IP6
        if link == 'mpls':
            kind, packet = MPLS, struct.pack('>II', 0x10040, 0x20140)[4 * self.rng.randrange(2) :] + packet
        elif link == 'pppoe':
            kind, packet = PPPOE, struct.pack('>HHHH', 0x1100, 7, len(packet) + 2, 0x21 if kind == IP else 0x57) + packet
        head = struct.pack('>H', kind)
        if link == 'snap':
            head = struct.pack('>H', min(len(packet) + 8, 1500)) + b'\xaa\xaa\x03\0\0\0' + head
        tags = b''.join(
            struct.pack('>HH', self.rng.choice(TAGS), self.rng.choice((0, 0xA000)) | vlan) for vlan in vlans
        )
        return b''.join(macs[::-1]) + tags + head + packet

    def transport(self, back):
        rng, ports = self.rng, self.ports[::-1] if back else self.ports
        data = rng.randbytes(rng.choice(self.sizes))
        if self.protocol == TCP:
            words = 5 if not self.rarely(10) else rng.choice((0, 6, 8, 15))
            options = bytes(max(0, 4 * words - 20))
            return struct.pack('>HHIIBBHHH', *ports, 1, 1, words << 4, rng.randrange(256), 512, 0, 0) + options + data
        if self.protocol == UDP:
            return struct.pack('>HHHH', *ports, 8 + len(data), 0) + data
        if self.protocol in (ICMP, ICMP6):
            return bytes((8 if self.protocol == ICMP else 128, 0)) + bytes(6) + data
        return bytes(8) + data

    def ip(self, version, hosts, protocol, body, back):
        source, destination = hosts[::-1] if back else hosts
        if version == 6:
            return self.ip6(source, destination, protocol, body)
        options = bytes(4 * self.rng.randrange(1, 11)) if self.rarely() else b''
        head = 20 + len(options)
        # The first of several fragments, or a later one.
        fragment = self.rng.choice((0x2000, 0x2010, 0x0010)) if self.rarely(30) else self.rng.choice((0, 0x4000))
        total = head + len(body) if not self.rarely() else self.rng.choice((0, head - 8, head + len(body) + 100))
        return (
            struct.pack('>BBHHHBBH', 0x40 | head // 4, 0, total, 1, fragment, 64, protocol, 0)
            + source
            + destination
            + options
            + body
        )

    def ip6(self, source, destination, protocol, body):
        kind = protocol
        if self.rarely(15):
            choice = self.rng.choice((0, 43, 44, 60))
            head = struct.pack('>BBHI', kind, 0, self.rng.choice((0, 1, 8)), 1) if choice == 44 else bytes((kind,)) + bytes(7)
            kind, body = choice, head + body
        length = len(body) if not self.rarely() else self.rng.choice((0, len(body) + 20))
        return struct.pack('>IHBB', 6 << 28, length, kind, 64) + source + destination + body

    def outer_udp(self, port, payload, back):
        ports = (port, self.rng.choice((port, 40000)))
        body = struct.pack('>HHHH', *(ports[::-1] if back else ports), 8 + len(payload), 0) + payload
        return self.ip(self.outer_version, self.outer, UDP, body, back)

    def gtp(self, packet, back):
        flags, rest = self.rng.choice(((0x30, b''), (0x32, bytes(4)), (0x34, bytes((0, 0, 0, 0x85, 1, 0, 0, 0)))))
        kind = 0xFF if not self.rarely(20) else 1
        head = struct.pack('>BBHI', flags, kind, len(rest) + len(packet), 7)
        return self.outer_udp(GTP, head + rest + packet, back)

    def capwap(self, packet, back):
        """802.11 inside, as an access point sends it on; rarely 802.3."""
        if self.rarely(10):
            return self.outer_udp(CAPWAP, bytes((0, 0x10, 0x02, 0, 0, 0, 0, 0)) + self.ethernet(packet, back, 'plain', ()), back)
        kind = IP if packet[0] >> 4 == 4 else IP6
        dot11 = b'\x08\x01' + bytes(2) + b''.join((self.macs[1], *self.macs)) + bytes(2)
        llc = b'\xaa\xaa\x03\0\0\0' + struct.pack('>H', kind)
        return self.outer_udp(CAPWAP, bytes((0, 0x10, 0x03, 0, 0, 0, 0, 0)) + dot11 + llc + packet, back)

    def tzsp(self, packet, back):
        tags = self.rng.choice((b'\1', b'\1', b'\0\1', b'\x0a\1\5\1'))
        inside = self.ethernet(packet, back, 'plain', self.vlans[:1])
        return self.outer_udp(TZSP, b'\1\0\0\1' + tags + inside, back)

    def ip_in_ip(self, packet, back):
        protocol = IP_IN_IP if self.version == 4 else IP6_IN_IP
        return self.ip(self.outer_version, self.outer, protocol, packet, back)


def noise(rng):
    """A frame of no flow."""
    return rng.choice((bytes(12) + struct.pack('>H', ARP) + bytes(46), rng.randbytes(20), bytes(12) + b'\x88\xcc' + bytes(46)))
