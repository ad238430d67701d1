"""A class, the same in NFStream and here, that keeps all attributes of flow and packet at each hook."""

FLOW = 'expiration_id src_ip src_mac src_oui src_port dst_ip dst_mac dst_oui dst_port protocol ip_version vlan_id tunnel_id'.split()
SIDES = ('bidirectional', 'src2dst', 'dst2src')
COUNTED = ('first_seen_ms', 'last_seen_ms', 'duration_ms', 'packets', 'bytes')
SPREAD = ('min', 'mean', 'stddev', 'max')
FLAGS = ('syn', 'cwr', 'ece', 'urg', 'ack', 'psh', 'rst', 'fin')
FLOW += ['%s_%s' % (side, name) for side in SIDES for name in COUNTED]
FLOW += ['%s_%s_%s' % (side, name, kind) for kind in ('ps', 'piat_ms') for side in SIDES for name in SPREAD]
FLOW += ['%s_%s_packets' % (side, flag) for side in SIDES for flag in FLAGS]
FLOW += ['splt_direction', 'splt_ps', 'splt_piat_ms']
PACKET = 'time delta_time direction raw_size ip_size transport_size payload_size src_ip src_mac src_oui dst_ip dst_mac dst_oui'
PACKET = [*PACKET.split(), 'src_port', 'dst_port', 'protocol', 'vlan_id', 'ip_version', 'ip_packet', *FLAGS, 'tunnel_id']


def plain(value):
    """What JSON has: of bytes their digits, and flags are numbers in NFStream."""
    if isinstance(value, bytes):
        return value.hex()
    return int(value) if isinstance(value, bool) else value


class Attributes(NFPlugin):  # noqa: F821
    def note(self, hook, flow, packet=()):
        values = [getattr(flow, name) for name in FLOW]
        if packet:
            assert list(packet) == [getattr(packet, name) for name in PACKET]
            assert list(packet._fields) == PACKET and len(packet) == len(PACKET) and packet[3] == packet.raw_size
        flow.udps.calls.append([hook, *values, *(plain(value) for value in packet)])

    def on_init(self, packet, flow):
        flow.udps.calls = []
        self.note('on_init', flow, packet)

    def on_update(self, packet, flow):
        self.note('on_update', flow, packet)
        if flow.bidirectional_packets == self.limit:
            flow.expiration_id = -1

    def on_expire(self, flow):
        self.note('on_expire', flow)
