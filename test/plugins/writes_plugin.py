"""A class, the same in NFStream and here, that writes over attributes of flows in each hook, and keeps what it finds there."""

FOUND = 'src_ip dst_mac src_oui src_port vlan_id protocol bidirectional_packets bidirectional_bytes bidirectional_first_seen_ms'
FOUND += ' dst2src_first_seen_ms src2dst_first_seen_ms bidirectional_duration_ms src2dst_stddev_ps dst2src_stddev_ps'
FOUND += ' bidirectional_stddev_piat_ms src2dst_min_ps dst2src_max_piat_ms splt_ps expiration_id'
FOUND = FOUND.split()
SHOWN = 'src_ip dst_ip src_mac dst_mac src_oui dst_oui src_port'.split()
EXPIRATIONS = {2: -2, 4: 5}  # by packets


class Attributes(NFPlugin):  # noqa: F821
    def note(self, hook, flow, packet=None):
        shown = [getattr(packet, name) for name in SHOWN] if packet is not None else []
        found = [list(value) if isinstance(value, (list, tuple)) else value for value in (getattr(flow, name) for name in FOUND)]
        flow.udps.calls.append([hook, *shown, *found])

    def write(self, packet, flow):
        packets = flow.bidirectional_packets
        if packets % 3 == 1:
            flow.src_ip = '192.0.2.%d' % (packets % 250)
            flow.dst_mac = '02:00:00:00:00:%02x' % (packets % 250)
            flow.src_oui = '02:00:01'
            flow.src_port = packets
            flow.vlan_id = packets
            flow.protocol = 200
        flow.bidirectional_packets = 1000
        flow.bidirectional_first_seen_ms += 1
        flow.dst2src_first_seen_ms += 7
        flow.src2dst_first_seen_ms += 1
        flow.src2dst_stddev_ps = 5.5
        flow.dst2src_stddev_ps = 6.5
        flow.bidirectional_stddev_piat_ms = 7.5
        flow.src2dst_min_ps = 3
        flow.dst2src_max_piat_ms = 3
        flow.splt_ps = [packets, 2, 3, 4, 5]
        if packets in EXPIRATIONS:
            flow.expiration_id = EXPIRATIONS[packets]
        if packets == self.limit:
            flow.expiration_id = -1

    def on_init(self, packet, flow):
        flow.udps.calls = []
        self.note('on_init', flow, packet)
        self.write(packet, flow)

    def on_update(self, packet, flow):
        self.note('on_update', flow, packet)
        self.write(packet, flow)

    def on_expire(self, flow):
        self.note('on_expire', flow)
        flow.bidirectional_bytes = 4711
        flow.dst_port = 9
        if flow.expiration_id != 0:
            flow.expiration_id -= 1
