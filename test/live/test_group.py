"""Tests, in TAP, of the meters that share an interface: while their group forms under traffic no packet is seen twice and none is
lost once a host's first one was seen; both directions of a flow are in one meter; a meter that ends while it forms.
"""

import contextlib
import os
import signal
import struct
import sys
import threading
import time

from bed import in_background, wait_until
from cluster import Stream
from frames import SERVER, udp
from live import main
from stage import LINE, Stage

PRIVATE = ['10.1.%d.2' % number for number in range(30)]
CLIENTS = PRIVATE + ['198.51.100.%d' % number for number in range(1, 11)]  # of these the server is the lower one
PORTS = (40000, 40001, 40002)
QUERY = 'SELECT src_ip, dst_ip, bidirectional_packets, bidirectional_bytes FROM live'
BYTES_OF_IP, LENGTH_OF_IP, LENGTH_OF_UDP = 14, 16, 38  # where they stand in a frame
SECONDS_BEFORE, SECONDS_HELD, SECONDS_AFTER = 0.2, 0.5, 0.3
ROUNDS_MOST = 20000
TRIES = 5


class Traffic(threading.Thread):
    """Each client sends and gets packets in turn, of which each is one byte longer than the one before."""

    def __init__(self, stage):
        super().__init__(daemon=True)
        self.stage, self.goes_on, self.rounds = stage, True, 0
        self.heads = [[udp(client=client, payload=b'', back=back) for client in CLIENTS] for back in (False, True)]
        self.start()

    def run(self):
        padding = bytes(ROUNDS_MOST)
        while self.goes_on and self.rounds < ROUNDS_MOST:
            for head in self.heads[self.rounds % 2]:
                frame = bytearray(head + padding[: self.rounds])
                struct.pack_into('!H', frame, LENGTH_OF_IP, len(frame) - BYTES_OF_IP)
                struct.pack_into('!H', frame, LENGTH_OF_UDP, len(frame) - LENGTH_OF_UDP + 4)
                self.stage.sender.send(frame)
            self.rounds += 1
            time.sleep(0.0005)

    def end(self):
        self.goes_on = False
        self.join()

    def bytes_of_last(self, count):
        """Of the last packets of each client."""
        head = len(self.heads[0][0])
        return sum(head + number for number in range(self.rounds - count, self.rounds))


def wrong_rows(rows, traffic):
    found = {}
    for row in rows:
        found.setdefault(next(client for client in CLIENTS if client in (row['src_ip'], row['dst_ip'])), []).append(row)
    for client in CLIENTS:
        of_client = found.get(client, [])
        if len(of_client) != 1:
            yield '%s: %d flows and not one: %s' % (client, len(of_client), of_client)
            continue
        packets, size = int(of_client[0]['bidirectional_packets']), int(of_client[0]['bidirectional_bytes'])
        if packets > traffic.rounds or size != traffic.bytes_of_last(packets):
            yield '%s: %d packets, %d bytes, which are not the last %d of %d' % (client, packets, size, packets, traffic.rounds)


def first_meter(stage):
    return wait_until(lambda: stage.cluster.meters(), 20, 'a meter is there')[0]


def held_up(stage, traffic, number):
    """A capture of three meters, of which one is late, and in how many rounds it is: the others let nothing through until it is there."""
    stream = Stream(stage.cluster, QUERY)
    pid = wait_until(lambda: stage.cluster.meters()[number:], 20, 'a meter is there')[0]
    os.kill(pid, signal.SIGSTOP)
    before = traffic.rounds
    time.sleep(SECONDS_HELD)
    held = traffic.rounds - before
    os.kill(pid, signal.SIGCONT)
    stage.cluster.wait_for_capture(LINE, 3)
    return stream, held


def begin(tap, stage, meters, late):
    """One capture; how many packets of each host it saw, and how many rounds the late meter was held up for."""
    traffic = Traffic(stage)
    time.sleep(SECONDS_BEFORE)
    stream, held = (stage.stream(QUERY, meters), None) if late is None else held_up(stage, traffic, late)
    time.sleep(SECONDS_AFTER)
    traffic.end()
    stream.wait_for_rows(len(CLIENTS))
    time.sleep(0.3)
    stream.cancel()
    name = '%d meters begin under traffic' % meters + (', one of them late' if late is not None else '')
    tap.check('%s: each host has one flow, of all its packets since the first that was seen' % name,
              list(wrong_rows(stream.rows, traffic)))  # fmt: skip
    seen = [int(row['bidirectional_packets']) for row in stream.rows]
    tap.note('%d to %d of %d packets of a host were seen' % (min(seen), max(seen), traffic.rounds))
    tap.check('they began while there was traffic', [] if 0 < min(seen) and max(seen) < traffic.rounds else [seen])
    return seen, held


def forms_under_traffic(tap, bed, arguments):
    stage = Stage(bed)
    for meters, late in ((1, None), (2, None), (3, None), (3, 0), (3, 1), (3, 2)):
        stage.declare(n_meters=meters)
        # On a busy machine a meter may be ready before it is held up: then nothing keeps the others.
        for _ in range(1 if late is None else TRIES):
            seen, held = begin(tap, stage, meters, late)
            if held is None or max(seen) - min(seen) < held / 2:
                break
        if held is not None:
            tap.note('%d packets of a host while one meter was late' % held)
            tap.check('the others did not begin without it', [] if max(seen) - min(seen) < held / 2 else [seen])


def mixed(address):
    """The program's hash of an IPv4 address: src/engine/source/fanout_program.c."""
    value = int.from_bytes(bytes(map(int, address.split('.'))), 'big')
    for bits, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        value = (value ^ value >> bits) * factor & 0xFFFFFFFF
    return value


def placed(tap, bed, arguments):
    """How many flows each meter has; which of the others joins first is open."""
    stage = Stage(bed)
    for meters in (2, 3):
        due = [0] * meters
        for client in CLIENTS:
            due[mixed(client if client in PRIVATE else SERVER) % meters] += len(PORTS)
        stage.declare(n_meters=meters, max_nflows=sum(due))
        with in_background(lambda: stage.session.account('SELECT id FROM live')) as plan:
            stage.cluster.wait_for_capture(LINE, meters)
            for port in PORTS:
                stage.send(*(udp(client=client, port=port, back=back) for client in CLIENTS for back in (False, True)))
            account = plan.result(30)
        told = sorted(map(int, account['Flows of Meters']))
        tap.equal('%d meters: all flows of a private host, and of the lower of two others, are in one meter' % meters, told, sorted(due))
        tap.equal('each flow has both directions', account['Packets Metered'], 2 * sum(due))


def ends_while_it_forms(tap, bed, arguments):
    stage = Stage(bed, n_meters=3)
    for delay in (0, 0, 0.005, 0.01, 0.02, 0.05):
        stream = Stream(stage.cluster, QUERY)
        pid = first_meter(stage)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
        stream.join(20)
        tap.check('a meter is killed %g s after it has started: an error' % delay,
                  [] if stream.error and 'terminated by signal 9' in stream.error else [stream.error])  # fmt: skip
        tap.check('and nothing is left', stage.left())
    stream = stage.stream(QUERY, 3)
    stage.send(*(udp(client=client) for client in CLIENTS))
    stream.wait_for_rows(len(CLIENTS))
    os.kill(stage.cluster.meters()[1], signal.SIGKILL)
    stream.join(20)
    tap.check('a meter is killed while all capture: the error tells how far it was',
              [] if stream.error and 'terminated by signal 9' in stream.error and 'of interface "%s"' % LINE in stream.error else [stream.error])  # fmt: skip
    tap.check('and nothing is left', stage.left())
    for _ in range(2):
        stream = Stream(stage.cluster, QUERY)
        pid = first_meter(stage)
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: len(stage.cluster.meters()) == 3, 20, 'three meters are there')
        time.sleep(0.2)
        took = stream.cancel()
        tap.check('cancelled while the others wait for one: it ends', [] if stream.code == '57014' else [stream.error])
        tap.note('after %.0f ms' % (took * 1000))
        tap.check('and nothing is left', stage.left())


def lost_while_it_forms(tap, bed, arguments):
    """While one meter is held up, those that have opened the interface lose it, and the late one finds it again, or another of its name."""
    stage = Stage(bed, n_meters=3)

    def flap():
        stage.near.ip('link set dev %s down' % LINE)
        stage.near.ip('link set dev %s up' % LINE)

    def make_another():
        stage.near.ip('link del dev %s' % LINE)
        stage.make_line()

    gone = ['interface "%s" has gone away' % LINE, 'interface "%s" does not exist' % LINE]
    for what, change, due in (('goes down', flap, ['interface "%s" is down' % LINE]), ('is another', make_another, gone)):
        for late in 3 * tuple(range(3)):
            stream = Stream(stage.cluster, QUERY)
            pid = wait_until(lambda: stage.cluster.meters()[late:], 20, 'a meter is there')[0]
            os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: sum('bpf' in told for told in stage.near.packet_sockets(LINE)) >= 2, 20, 'two meters have opened the interface')
            change()
            with contextlib.suppress(ProcessLookupError):  # it was held up too late, and the scan has ended
                os.kill(pid, signal.SIGCONT)
            stream.join(20)
            tap.check('the interface %s while its meters begin, the %d. of them late: an error says so' % (what, late + 1),
                      [] if any((stream.error or '').startswith(text) for text in due) else [stream.error])  # fmt: skip
            tap.check('and nothing is left', stage.left())


if __name__ == '__main__':
    sys.exit(main(__doc__, placed, forms_under_traffic, ends_while_it_forms, lost_while_it_forms))
