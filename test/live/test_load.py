"""Tests, in TAP, that a capture under load loses nothing silently: what the kernel received is metered, dropped or left over.

SECONDS_OF_LOAD (10) at PACKETS_PER_SECOND (50,000) from the environment: for how long, and how many, memory has to stay flat.
"""

import os
import re
import struct
import subprocess
import sys
import time
from concurrent.futures import wait

from bed import in_background, wait_until
from cluster import Stream
from frames import udp
from live import main
from replay import send
from stage import FLOWS, LINE, Stage

SECONDS_OF_LOAD = int(os.environ.get('SECONDS_OF_LOAD', 10))
PACKETS_PER_SECOND = int(os.environ.get('PACKETS_PER_SECOND', 50000))
SECONDS_OF_FULL_RATE = 3
CLIENTS = 2000  # flows that are active at a time
IDLE = 8  # seconds for which a busy machine keeps no sender waiting
RING = 16 * 1024 * 1024
GROWTH = 512  # kB: what memory may grow by in two thirds of the time
SAMPLES = 5


def write_load(path, packets):
    """A capture of so many small packets of CLIENTS flows, in turn, both directions."""
    frames = [udp(client='10.2.%d.%d' % (number >> 8, number & 255), back=back) for number in range(CLIENTS) for back in (False, True)]
    with open(path, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(packets):
            frame = frames[number % len(frames)]
            file.write(struct.pack('<IIII', number // 100000, number % 100000 * 10, len(frame), len(frame)) + frame)


def account_of(plan):
    ignored = plan.get('Ignored', 0)
    return {
        'received': plan.get('Packets Received'),
        'metered': plan.get('Packets Metered', 0),
        'ignored': sum(ignored.values()) if isinstance(ignored, dict) else ignored,
        'dropped': plan.get('Packets Dropped by Kernel'),
        'left': plan.get('Packets Left in Ring', 0),
        'given up': plan.get('Packets Given Up', 0),
    }


def full_rate(tap, bed, arguments):
    """As fast as the sender can, with a small ring."""
    stage = Stage(bed)
    path = bed.path('load.pcap')
    write_load(path, 100000)
    program = bed.path('send_at')
    subprocess.run(['cc', '-O2', '-o', program, os.path.join(os.path.dirname(__file__), 'send_at.c')], check=True)
    for meters in (1, 2):
        # A flow of a client that comes last ends the statement in order: max_nflows is the flows of the load.
        stage.declare(n_meters=meters, max_nflows=CLIENTS, socket_buffer_size=262144, statistical_analysis='true')
        with in_background(lambda: stage.session.account('SELECT * FROM live')) as plan:
            stage.cluster.wait_for_capture(LINE, meters)
            sent = int(stage.far.run(program, 'out0', '0', str(SECONDS_OF_FULL_RATE), path).split()[0])
            account = account_of(plan.result(60))
        tap.note('%d meters, %d packets sent: %s' % (meters, sent, account))
        whole = account['metered'] + account['ignored'] + (account['dropped'] or 0) + account['left']
        tap.equal('%d meters at full rate: received = metered + ignored + dropped + left in the ring' % meters, whole, account['received'])
        tap.check('%d meters at full rate: what the kernel received is what was sent, or less by what the line lost' % meters,
                  [] if 0 < (account['received'] or 0) <= sent else [account])  # fmt: skip


def memory(pid):
    """kB that are the process's own: of what it shares, it has all once it has been round the queue."""
    with open('/proc/%d/status' % pid) as file:
        return int(re.search(r'RssAnon:\s*(\d+)', file.read()).group(1))


def steady(tap, bed, arguments):
    stage = Stage(bed)
    path = bed.path('load.pcap')
    write_load(path, PACKETS_PER_SECOND)
    # Flows leave all the time, and not so many that keeping their rows here is what takes memory.
    stage.declare(n_meters=1, socket_buffer_size=RING, idle_timeout=IDLE, active_timeout=max(1, SECONDS_OF_LOAD // 10))
    # Of the other no flow leaves before the load is over, whose account would be cut off.
    stage.declare('limited', n_meters=1, socket_buffer_size=RING, idle_timeout=IDLE, active_timeout=SECONDS_OF_LOAD + 3600, max_nflows=CLIENTS)
    hang_ms = 60000 + 2000 * SECONDS_OF_LOAD
    stream = Stream(stage.cluster, FLOWS, hang_ms=hang_ms)
    stage.session.run('SET statement_timeout = %d' % hang_ms)
    with in_background(lambda: stage.session.account('SELECT id FROM limited')) as plan:
        stage.cluster.wait_for_capture(LINE, 2)
        pids, samples = [*stage.cluster.meters(), stream.pid], []
        start = time.monotonic()
        with in_background(lambda: send(stage.far, 'out0', path, '--pps=%d' % PACKETS_PER_SECOND, '--loop=%d' % SECONDS_OF_LOAD)) as sending:
            # Flows that idle take a meter with them: what is sampled is sampled while the load lasts.
            while not wait([sending], max(0.5, SECONDS_OF_LOAD / 100)).done:
                samples.append([memory(pid) for pid in pids])
        sent, took = sending.result(), time.monotonic() - start
        account = account_of(plan.result(60))
    wait_until(lambda: stream.rows and time.monotonic() - stream.times[-1] > 3, 60, 'all flows are there')
    seen = sum(int(row['bidirectional_packets']) for row in stream.rows)
    stream.cancel()
    tap.note('%d packets in %.1f s, %.0f a second: %s; %d in rows' % (sent, took, sent / took, account, seen))
    tap.equal('a steady load: all that was sent is received', account['received'], sent)
    tap.equal('nothing is dropped', account['dropped'], 0)
    tap.equal('nothing is left in the ring', account['left'], 0)
    tap.equal('all is metered', account['metered'], sent)
    tap.equal('all is in the rows', seen, sent)
    early, late = samples[len(samples) // 3], samples[-1]
    grown = ['process %d: %d kB, then %d kB' % (pid, a, b) for pid, a, b in zip(pids, early, late) if b - a > GROWTH]
    tap.check('memory is flat', grown)
    tap.note('kB of meters and leader: %s' % ' '.join(map(str, samples[:: max(1, len(samples) // SAMPLES)])))


if __name__ == '__main__':
    sys.exit(main(__doc__, full_rate, steady))
