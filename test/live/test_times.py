"""Tests, in TAP, of times: flows that expire while they are captured are those of a file of the same packets.

tcpdump writes that file meanwhile. The kernel gives a packet one time for all who see it where somebody has asked for times on
any socket, as this test does; older kernels give each capture its own, which two of tcpdump tell, and then rows are compared
without times.
"""

import os
import random
import socket
import sys
import time

from scapy.utils import RawPcapReader

from bed import end, wait_until
from cluster import Stream
from frames import ping, udp
from live import main
from replay import LABELS, MODELLED, Model, of_query, query_of, table_of, without_times
from stage import LINE, Stage

import compare

SECONDS = 8
FLOWS_AT_A_TIME = 12
OPTIONS = MODELLED | {'idle_timeout': 1, 'active_timeout': 3}
SO_TIMESTAMPNS = 35


def frames(source):
    """Frames and the pause after each: gaps shorter and longer than idle_timeout, flows longer than active_timeout."""
    due = [(source.random(), number) for number in range(FLOWS_AT_A_TIME)]
    while True:
        due.sort()
        at, number = due[0]
        back = source.random() < 0.4
        frame = ping(number, back) if number == 0 else udp('10.1.%d.2' % (number % 3), 40000 + number, b'x' * source.randrange(1, 900), back)
        yield at, frame
        # The odd ones are never idle.
        due[0] = at + (source.uniform(0.01, 0.3) if number % 2 else source.choice((0.05, 0.4, 0.8, 1.3, 1.9))), number


def record(stage, path):
    """tcpdump, which writes each packet at once."""
    recorder = stage.near.start('tcpdump', '-i', LINE, '-p', '-U', '-w', path, '-B', '8192', '--immediate-mode', '-Z', 'root', stdout=open(os.devnull, 'w'))
    wait_until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 20, 'tcpdump records')
    return recorder


def stamps(path):
    return [(about.sec, about.usec) for _, about in RawPcapReader(path)]


def times(tap, bed, arguments):
    stage = Stage(bed, active_timeout=3)
    source = tap.random()
    with stage.near.entered():
        asks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asks.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    paths = [bed.path('recorded%d.pcap' % number) for number in range(2)]
    recorders = [record(stage, path) for path in paths]
    streams = {}
    for meters in (1, 2):
        stage.declare('live%d' % meters, n_meters=meters, **OPTIONS)
        streams[meters] = Stream(stage.cluster, query_of(stage.session, 'live%d' % meters))
    wait_until(lambda: stage.near.captures(LINE, len(recorders) + 3), 20, 'all capture')
    start, sent = time.monotonic(), 0
    for at, frame in frames(source):
        if at > SECONDS:
            break
        time.sleep(max(0, start + at - time.monotonic()))
        stage.send(frame)
        sent += 1
    wait_until(lambda: all(len(stamps(path)) == sent for path in paths), 20, 'tcpdump has all %d packets' % sent)
    for recorder in recorders:
        end(recorder)

    stage.session.declare('of_file', paths[0], n_meters=1, **OPTIONS)
    expected, of_model = of_query(stage.session, 'of_file'), None
    if arguments.shared:
        model = Model(os.path.join(arguments.shared, 'tools', 'model.py'))
        of_model = model.flows(paths[0], idle_timeout=1, active_timeout=3)[0]
    of_times = stamps(paths[0]) == stamps(paths[1])
    tap.note('%d packets, %d flows, with times: %s' % (sent, len(expected.rows), of_times))
    aside = (lambda table: table.without(['id'])) if of_times else without_times
    for meters, stream in streams.items():
        stream.wait_for_rows(len(expected.rows))
        stream.cancel()
        got = table_of(stream.columns, stream.rows)
        for name, whole, less in (('the file', expected, got), ('the model', of_model, got.without(LABELS))):
            if whole:
                one, other = aside(whole), aside(less)
                told = compare.of_columns(one, other) or compare.as_bags(one.columns, one.rows, other.rows)
                tap.check('%d meters: flows that expire in the capture are those of %s' % (meters, name), [told] if told else [])


if __name__ == '__main__':
    sys.exit(main(__doc__, times))
