"""Tests, in TAP, that captures replayed over a line give the flows that metering the file gives, but for times.

Each capture is sent once, while four scans capture it: its rows by one meter and by two, and their accounts. The reference is
the model of the shared directory, where that is at hand, and what the server reads from the file, labels included.
"""

import os
import queue
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field

from bed import line
from cluster import Cluster, Session, Stream
from live import main
from replay import LABELS, MODELLED, NEVER, Model, captures_in, count, of_file, query_of, send, table_of, without_times

import compare

LINES = 6  # captures that are sent at the same time, each over a line of its own
LEAST = 30  # captures
RATE = '--pps=4000'  # at which a meter keeps up on any machine
METERS = (1, 2)
SOCKETS = 2 * sum(METERS)
# No packet is longer than what a meter sees of it, and nothing waits longer for its row than it must.
OPTIONS = MODELLED | {'idle_timeout': 1, 'active_timeout': NEVER, 'snapshot_length': 262144, 'socket_buffer_size': 4194304}
OF_FILES = ('damage_', 'format_')  # begins of names: other programs read such files otherwise
# Of the shared directory's captures: what the project's own are not.
SHARED = (
    '1kxun.pcap', '4in6tunnel.pcap', '6in4tunnel.pcap', 'EAQ.pcap', 'ajp.pcap', 'android.pcap', 'capwap.pcap',
    'dns_fragmented.pcap', 'dnscrypt-v1-and-resolver-pings.pcap', 'dos_win98_smb_netbeui.pcap', 'fix.pcap', 'ftp.pcap',
    'gtp-u.pcap', 'http_ipv6.pcap', 'ipv6_in_gtp.pcap', 'malware.pcap', 'nintendo.pcap', 'quic-mvfst-27.pcapng',
    'skype-conference-call.pcap', 'synscan.pcap', 'teredo.pcap', 'tls_certificate_too_long.pcap', 'wechat.pcap',
)  # fmt: skip


@dataclass
class Replayed:
    """What came of one capture."""

    sent: int = 0
    began: int = 0
    ended: int = 0
    file: object = None
    model: object = None  # None without one
    metered: int = None
    ignored: int = None
    flows: dict = field(default_factory=dict)  # by the number of meters
    ids: dict = field(default_factory=dict)
    accounts: dict = field(default_factory=dict)
    broke_off: str = None


class Account(threading.Thread):
    """EXPLAIN (ANALYZE) of a scan that ends by itself after as many flows as are due."""

    def __init__(self, cluster, table):
        super().__init__(daemon=True)
        self.session, self.table, self.plan = Session(cluster), table, None
        self.start()

    def run(self):
        try:
            self.plan = self.session.account('SELECT id FROM ' + self.table)
        except Exception as error:
            self.plan = str(error)
        self.session.connection.close()


class Line(threading.Thread):
    """A line, and a session that declares the tables of the captures sent over it."""

    def __init__(self, number, cluster, sender, jobs, model):
        super().__init__(daemon=True)
        self.receiving, self.sending = 'in%d' % number, 'out%d' % number
        self.cluster, self.sender, self.jobs, self.model = cluster, sender, jobs, model
        line(cluster.namespace, self.receiving, sender, self.sending)
        self.found = {}
        self.start()

    def run(self):
        with Session(self.cluster) as self.session:
            while True:
                try:
                    path = self.jobs.get_nowait()
                except queue.Empty:
                    return
                found = self.found[path] = Replayed()
                try:
                    self.replay(path, found)
                except Exception:
                    found.broke_off = traceback.format_exc()
                    return

    def replay(self, path, found):
        found.file = of_file(self.session, path, 'file_' + self.receiving)
        due = len(found.file.rows)
        if self.model:
            found.model, found.metered, found.ignored = self.model.flows(path)
        streams, accounts = {}, {}
        for meters in METERS:
            table, limited = '%s_%d' % (self.receiving, meters), 'limited_%s_%d' % (self.receiving, meters)
            self.session.declare(table, self.receiving, n_meters=meters, **OPTIONS)
            self.session.declare(limited, self.receiving, n_meters=meters, max_nflows=due, **OPTIONS)
            streams[meters] = Stream(self.cluster, query_of(self.session, table))
            accounts[meters] = Account(self.cluster, limited)
        self.cluster.wait_for_capture(self.receiving, SOCKETS)
        found.began = int(time.time() * 1000)
        found.sent = send(self.sender, self.sending, path, RATE)
        found.ended = int(time.time() * 1000)
        for meters in METERS:
            streams[meters].wait_for_rows(due)
            accounts[meters].join(30)
            found.accounts[meters] = accounts[meters].plan
        for meters, stream in streams.items():
            stream.cancel()
            found.ids[meters] = [int(row['id']) for row in stream.rows]
            found.flows[meters] = table_of(stream.columns or found.file.columns, stream.rows)
        self.cluster.wait_for_no_capture(self.receiving)


def judge(tap, name, found):
    if found.broke_off:
        tap.check('%s is replayed' % name, [found.broke_off])
        return
    for meters, flows in found.flows.items():
        by = '%s by %d meter%s' % (name, meters, 's' if meters > 1 else '')
        if found.model:
            expected, got = without_times(found.model), without_times(flows.without(LABELS))
            told = compare.of_columns(expected, got) or compare.as_bags(expected.columns, expected.rows, got.rows)
            tap.check("%s: the model's flows" % by, [told] if told else [])
        expected, got = without_times(found.file), without_times(flows)
        if meters > 1:
            expected, got = expected.without(LABELS), got.without(LABELS)  # nDPI's caches are each meter's
        told = compare.of_columns(expected, got) or compare.as_bags(expected.columns, expected.rows, got.rows)
        tap.check('%s: the flows of the file' % by, [told] if told else [])
        tap.equal('%s: ids count arrivals' % by, found.ids[meters], list(range(len(flows.rows))))
        tap.check('%s: times are those of the replay' % by, beyond(flows, found.began, found.ended))
        tap.check('%s: all packets sent are accounted for' % by, unaccounted(found, found.accounts[meters]))


def beyond(flows, began, ended):
    """The flows whose times are not between the replay's first and last moment."""
    names = ('bidirectional_first_seen_ms', 'bidirectional_last_seen_ms')
    return [row for row in flows.only(names).rows if not began - 1 <= int(row[0]) <= int(row[1]) <= ended + 1]


def unaccounted(found, plan):
    if not isinstance(plan, dict):
        return ['no account: %s' % plan]
    ignored = sum(plan.get('Ignored', {}).values()) if isinstance(plan.get('Ignored'), dict) else plan.get('Ignored', 0)
    metered, received = plan.get('Packets Metered'), plan.get('Packets Received')
    dropped, left = plan.get('Packets Dropped by Kernel'), plan.get('Packets Left in Ring', 0)
    told = []
    if received != found.sent:
        told.append('%d packets were sent, %s received' % (found.sent, received))
    if dropped != 0:
        told.append('%s were dropped at a moderate rate' % dropped)
    if None not in (metered, dropped) and metered + ignored + dropped + left != found.sent:
        told.append('%d were sent, %d metered + %d ignored + %d dropped + %d left in the ring' %
                    (found.sent, metered, ignored, dropped, left))  # fmt: skip
    if found.model and (metered, ignored) != (found.metered, found.ignored):
        told.append('%s metered, %s ignored; the model: %d, %d' % (metered, ignored, found.metered, found.ignored))
    return told + (['the account: %s' % plan] if told else [])


def chosen(tap, arguments):
    """The captures to replay, and a note of each that is set aside."""
    paths = captures_in(arguments.captures)
    if arguments.shared:
        paths += [os.path.join(arguments.shared, 'data', 'pcaps', name) for name in SHARED]
    found = []
    for path in paths:
        counted = count(path)
        if os.path.basename(path).startswith(OF_FILES):
            tap.note('set aside: %s, it asks how a file is read' % os.path.basename(path))
        elif counted.set_aside:
            tap.note('set aside: %s, %s' % (os.path.basename(path), counted.set_aside))
        else:
            found.append((counted.packets, path))
    return [path for _, path in sorted(found, reverse=True)]


def replayed(tap, bed, arguments):
    paths, jobs = chosen(tap, arguments), queue.SimpleQueue()
    tap.check('%d captures are replayed' % len(paths), [] if len(paths) >= LEAST else ['there should be %d' % LEAST])
    model = arguments.shared and os.path.join(arguments.shared, 'tools', 'model.py')
    model = Model(model) if model and os.path.exists(model) else None
    for path in paths:
        jobs.put(path)
    cluster, sender = Cluster(bed.namespace()), bed.namespace()
    lines = [Line(number, cluster, sender, jobs, model) for number in range(LINES)]
    found = {}
    for one in lines:
        one.join()
        found |= one.found
    for path in paths:
        judge(tap, os.path.basename(path), found.get(path) or Replayed(broke_off='its line broke off before'))


if __name__ == '__main__':
    sys.exit(main(__doc__, replayed))
