"""Tests, in TAP, that doc/ml.md runs as it is written, and that what it learns is learned.

Its SQL runs with psql in a database of the name that the page gives, its Python with Debian's python3 (pandas) and in a
venv (DuckDB). /captures stands for the directory of captures, /exports for one that the server may write.
"""

import os
import re
import subprocess
import sys

from tap import TREE, main, run
from venvs import NoPackage, python_with

PAGE = os.path.join(TREE, 'doc', 'ml.md')
DATABASE = 'laboratory'
DUCKDB = ('duckdb', '2.0.1')
TRAINING_PYTHON = '/usr/bin/python3'
# The forest must be right as often as this, and by this much more often than the baseline.
LEAST_ACCURACY, LEAST_GAIN = 0.85, 0.3
CLASSES = ('DNS', 'HTTP', 'TLS', 'other')


def blocks(server):
    """The page's code, as pairs of language and text."""
    with open(PAGE) as file:
        found = re.findall(r'^```(sql|python)\n(.*?)^```', file.read(), re.M | re.S)
    return [
        (language, text.replace('/captures/', server.captures + '/').replace('/exports/', server.exports + '/'))
        for language, text in found
    ]


def environment(connection):
    """What leads a client to the cluster under test without more than a database's name."""
    parameters = connection.get_dsn_parameters()
    return dict(os.environ, PGHOST=parameters['host'], PGPORT=parameters['port'], PGUSER=parameters['user'])


def run_sql(tap, scripts, variables):
    ran = subprocess.run(
        ['psql', '-X', '-q', '-d', DATABASE, '-v', 'ON_ERROR_STOP=1'],
        input='\n'.join(scripts),
        capture_output=True,
        text=True,
        env=variables,
    )
    tap.check('the SQL of doc/ml.md runs', [ran.stderr] if ran.returncode else [])
    return ran.returncode == 0


def forest(tap, connection):
    sides = dict(run(connection, 'SELECT part, count(*) FROM dataset GROUP BY part'))
    tap.equal('every flow is on one side', sum(sides.values()), run(connection, 'SELECT count(*) FROM dataset')[0][0])
    tap.check('both sides have flows', [] if set(sides) == {'train', 'test'} and min(sides.values()) > 30 else [sides])
    shared = run(connection, 'SELECT client FROM dataset GROUP BY client HAVING count(DISTINCT part) > 1')
    tap.equal('no client is on both', shared, [])
    labels = run(connection, "SELECT part, count(DISTINCT label) FROM dataset GROUP BY part ORDER BY part")
    tap.equal('each side has all labels', labels, [('test', len(CLASSES)), ('train', len(CLASSES))])

    rows = run(connection, 'SELECT label, "DNS", "HTTP", "TLS", "other" FROM confusion ORDER BY label')
    tap.equal('the confusion matrix has a row for each label', tuple(row[0] for row in rows), CLASSES)
    tap.equal('and adds up to the test set', sum(sum(row[1:]) for row in rows), sides.get('test'))
    by_label = dict(run(connection, "SELECT label, count(*) FROM dataset WHERE part = 'test' GROUP BY label"))
    tap.equal('and its rows to the labels', {row[0]: sum(row[1:]) for row in rows}, by_label)

    flows, accuracy, baseline = run(connection, 'SELECT flows, forest::float8, baseline::float8 FROM accuracy')[0]
    tap.note('%d flows: the forest %.3f, the baseline %.3f' % (flows, accuracy, baseline))
    diagonal = sum(row[1 + number] for number, row in enumerate(rows))
    tap.equal('the accuracy is the diagonal', round(accuracy * flows), diagonal)
    tap.check(
        'the forest has learned',
        [] if accuracy >= max(LEAST_ACCURACY, baseline + LEAST_GAIN) else [(accuracy, baseline)],
    )


def deterministic(tap, connection):
    run(connection, "SELECT train('again', 'dataset')")
    differ = run(
        connection,
        """SELECT count(*) FROM predict('protocol', 'dataset') AS one
        FULL JOIN predict('again', 'dataset') AS other USING (id)
        WHERE (one.predicted, one.probability) IS DISTINCT FROM (other.predicted, other.probability)""",
    )
    tap.equal('a forest trained again predicts the same', differ, [(0,)])

    # A forest that has been taught nonsense must do worse: else the test above would show nothing.
    run(
        connection,
        """CREATE TABLE shuffled AS SELECT * FROM dataset;
        UPDATE shuffled SET label = other.label
        FROM (SELECT id, lead(label, 1, 'DNS') OVER (ORDER BY nfstream_blake2b(int8send(id))) AS label FROM dataset) AS other
        WHERE other.id = shuffled.id""",
    )
    run(connection, "SELECT train('nonsense', 'shuffled')")
    share = run(
        connection,
        """SELECT avg((predicted = label)::int)::float8 FROM dataset JOIN predict('nonsense', 'dataset') USING (id)
        WHERE part = 'test'""",
    )[0][0]
    tap.check('one with shuffled labels has learned nothing', [] if share < LEAST_ACCURACY - LEAST_GAIN else [share])


def readers(tap, server, connection, scripts, variables, build):
    expected = run(connection, 'SELECT count(*), sum(src2dst_bytes)::bigint, sum(dst2src_bytes)::bigint FROM dataset')[
        0
    ]
    pythons, missing = {'pandas': TRAINING_PYTHON, 'DuckDB': None}, None
    try:
        pythons['DuckDB'] = python_with(build, *DUCKDB)
    except NoPackage as reason:
        missing = reason
    tap.equal('the page has Python for both', len(scripts), len(pythons))
    for (name, python), script in zip(pythons.items(), scripts):
        if python is None:
            tap.skip('%s reads the same rows and sums as SQL' % name, missing)
            continue
        ran = subprocess.run([python, '-I', '-c', script], capture_output=True, text=True, env=variables)
        got = tuple(map(int, ran.stdout.split())) if ran.returncode == 0 else ran.stderr
        tap.equal('%s reads the same rows and sums as SQL' % name, got, expected)

    if missing is None:
        sums_of_duckdb(tap, server, connection, pythons['DuckDB'])
    else:
        tap.skip('DuckDB has the same sums', missing)
    with open(os.path.join(server.exports, 'dataset.csv')) as file:
        text = file.read()
    clients = [row[0] for row in run(connection, 'SELECT DISTINCT host(client) FROM dataset')]
    tap.equal('the exported clients are hashed', [client for client in clients if ',%s,' % client in text], [])


def sums_of_duckdb(tap, server, connection, python):
    """Each column of numbers, and not only the page's two."""
    columns = [
        row[0]
        for row in run(
            connection,
            """SELECT attname FROM pg_attribute WHERE attrelid = 'dataset'::regclass
        AND attnum > 0 AND atttypid IN ('int4'::regtype, 'int8'::regtype, 'float8'::regtype) ORDER BY attnum""",
        )
    ]
    sums = ', '.join('round(sum(%s)::numeric, 3)::text' % name for name in columns)
    expected = run(connection, 'SELECT %s FROM dataset' % sums)[0]
    query = "SELECT %s FROM read_csv('%s/dataset.csv')" % (
        ', '.join('sum(%s)' % name for name in columns),
        server.exports,
    )
    script = 'import duckdb; print(*duckdb.sql(%r).fetchall()[0])' % query
    ran = subprocess.run([python, '-I', '-c', script], capture_output=True, text=True)
    differ = [
        (name, e, g) for name, e, g in zip(columns, expected, ran.stdout.split()) if abs(float(e) - float(g)) > 0.01
    ]
    missing = [ran.stderr] if len(ran.stdout.split()) != len(columns) else []
    tap.check('DuckDB has the same sum of each of %d columns' % len(columns), missing + differ)


def test(tap, server, arguments):
    postgres = server.connect('postgres')
    if not run(postgres, "SELECT 1 FROM pg_available_extensions WHERE name = 'plpython3u'"):
        tap.skip('doc/ml.md', 'this server has no PL/Python')
        return
    run(postgres, 'DROP DATABASE IF EXISTS %s' % DATABASE)
    run(postgres, 'CREATE DATABASE %s' % DATABASE)
    code, variables = blocks(server), environment(postgres)
    if not run_sql(tap, [text for language, text in code if language == 'sql'], variables):
        return
    connection = server.connect(DATABASE)
    forest(tap, connection)
    deterministic(tap, connection)
    readers(
        tap, server, connection, [text for language, text in code if language == 'python'], variables, arguments.build
    )


if __name__ == '__main__':
    sys.exit(main(__doc__, test))
