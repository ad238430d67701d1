"""Tests, in TAP, of an interface as a table among others: in joins, read again, by cursors, kept, and copied.

In a join its flows come while the capture goes on; what would read it a second time is an error, and never a second capture.
"""

import os
import sys
import time

from bed import in_background
from frames import udp
from live import main
from stage import Stage

NOT_TWICE, CANCELLED = '0A000', '57014'
KEPT = 3  # max_nflows of what is kept


class Traffic:
    """Short flows of the client's ports from 40000 on, without an end. `with Traffic(stage):`"""

    def __init__(self, stage):
        self.stage, self.ended = stage, False

    def __enter__(self):
        self.background = in_background(self.send)
        self.background.__enter__()

    def __exit__(self, *error):
        self.ended = True
        self.background.__exit__(*error)

    def send(self):
        port = 40000
        while not self.ended:
            self.stage.send(udp(port=port))
            port += 1
            time.sleep(0.05)


def joins(tap, bed, arguments):
    stage = Stage(bed)
    session = stage.session
    session.run("CREATE TABLE hosts (ip inet, name text); INSERT INTO hosts VALUES ('10.1.0.2', 'client'), ('10.1.0.9', 'other')")
    session.declare('of_file', os.path.join(arguments.captures, 'dns.pcap'))

    # A table that was never analyzed, of which the planner knows nothing.
    for words in ('live JOIN hosts ON ip = src_ip', 'hosts LEFT JOIN live ON ip = src_ip', 'hosts RIGHT JOIN live ON ip = src_ip'):
        stream = stage.stream('SELECT name, src_port FROM ' + words)
        stage.send(udp(port=40000), udp(port=40001))
        rows = stream.wait_for_rows(2)
        found = sorted((row['name'], row['src_port']) for row in rows)
        tap.equal('%s: rows come while the capture goes on' % words, found, [('client', '40000'), ('client', '40001')])
        tap.check('and it does go on', [stream.error] if not stream.is_alive() else [])
        stream.cancel()
    stream = stage.stream('SELECT live.src_port, of_file.id FROM live JOIN of_file USING (protocol) WHERE of_file.id < 2')
    stage.send(udp())
    rows = sorted((row['src_port'], row['id']) for row in stream.wait_for_rows(2))
    tap.equal('a join with the table of a file', rows, [('40000', '0'), ('40000', '1')])
    stream.cancel()

    # Its flows are the inner side, and each is met by all rows of the outer one, however few of them the planner expects.
    stage.declare(max_nflows=KEPT)
    for outer, rows in (('(VALUES (1), (2)) few (x)', 2), ('(SELECT x FROM generate_series(1, 1000) many (x) WHERE x % 500 = 0) few', 2)):
        with Traffic(stage):
            found = session.run('SELECT x, live.id FROM %s LEFT JOIN live ON src_port > x' % outer)
        ids = sorted(flow for _, flow in found)
        tap.equal('%s LEFT JOIN live: the same flows for each row' % outer, ids, sorted(list(range(KEPT)) * rows))
    with Traffic(stage):
        tap.equal('two captures of one interface, joined', session.value('SELECT count(*) FROM live one JOIN live other USING (id)'), KEPT)
    tap.check('nothing is left of them', stage.left())


def read_again(tap, bed, arguments):
    stage = Stage(bed)
    for name, query in (
        ('a subquery that depends on the row', 'SELECT (SELECT src_port FROM live WHERE src_port > x LIMIT 1) FROM (VALUES (1), (2)) few (x)'),
        ('LATERAL', 'SELECT * FROM (VALUES (1), (2)) few (x), LATERAL (SELECT src_port FROM live WHERE src_port > x LIMIT 1) flow'),
    ):
        with Traffic(stage):
            code, told = stage.session.error(query) or (None, 'no error')
        tap.equal('%s would read it again: an error' % name, code, NOT_TWICE)
        tap.check('and the hint says how flows are kept', [] if 'HINT:  Keep the flows first: WITH flows AS MATERIALIZED' in told else [told])
        tap.check('nothing is left of it', stage.left())
    with Traffic(stage):
        rows = stage.session.run('WITH flows AS MATERIALIZED (SELECT * FROM live LIMIT 3) SELECT x, id FROM (VALUES (1), (2)) few (x), flows')
    tap.equal('as the hint has it, it goes', sorted(rows), [(x, flow) for x in (1, 2) for flow in range(3)])

    session = stage.session
    session.run('BEGIN; DECLARE flows SCROLL CURSOR FOR SELECT id FROM live')
    with Traffic(stage):
        rows = session.run('FETCH 2 FROM flows') + session.run('FETCH BACKWARD 1 FROM flows') + session.run('FETCH 3 FROM flows')
    tap.equal('a cursor that scrolls keeps what it has shown', [row[0] for row in rows], [0, 1, 0, 1, 2, 3])
    session.run('ROLLBACK')
    tap.check('nothing is left of it', stage.left())

    # What is prepared may have a plan for all values; each time it is another capture.
    session.run('PREPARE flow (int) AS SELECT id FROM live WHERE src_port > $1 LIMIT 1')
    for mode in ('force_generic_plan', 'force_custom_plan'):
        session.run('SET plan_cache_mode = ' + mode)
        with Traffic(stage):
            rows = [session.run('EXECUTE flow (%d)' % port) for port in (1, 2)]
        tap.equal('a prepared statement, %s' % mode, rows, [[(0,)], [(0,)]])
    tap.check('nothing is left of it', stage.left())


def kept(tap, bed, arguments):
    stage = Stage(bed, n_meters=2, max_nflows=KEPT)
    session = stage.session
    path = bed.path('live.csv')
    os.chmod(bed.directory, 0o777)
    session.run('CREATE TABLE flows (id bigint, src_port int)')
    with Traffic(stage):
        session.run('INSERT INTO flows SELECT id, src_port FROM live')
        session.run('CREATE TABLE made AS SELECT * FROM live')
        tap.equal('nfstream_to_csv() of an interface', session.value('SELECT nfstream_to_csv(%s, %s)', ('live', path)), KEPT)
        tap.equal('nfstream_to_table() of an interface', session.value("SELECT nfstream_to_table('live', 'copied')"), KEPT)
        session.run('CREATE MATERIALIZED VIEW seen AS SELECT * FROM live')
    for table in ('flows', 'made', 'copied', 'seen'):
        tap.equal('%s has max_nflows rows, numbered' % table, session.run('SELECT id FROM %s ORDER BY 1' % table), [(n,) for n in range(KEPT)])
    with open(path) as file:
        tap.equal('and so has the CSV file', len(file.readlines()), 1 + KEPT)
    code, told = session.error("SELECT nfstream_to_csv('live')") or (None, 'no error')
    tap.check('without a path there is no file that could name it', [] if 'no source file' in told else [told])
    tap.check('nothing is left of them', stage.left())

    # What the statement does not keep is given up.
    with Traffic(stage):
        plan = session.account('SELECT id, src_port FROM live LIMIT 1')['Plans'][0]
    tap.equal('EXPLAIN (ANALYZE) of LIMIT 1: one flow', plan['Flows'], 1)
    whole = plan['Packets Metered'] - plan['Flows']  # a flow has one packet
    tap.equal('all others are given up, with their packets', (plan['Flows Given Up'], plan['Packets Given Up']), (whole, whole))
    tap.equal('flows of meters are those of the scan', sum(int(flows) for flows in plan['Flows of Meters']), 1)


def conditions(tap, bed, arguments):
    """Every other flow is wanted; the others count for ids and max_nflows, where somebody asks for these, and cost nothing else."""
    wanted = 'src_port = ANY (ARRAY(SELECT 40000 + 2 * n FROM generate_series(0, 4999) n))'
    stage = Stage(bed, n_meters=2, max_nflows=4)
    with Traffic(stage):
        rows = stage.session.run('SELECT id, src_port FROM live WHERE ' + wanted)
        plan = stage.session.account('SELECT id, src_port FROM live WHERE src_port >= 40000 AND src_port <> ALL (ARRAY[1])')
        none = stage.session.account('SELECT id, src_port FROM live WHERE src_port < 40000')
    tap.equal('with a condition, ids: max_nflows counts all flows', 1 <= len(rows) <= 3 and all(number < 4 for number, port in rows), True)
    tap.equal('and rows are those of the condition', [port % 2 for number, port in rows], [0] * len(rows))
    tap.equal('the meters set nothing aside that is wanted', (plan['Flows'], plan['Flows Set Aside']), (4, 0))
    tap.equal('and all that is not', (none['Flows'], none['Flows Set Aside'] >= 4), (0, True))

    stage = Stage(bed, n_meters=2)
    stream = stage.stream('SELECT id, src_port FROM live WHERE ' + wanted, meters=2)
    stage.send(*(udp(port=port) for port in range(40000, 40006)))
    rows = stream.wait_for_rows(3)
    stream.cancel()
    tap.equal('ids count those set aside', sorted((row['id'], row['src_port']) for row in rows), [('0', '40000'), ('2', '40002'), ('4', '40004')])
    stream = stage.stream('SELECT src_port FROM live WHERE ' + wanted, meters=2)
    stage.send(*(udp(port=port) for port in range(40000, 40006)))
    rows = stream.wait_for_rows(3)
    stream.cancel()
    tap.equal('without ids: the rows of the condition', sorted(row['src_port'] for row in rows), ['40000', '40002', '40004'])
    tap.check('nothing is left of it', stage.left())


def own_meter(tap, bed, arguments):
    """Without a worker the leader has the one meter itself."""
    stage = Stage(bed, 'nfstream_fdw.max_workers=0', n_meters=2)
    stream = stage.stream('SELECT id FROM live LIMIT 2')
    stage.send(udp(port=40000), udp(port=40001))
    tap.equal('the leader owns the meter: LIMIT', [row['id'] for row in stream.wait()], ['0', '1'])
    stream = stage.stream('SELECT id FROM live')
    tap.equal('the leader owns the meter: cancel', (stream.cancel() < 5, stream.code), (True, CANCELLED))
    for expire in ('false', 'true'):
        stage.declare(max_nflows=1, n_meters=1, expire_on_end=expire)
        stream = stage.stream('SELECT id, src_port FROM live')
        stage.send(udp(port=40000))
        last = time.monotonic() + 60
        while stream.is_alive() and time.monotonic() < last:  # one that stays active
            stage.send(udp(port=40001))
            time.sleep(0.2)
        ports = [row['src_port'] for row in stream.wait()]
        tap.equal('the leader owns the meter: max_nflows, expire_on_end %s' % expire, ports, ['40000', '40001'][: 1 + (expire == 'true')])
    tap.check('nothing is left of it', stage.left())


def beside_a_silent_one(tap, bed, arguments):
    """The first of two interfaces has no packets: flows of the other come all the same."""
    stage = Stage(bed)
    stage.declare('silent', 'lo')
    stream = stage.stream('SELECT src_port FROM silent UNION ALL SELECT src_port FROM live')
    for port in ('40000', '40001'):
        stage.send(udp(port=int(port)))
        tap.equal('a flow beside a silent interface', [row['src_port'] for row in stream.wait_for_rows(1 + int(port) % 2)][-1], port)
    tap.check('and the capture goes on', [stream.error] if not stream.is_alive() else [])
    stream.cancel()
    tap.check('nothing is left of both', stage.left())


if __name__ == '__main__':
    sys.exit(main(__doc__, joins, read_again, kept, conditions, own_meter, beside_a_silent_one))
