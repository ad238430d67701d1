"""Tests, in TAP, that doc/clients.md runs as it is written, and prints what SQL says.

Its SQL runs with psql, its Python in a venv with the packages that the page names. /captures stands for the directory of
captures, the host of the page's URIs for the socket of the cluster under test.
"""

import os
import re
import subprocess
import sys
from urllib.parse import quote

from tap import TREE, main, run
from venvs import NoPackage, python_with

PAGE = os.path.join(TREE, 'doc', 'clients.md')
DATABASE = 'clients'
VERSIONS = {
    'connectorx': '0.4.6',
    'polars': '2.1.0',
    'adbc-driver-postgresql': '1.13.0',
    'pyarrow': '26.0.1',
    'pandas': '3.1.1',
    'SQLAlchemy': '2.1.9',
    'psycopg[binary]': '3.3.9',
    'psycopg2-binary': '2.9.13',
}
PASSWORD = 'reader:secret@sensor'

# What each block prints, as queries of flows: the sections of the page, with their blocks in its order.
EXPECTED = {
    'psycopg': [
        """SELECT host(src_ip) || ' ' || count(*) FROM flows WHERE src_ip << '10.0.0.0/8' GROUP BY src_ip
           ORDER BY count(*) DESC, src_ip LIMIT 3""",
        'SELECT sum(bidirectional_packets) FROM flows',
        'SELECT count(*) FROM flows UNION ALL SELECT count(*) FROM flows WHERE dst_port = 53',
    ],
    'SQLAlchemy': [
        """SELECT application_name || ' ' || count(*) FROM flows WHERE src_ip << '10.0.0.0/8' AND dst_port = 443
           GROUP BY application_name ORDER BY application_name""",
        'SELECT count(*) FROM flows WHERE dst_port = 53',
    ],
    'pandas': [
        """SELECT count(*) || ' ' || sum(bidirectional_bytes) FROM flows WHERE dst_port = 53
           UNION ALL SELECT count(*)::text FROM flows"""
    ],
    'ADBC and Arrow': [
        """SELECT count(*) || ' string' FROM flows WHERE dst_port = 53 UNION ALL SELECT count(*)::text FROM flows"""
    ],
    'polars and connectorx': [
        """SELECT sum(bidirectional_bytes) FROM flows WHERE dst_port = 53
           UNION ALL SELECT count(*) FROM flows WHERE dst_port = 53""",
        'SELECT count(*) FROM flows',
    ],
}

# What the page says of types, and of what fails: Python that prints what is right.
CLAIMS = {
    'psycopg has addresses, MACs as text, and intervals': """
import psycopg
with psycopg.connect(URI) as connection:
    row = connection.execute("SELECT src_ip, src_mac, interval '1 hour' FROM flows LIMIT 1").fetchone()
print(*(type(value).__name__ for value in row))
""",
    'psycopg2 has texts, and intervals': """
import psycopg2
cursor = psycopg2.connect(URI).cursor()
cursor.execute("SELECT src_ip, src_mac, interval '1 hour' FROM flows LIMIT 1")
print(*(type(value).__name__ for value in cursor.fetchone()))
""",
    'reflection does not see foreign tables, but views': """
import sqlalchemy, warnings
warnings.simplefilter('ignore')
metadata = sqlalchemy.MetaData()
metadata.reflect(sqlalchemy.create_engine(ENGINE), views=True)
print('flows' in metadata.tables, 'flows_view' in metadata.tables)
try:
    sqlalchemy.MetaData().reflect(sqlalchemy.create_engine(ENGINE), only=['flows'])
except sqlalchemy.exc.InvalidRequestError as error:
    print('requested table(s) not available' in str(error))
""",
    'read_sql_table fails for a foreign one': """
import pandas, sqlalchemy
try:
    pandas.read_sql_table('flows', sqlalchemy.create_engine(ENGINE))
except sqlalchemy.exc.InvalidRequestError:
    print('fails')
""",
    'ADBC has bytes of an opaque type': """
import adbc_driver_postgresql.dbapi
with adbc_driver_postgresql.dbapi.connect(URI) as connection, connection.cursor() as cursor:
    cursor.execute('SELECT src_ip, src_mac FROM flows LIMIT 1')
    print(*('opaque' in str(field.type) for field in cursor.fetch_arrow_table().schema))
""",
    'connectorx knows neither MACs nor intervals': """
import connectorx
for query in ('SELECT src_mac FROM flows', 'SELECT lasted FROM conn'):
    try:
        connectorx.read_sql(URI, query, return_type='arrow')
    except BaseException as error:
        print(error)
""",
    'polars takes no interval of ADBC, but seconds': """
import polars
try:
    polars.read_database_uri('SELECT lasted FROM conn', URI, engine='adbc')
except BaseException as error:
    print('month_day_nano_interval' in str(error))
print(polars.read_database_uri('SELECT extract(epoch FROM lasted)::float8 AS lasted FROM conn', URI).schema['lasted'])
""",
}
CLAIMED = {
    'psycopg has addresses, MACs as text, and intervals': 'IPv4Address str timedelta',
    'psycopg2 has texts, and intervals': 'str str timedelta',
    'reflection does not see foreign tables, but views': 'False True\nTrue',
    'read_sql_table fails for a foreign one': 'fails',
    'ADBC has bytes of an opaque type': 'True True',
    'connectorx knows neither MACs nor intervals': 'not implemented: macaddr\nnot implemented: interval',
    'polars takes no interval of ADBC, but seconds': 'True\nFloat64',
}


def sections(text):
    """The page's blocks of Python, by the headings above them."""
    found = {}
    for part in text.split('\n## ')[1:]:
        heading, _, body = part.partition('\n')
        blocks = re.findall(r'^```python\n(.*?)^```', body, re.M | re.S)
        if blocks:
            found[heading] = blocks
    return found


def uris(connection):
    """The cluster's URI for each kind of library: SQLAlchemy takes no socket as a host, connectorx none elsewhere."""
    parameters = connection.get_dsn_parameters()
    user, host, port = (quote(parameters[name], safe='') for name in ('user', 'host', 'port'))
    return (
        'postgresql://%s@%s:%s/%s' % (user, host, port, DATABASE),
        'postgresql+psycopg://%s@/%s?host=%s&port=%s' % (user, DATABASE, parameters['host'], port),
    )


def run_python(python, script):
    ran = subprocess.run([python, '-I', '-c', script], capture_output=True, text=True)
    return ran.stdout.strip() if ran.returncode == 0 else ran.stderr


def run_sql(tap, server, connection, text):
    parameters = connection.get_dsn_parameters()
    command = ['psql', '-X', '-q', '-h', parameters['host'], '-p', parameters['port'], '-U', parameters['user']]
    script = '\n'.join(re.findall(r'^```sql\n(.*?)^```', text, re.M | re.S)).replace('/captures/', server.captures + '/')
    ran = subprocess.run([*command, '-d', DATABASE, '-v', 'ON_ERROR_STOP=1'], input=script, capture_output=True, text=True)
    tap.check('the SQL of doc/clients.md runs', [ran.stderr] if ran.returncode else [])


def test(tap, server, arguments):
    with open(PAGE) as file:
        text = file.read()
    postgres = server.connect('postgres')
    run(postgres, 'DROP DATABASE IF EXISTS %s' % DATABASE)
    run(postgres, 'CREATE DATABASE %s' % DATABASE)
    try:
        with_database(tap, server, arguments, text)
    finally:
        run(postgres, 'DROP DATABASE %s WITH (FORCE)' % DATABASE)
        run(postgres, 'DROP ROLE IF EXISTS reader')


def with_database(tap, server, arguments, text):
    connection = server.connect(DATABASE)
    run_sql(tap, server, connection, text)
    run(connection, 'CREATE VIEW flows_view AS SELECT * FROM flows')

    # Versions, as the page says them.
    for name, version in VERSIONS.items():
        short = re.sub(r'\[.*|-.*', '', name).replace('adbc', 'ADBC')
        if name != 'psycopg2-binary':
            said = re.search(r'\b%s (\d+(?:\.\d+)*)' % re.escape(short), text)
            tap.check('%s is of the version that the page names' % name, [] if said and version.startswith(said[1]) else [said])
    code, number = sections(text), 0
    tap.equal('the page has these blocks', {name: len(code[name]) for name in code}, {name: len(EXPECTED[name]) for name in EXPECTED})

    try:
        others = ['%s==%s' % pair for pair in VERSIONS.items() if pair[0] != 'connectorx']
        python = python_with(arguments.build, 'connectorx', VERSIONS['connectorx'], beside=others)
    except NoPackage as reason:
        tap.skip('the Python of doc/clients.md', reason)
        return
    uri, engine = uris(connection)
    for heading, blocks in code.items():
        for block, query in zip(blocks, EXPECTED.get(heading, [])):
            number += 1
            script = block.replace('postgresql+psycopg://%s/clients' % PASSWORD, engine).replace('postgresql://%s/clients' % PASSWORD, uri)
            expected = '\n'.join(str(row[0]) for row in run(connection, query))
            tap.equal('%s, block %d: what SQL says' % (heading, number), run_python(python, script), expected)
    for name, script in CLAIMS.items():
        tap.equal(name, run_python(python, 'URI, ENGINE = %r, %r\n%s' % (uri, engine, script)), CLAIMED[name])
    pushed = [
        row[0]
        for condition in (
            "portable WHERE src_ip = '10.1.2.24'",
            "portable WHERE src_ip::inet << '10.0.0.0/8'",
            'flows_view WHERE dst_port = 53',
        )
        for row in run(connection, 'EXPLAIN (COSTS OFF) SELECT src_ip FROM ' + condition)
        if 'Pushed Condition' in row[0]
    ]
    tap.equal('conditions on addresses as text, and those on a view, go to the meters', len(pushed), 3)
    error = ''
    try:
        run(connection, 'COPY flows TO STDOUT')
    except Exception as caught:
        error = str(caught)
    tap.check('COPY takes no foreign table by its name', [] if 'cannot copy from foreign table' in error else [error])


if __name__ == '__main__':
    sys.exit(main(__doc__, test))
