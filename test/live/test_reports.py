"""Tests, in TAP, of what a capture tells of itself: performance reports, EXPLAIN, the view of progress, long frames; and of what
nfstream_interfaces() tells of interfaces.
"""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

from scapy.layers.l2 import ARP, Ether

from bed import OFFLOADS, in_background, routed_line, wait_until
from cluster import PROGRAMS, Session
from frames import CLIENT, SERVER, ping, udp
from live import main
from stage import FLOWS, LINE, Stage

# NFStream's names, in its order (LIVE.md has its line), then what it leaves out.
NFSTREAMS = (
    'flows_expired',
    'packets_processed',
    'packets_ignored',
    'packets_dropped_filtered_by_kernel',
    'meters_packets_processing_balance',
)
OTHERS = ('packets_received', 'packets_dropped_by_kernel', 'packets_dropped_by_interface', 'active_flows')
MISSED = '/sys/class/net/%s/statistics/rx_missed_errors' % LINE
NOT_IP = bytes(Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02') / ARP(psrc=CLIENT, pdst=SERVER))
REPORT = re.compile(r'^NOTICE:  (\{.*\})$', re.M)


class Psql:
    """A query in psql, which shows notices as they come, as psycopg2 does not."""

    def __init__(self, stage, query=FLOWS, meters=1, interface=LINE):
        self.files = [open(stage.near.bed.path('psql%d' % number), 'w+') for number in (1, 2)]
        self.stage = stage
        self.process = subprocess.Popen(
            [os.path.join(PROGRAMS, 'psql'), '-XqAt', '-d', stage.cluster.dsn, '-c', 'COPY (%s) TO STDOUT' % query],
            stdout=self.files[0],
            stderr=self.files[1],
        )
        stage.near.bed.stack.callback(self.end)
        stage.cluster.wait_for_capture(interface, meters)

    def text(self, number):
        with open(self.files[number].name) as file:
            return file.read()

    def rows(self, count):
        wait_until(lambda: self.text(0).count('\n') >= count or self.process.poll() is not None, 20, '%d rows' % count)
        return self.text(0).splitlines()

    @property
    def notices(self):
        return self.text(1)

    def reports(self, count=0):
        """The reports that have come so far, at least so many."""
        wait_until(lambda: len(REPORT.findall(self.notices)) >= count or self.process.poll() is not None, 30, '%d reports' % count)
        return REPORT.findall(self.notices)

    def end(self):
        """As Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        for file in self.files:
            file.close()


def wrong_form(text):
    """What is wrong with a report as JSON that Python's json.dumps() writes, with these fields in this order."""
    found = json.loads(text)
    wrong = [] if json.dumps(found) == text else ['written otherwise than Python does: ' + text]
    return wrong + ([] if tuple(found) == NFSTREAMS + OTHERS else ['fields: %s' % list(found)])


def counted(tap, bed, arguments):
    """By wall clock, on a silent link; then what was sent is what is told."""
    for meters in (1, 2):
        stage = Stage(bed, performance_report=1, n_meters=meters, idle_timeout=60)
        name = 'performance_report, %d meter%s' % (meters, 's' * (meters > 1))
        stream = Psql(stage, meters=meters)
        silent = stream.reports(2)
        tap.check('%s: a silent link is reported on, as JSON' % name, [wrong for text in silent for wrong in wrong_form(text)])
        zeros = dict.fromkeys(NFSTREAMS + OTHERS, 0) | {'meters_packets_processing_balance': [0] * meters}
        tap.equal('%s: nothing has come' % name, json.loads(silent[-1]), zeros)

        # Two flows, of 6 packets; two that are no flow's.
        stage.send(*[udp()] * 3, udp(back=True), ping(), ping(back=True), NOT_IP, NOT_IP)
        expected = {'flows_expired': 0, 'packets_processed': 6, 'packets_ignored': 2, 'packets_received': 8, 'active_flows': 2}
        expected |= {field: 0 for field in NFSTREAMS[3:4] + OTHERS[1:3]}

        def is_told():
            last = json.loads(stream.reports()[-1])
            return last['packets_received'] >= 8 and last['packets_processed'] + last['packets_ignored'] >= 8 and last

        told = wait_until(is_told, 20, 'the report of what was sent')
        tap.equal('%s: what was sent is what is told' % name, {field: told[field] for field in expected}, expected)
        balance = told['meters_packets_processing_balance']
        tap.equal('%s: the meters share it' % name, (len(balance), sum(balance)), (meters, 6))
        stream.end()
        texts = stream.reports()
        log = stage.cluster.log()
        tap.check('%s: each is in the log, once' % name, [text for text in set(texts) if log.count('LOG:  %s\n' % text) != texts.count(text)])
        context = 'CONTEXT:  performance report of foreign table "live", interface "%s"' % LINE
        tap.equal('%s: which says of each whose it is' % name, log.count(context), len(texts))


def sent_rows(tap, bed, arguments):
    """flows_expired counts rows; a log that has NOTICEs has no report twice."""
    stage = Stage(bed, 'log_min_messages=notice', performance_report=1)
    stream = Psql(stage)
    stage.send(udp(), udp(port=40001), ping())
    stream.rows(3)
    last = wait_until(lambda: [text for text in stream.reports() if json.loads(text)['flows_expired'] > 0], 20, 'a report of rows')[-1]
    tap.equal('rows are flows_expired', [json.loads(last)[field] for field in ('flows_expired', 'active_flows')], [3, 0])
    stream.end()
    tap.equal('a log with NOTICEs has it once', (stage.cluster.log().count(last) > 0, stage.cluster.log().count('LOG:  {')), (True, 0))
    stage.session.run("ALTER DATABASE postgres SET log_min_messages = 'log'")
    stream = Psql(stage)
    last = stream.reports(1)[-1]
    stream.end()
    tap.check('one with LOG and errors alone has it too', [] if 'LOG:  %s\n' % last in stage.cluster.log() else [stage.cluster.log()[-2000:]])


def without_worker(tap, bed, arguments):
    """A session that has the only meter itself waits for that, and reports all the same."""
    stage = Stage(bed, 'nfstream_fdw.max_workers=0', performance_report=1)
    stream = Psql(stage)
    stage.send(udp(), NOT_IP)
    told = json.loads(stream.reports(3)[-1])
    tap.equal('a session with a meter of its own', [told[field] for field in ('packets_processed', 'packets_ignored', 'packets_received')], [1, 1, 2])
    stream.end()
    tap.check('nothing is left of it', stage.left())


def paused(tap, bed, arguments):
    """Nobody is told while nobody fetches; then there is one report, at once if it is due."""
    stage = Stage(bed, performance_report=1)
    session = Session(stage.cluster)
    session.run('BEGIN; DECLARE c CURSOR FOR ' + FLOWS)
    fetch = "SET LOCAL statement_timeout = '60s'; FETCH 1 FROM c"

    def feed():
        time.sleep(0.5)
        stage.send(*[udp(port=40000 + n) for n in range(20)])

    with in_background(feed):
        session.run(fetch)
    del session.connection.notices[:]
    time.sleep(3.3)
    session.run(fetch)
    told = [text for notice in session.connection.notices for text in REPORT.findall(notice)]
    tap.equal('after a pause there is one report', len(told), 1)
    session.connection.close()


def clock_is_set(tap, bed, arguments):
    """The server's clock, on a silent link, while nobody but the clock moves a scan on."""
    library, clock = bed.path('set_clock.so'), bed.path('clock')
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'set_clock.c')
    subprocess.run(['cc', '-O2', '-shared', '-fPIC', '-o', library, source], check=True)

    def set_clock(seconds):
        with open(clock, 'r+b' if os.path.exists(clock) else 'wb') as file:
            file.write(struct.pack('=q', seconds))

    set_clock(0)
    os.chmod(clock, 0o644)
    os.environ.update(LD_PRELOAD=library, CLOCK_SET=clock)
    try:
        stage = Stage(bed, performance_report=1, n_meters=2, meter_timeout=5)
    finally:
        del os.environ['LD_PRELOAD'], os.environ['CLOCK_SET']
    stream = Psql(stage, meters=2)
    stream.reports(1)
    now = stage.session.value('SELECT extract(epoch FROM clock_timestamp())::float8')
    for name, seconds in (('back by an hour', -3600), ('forward by two days', 2 * 24 * 3600), ('back to what it is', 0)):
        set_clock(seconds)
        told = stage.session.value('SELECT extract(epoch FROM clock_timestamp())::float8')
        tap.check('the clock is set %s' % name, [] if abs(told - now - seconds) < 100 else [told - now])
        before = len(stream.reports())
        tap.check('reports go on', [] if len(stream.reports(before + 2)) >= before + 2 else [stream.notices])
    stage.send(udp())
    tap.equal('rows come', len(stream.rows(1)), 1)
    stream.end()


def of_interfaces(tap, bed, arguments):
    """Dropped by the interface: what the kernel's counters say, since the scan began; null where it says nothing."""
    stage = Stage(bed, performance_report=1)
    # A counter that the test can move, in the place of the one that a driver does.
    fake = bed.path('missed')
    with open(fake, 'w') as file:
        file.write('18446744073709551000\n')
    stage.near.run('mount', '--bind', fake, MISSED)
    stream = Psql(stage)
    first = stream.reports(1)[-1]
    tap.equal('nothing was dropped since', json.loads(first)['packets_dropped_by_interface'], 0)
    with open(fake, 'w') as file:
        file.write('18446744073709551614\n')
    last = stream.reports(3)[-1]
    tap.equal('dropped by the interface since', json.loads(last)['packets_dropped_by_interface'], 614)
    stream.end()
    stage.near.run('umount', MISSED)

    stage.declare(source='any', performance_report=1)
    stream = Psql(stage, interface='any')
    told = stream.reports(1)
    tap.check('of all interfaces nobody knows what they have dropped', [text for text in told if '"packets_dropped_by_interface": null, ' not in text])
    stream.end()


def explained(tap, bed, arguments):
    """EXPLAIN (ANALYZE) tells the same, and it adds up; so does the view, while it goes on."""
    stage = Stage(bed, idle_timeout=60, max_nflows=1, n_meters=2, expire_on_end='true')
    stream = stage.stream('SELECT * FROM live', meters=2)
    stage.send(*[udp()] * 5, ping(), NOT_IP)
    query = 'SELECT sum(packets_read), sum(packets_ignored), sum(packets_received), sum(packets_dropped_by_kernel), sum(active_flows) FROM nfstream_progress'
    wait_until(lambda: stage.session.run(query) == [(7, 1, 7, 0, 2)], 20, 'the view: %s' % stage.session.run(query))
    tap.equal('the view of progress', stage.session.run('SELECT DISTINCT "table"::text, source, bytes_total FROM nfstream_progress'), [('live', LINE, None)])
    stream.cancel()
    tap.equal('which ends with the scan', stage.session.value('SELECT count(*) FROM nfstream_progress'), 0)

    stage.declare(idle_timeout=1, max_nflows=2)
    with in_background(lambda: stage.session.account(FLOWS)) as account:
        stage.cluster.wait_for_capture(LINE)
        stage.send(*[udp()] * 5, ping(), NOT_IP, NOT_IP)
        plan = account.result(60)
    names = ('Packets Read', 'Packets Metered', 'Packets Ignored', 'Packets Received', 'Packets Dropped by Kernel', 'Packets Left in Ring')
    tap.equal('EXPLAIN (ANALYZE)', [plan.get(name) for name in names], [8, 6, 2, 8, 0, 0])
    tap.equal('dropped by the interface', plan.get('Packets Dropped by Interface'), 0)
    tap.equal('no frame is too long', plan.get('Packets Longer than MTU'), 0)
    # Ended before it is done: what is in it adds up all the same.
    stage.declare(idle_timeout=1)
    with in_background(lambda: stage.session.value('EXPLAIN (ANALYZE, FORMAT JSON) %s LIMIT 1' % FLOWS)) as account:
        stage.cluster.wait_for_capture(LINE)
        stage.send(*[udp()] * 5, ping(), NOT_IP, NOT_IP)
        plan = account.result(60)[0]['Plan']['Plans'][0]
    tap.equal(
        'received = read + dropped + left in the ring',
        plan['Packets Received'],
        plan['Packets Read'] + plan['Packets Dropped by Kernel'] + plan['Packets Left in Ring'],
    )


def too_long(tap, bed, arguments):
    """Frames that no wire carries, as the kernel makes them of a connection's segments: counted, and one WARNING, which says what does that."""
    stage = Stage(bed)
    routed_line(stage.near, 'long0', stage.far, 'far0', 9)
    stage.declare(source='long0', performance_report=1)
    stream = Psql(stage, interface='long0')
    with stage.far.entered():
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x' * (1500 - 28), ('10.9.0.1', 9999))
    stream.rows(1)
    tap.check('a frame of the MTU is none', [stream.notices] if 'WARNING' in stream.notices else [])
    for namespace, name in ((stage.near, 'long0'), (stage.far, 'far0')):
        namespace.run('ethtool', '-K', name, *(word for offload in OFFLOADS for word in (offload, 'on')))
    with stage.near.entered():
        server = socket.create_server(('10.9.0.1', 8080))
    with stage.far.entered():
        client = socket.create_connection(('10.9.0.1', 8080))
    served, _ = server.accept()
    client.sendall(b'x' * 20000)
    client.close()
    while served.recv(65536):
        pass
    served.close()
    stream.rows(2)
    wait_until(lambda: 'WARNING' in stream.notices, 20, 'a WARNING')
    stream.end()
    tap.equal('one WARNING', stream.notices.count('WARNING:'), 1)
    words = ('"long0"', 'GRO', 'LRO', 'ethtool -K long0 gro off lro off')
    tap.check('which names the interface, GRO and LRO, and what to do', [word for word in words if word not in stream.notices])
    tap.note(stream.notices.strip())


def listed(tap, bed, arguments):
    """nfstream_interfaces() beside iproute2 and libpcap."""
    stage = Stage(bed)
    stage.near.ip('link add name br0 type bridge')
    stage.near.ip('tuntap add mode tun dev tun0')
    stage.near.ip('addr add 10.7.0.1/24 dev br0')
    stage.near.ip('addr add 10.7.0.9/32 dev br0 label br0:more')
    stage.near.ip('addr add fd00:7::1/64 dev br0 nodad')
    stage.near.ip('link set dev br0 up')
    found = stage.session.run('SELECT name, up, link_type, addresses::text[], may_capture FROM nfstream_interfaces()')
    kernel = json.loads(stage.near.run('ip', '-json', 'addr'))
    expected = {
        link['ifname']: (
            'UP' in link['flags'],
            sorted('%s/%d' % (address['local'], address['prefixlen']) for address in link['addr_info']),
        )
        for link in kernel
    }
    whole = {name: (up, sorted(a if '/' in a else a + ('/128' if ':' in a else '/32') for a in addresses)) for name, up, _, addresses, _ in found}
    any_interface = whole.pop('any', None)
    tap.equal('interfaces and their addresses are those of ip', whole, expected)
    tap.equal('any is there', any_interface, (True, []))
    told = {}
    for name, _, link_type, _, _ in found:
        stage.near.run('ip', 'link', 'set', 'dev', name, 'up', check=False)
        told[name] = (link_type, re.findall(r'^  (\w+) \(', stage.near.run('sh', '-c', 'tcpdump -i %s -L 2>&1' % name), re.M)[0])
    tap.check('link types are those of tcpdump', ['%s: %s, %s' % (name, *both) for name, both in told.items() if both[0] != both[1]])
    tap.equal('a superuser may capture from all', {row[4] for row in found}, {True})


if __name__ == '__main__':
    sys.exit(main(__doc__, counted, sent_rows, without_worker, paused, clock_is_set, of_interfaces, explained, too_long, listed))
