"""What most tests of live capture play on: a cluster, and a line to a host from which frames come."""

from bed import line
from cluster import Cluster, Session, Stream

LINE, FAR = 'in0', 'out0'
IDLE = 1  # seconds: idle_timeout
FLOWS = 'SELECT id, src_ip, dst_ip, src_port, protocol, vlan_id, bidirectional_packets, expiration_id FROM live'


class Stage:
    def __init__(self, bed, *settings, capable=True, **options):
        self.far = bed.namespace()
        self.cluster = Cluster(bed.namespace(), *settings, capable=capable)
        self.near = self.cluster.namespace
        self.make_line()
        self.session = Session(self.cluster)
        self.declare(**options)

    def make_line(self):
        line(self.near, LINE, self.far, FAR)
        self.sender = self.far.packet_socket(FAR)

    def send(self, *frames):
        for frame in frames:
            self.sender.send(frame)

    def declare(self, name='live', source=LINE, **options):
        self.session.declare(name, source, **{'idle_timeout': IDLE, 'n_meters': 1} | options)

    def stream(self, query=FLOWS, meters=1, **parameters):
        """A query that captures already."""
        found = Stream(self.cluster, query, **parameters)
        try:
            self.cluster.wait_for_capture(LINE, meters)
        except TimeoutError as error:
            raise TimeoutError('%s; the query said: %s' % (error, found.error))
        return found

    def left(self):
        """What is left of scans that have ended, after a while."""
        try:
            self.cluster.wait_for_end()
            self.cluster.wait_for_no_capture(LINE)
        except TimeoutError:
            return ['%s; %s' % (self.cluster.processes(), self.near.packet_sockets(LINE))]
        return []
