"""Tests, in TAP, of rows in time and of the end of a capture: on a silent line, where nothing but a clock moves a scan on.

Only what is promised as a time is held to one, by a clock that nobody but the test has.
"""

import os
import signal
import subprocess
import sys
import time

from bed import in_background, wait_until
from cluster import PROGRAMS, Stream
from frames import SERVER, ping, udp
from live import main
from stage import FLOWS, IDLE, LINE, Stage

LATENESS = 1.0  # seconds after its timeout in which a row is there
CANCELLED = 0.1  # seconds in which a cancelled scan has ended
TRIES = 7
CANCEL_CODE = '57014'


def lateness(arrival, last_packet):
    """How long after its timeout a row came, and why that is too late, if it is."""
    late = arrival - (last_packet + IDLE)
    return late, ['it came %.3f s after its timeout' % late] if late > LATENESS else []


def one_ping(tap, bed, arguments):
    stage = Stage(bed)
    for meters in (1, 2):
        stage.declare(n_meters=meters)
        stream = stage.stream(meters=meters)
        stage.send(ping())
        stage.send(ping(back=True))
        last = time.monotonic()
        rows = stream.wait_for_rows(1)
        late, problems = lateness(stream.times[0] if rows else 1e9, last)
        tap.check('one ping on a silent link, %d meters: a client that streams has its row within 1 s of its timeout' % meters, problems)
        tap.note('it came %.3f s after it' % late)
        tap.check('and not before it', ['%.3f s' % late] if late < -0.05 else [])
        tap.equal('both directions in one flow', [(row['protocol'], row['bidirectional_packets']) for row in rows], [('1', '2')])
        stream.cancel()
        tap.check('nothing is left of it', stage.left())


def cursor(tap, bed, arguments):
    stage = Stage(bed)
    with stage.session.connection.cursor() as cursor:
        cursor.execute('BEGIN')
        cursor.execute('DECLARE flows NO SCROLL CURSOR FOR ' + FLOWS)
        waiting = bed.stack.enter_context(in_background(lambda: fetch(stage, 'FETCH 1 FROM flows')))
        stage.cluster.wait_for_capture(LINE)
        stage.send(udp())
        last = time.monotonic()
        rows, arrival = waiting.result(30)
        tap.check('FETCH 1 has its row within 1 s of its timeout', lateness(arrival, last)[1])
        tap.equal('which is the flow', [row[2:4] for row in rows], [(SERVER, 40000)])
        for port in (40001, 40002, 40003):
            stage.send(udp(port=port))
        rows, _ = fetch(stage, 'FETCH 3 FROM flows')
        tap.equal('flows between two FETCHes are in the next, ids go on', [(row[0], row[3]) for row in rows], [(1, 40001), (2, 40002), (3, 40003)])
        cursor.execute('CLOSE flows')
        tap.check('nothing is left of a closed cursor', stage.left())
        cursor.execute('COMMIT')

        cursor.execute('BEGIN')
        cursor.execute('DECLARE flows CURSOR FOR ' + FLOWS)
        waiting = bed.stack.enter_context(in_background(lambda: fetch(stage, 'FETCH 1 FROM flows')))
        stage.cluster.wait_for_capture(LINE)
        stage.send(udp())
        waiting.result(30)
        cursor.execute('ROLLBACK')
        tap.check('nothing is left of a transaction that is rolled back', stage.left())


def fetch(stage, statement):
    rows = stage.session.run(statement)
    return rows, time.monotonic()


def start_psql(stage):
    """A client that is a process of its own and captures, by two meters."""
    psql = subprocess.Popen(
        [os.path.join(PROGRAMS, 'psql'), '-X', '-d', stage.cluster.dsn, '-c', FLOWS],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stage.cluster.wait_for_capture(LINE, 2)
    return psql


def ways_to_end(tap, bed, arguments):
    stage = Stage(bed)

    stage.session.run('SET statement_timeout = 1000')
    code, _ = stage.session.error(FLOWS) or (None, None)
    tap.equal('statement_timeout ends a scan of a silent link', code, CANCEL_CODE)
    tap.check('nothing is left of it', stage.left())
    stage.session.run('SET statement_timeout = 60000')

    for meters in (1, 2):
        stage.declare(n_meters=meters)
        took = []
        for _ in range(TRIES):
            stream = stage.stream(meters=meters)
            took.append(stream.cancel())
            codes = stream.code
            stage.cluster.wait_for_no_capture(LINE)
        tap.equal('%d meters: a cancelled scan ends as such' % meters, codes, CANCEL_CODE)
        in_time = sum(seconds <= CANCELLED for seconds in took)
        tap.check('%d meters: cancel ends a scan of a silent link within 100 ms' % meters, [] if 2 * in_time > TRIES else took)
        tap.note('after %s s' % ', '.join('%.3f' % seconds for seconds in sorted(took)))
        tap.check('nothing is left of them', stage.left())

    stage.declare(n_meters=2)
    stream = stage.stream(FLOWS + ' LIMIT 1', meters=2)
    stage.send(udp())
    rows = stream.wait(30)
    tap.equal('LIMIT 1 ends with the first flow', [row['src_port'] for row in rows], ['40000'])
    tap.check('nothing is left of it', stage.left())

    psql = start_psql(stage)
    stage.session.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%live%' AND pid <> pg_backend_pid()")
    _, told = psql.communicate(timeout=20)
    tap.check('pg_terminate_backend() ends it', [] if 'administrator command' in told else [told])
    tap.check('nothing is left of it', stage.left())

    # A client that is gone without a word, as one whose machine is switched off or that is killed.
    psql = start_psql(stage)
    psql.send_signal(signal.SIGKILL)
    psql.communicate(timeout=20)
    tap.check('nothing is left of a scan whose client is gone, on a silent link', stage.left())
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    tap.equal('and no session', stage.session.value(waiting), 0)

    stage.session.connection.close()
    psql, postmaster = start_psql(stage), stage.cluster.postmaster
    os.kill(postmaster, signal.SIGINT)
    _, told = psql.communicate(timeout=20)
    tap.check('a fast shutdown ends captures', [] if 'administrator command' in told else [told])
    wait_until(lambda: not os.path.exists('/proc/%d' % postmaster), 20, 'a fast shutdown')


def silence(tap, bed, arguments):
    """Longer than the time in which a meter has to move on."""
    stage = Stage(bed, n_meters=2, meter_timeout=1)
    stream = stage.stream(meters=2)
    time.sleep(4)
    tap.check('silence for four times meter_timeout is no reason to end', [stream.error] if stream.error else [])
    stage.send(udp())
    tap.equal('and a flow after it is there', len(stream.wait_for_rows(1)), 1)
    stream.cancel()


def max_nflows(tap, bed, arguments):
    """Ends by itself: flows that are still active are given up and counted, or emitted where that was asked for."""
    stage = Stage(bed)
    for meters, expire in ((1, False), (2, False), (1, True), (2, True)):
        stage.declare(n_meters=meters, max_nflows=2, expire_on_end='true' if expire else 'false', idle_timeout=2)
        name = '%d meter%s%s' % (meters, 's' if meters > 1 else '', ', expire_on_end' if expire else '')
        with in_background(lambda: stage.session.account('SELECT id FROM live')) as account:
            stream = Stream(stage.cluster, FLOWS)
            stage.cluster.wait_for_capture(LINE, 2 * meters)
            for number in range(2):
                stage.send(udp(client='10.1.0.%d' % (20 + number)))
            busy, last = 0, time.monotonic() + 60
            while stream.is_alive() and time.monotonic() < last:  # three flows that stay active
                for number in range(3):
                    stage.send(udp(client='10.1.0.%d' % (30 + number)))
                busy += 1
                time.sleep(0.2)
            rows, plan = stream.wait(), account.result(60)
        short = [row['src_ip'] for row in rows if row['bidirectional_packets'] == '1']
        tap.check('%s: the flows that max_nflows lets through are there' % name, [] if sorted(short)[:2] == ['10.1.0.20', '10.1.0.21'] else [rows])
        if expire:
            active = [row for row in rows if row['src_ip'] in ('10.1.0.30', '10.1.0.31', '10.1.0.32')]
            tap.equal('%s: active ones are emitted' % name, len(active), 3)
            tap.equal('%s: none is given up' % name, plan.get('Flows Given Up', 0), 0)
        else:
            tap.equal('%s: no other' % name, len(rows), 2)
            tap.check('%s: active ones are counted as given up' % name, [] if plan.get('Flows Given Up', 0) >= 3 else [plan])
        tap.check('%s: nothing is left' % name, stage.left())


if __name__ == '__main__':
    sys.exit(main(__doc__, one_ping, cursor, ways_to_end, silence, max_nflows))
