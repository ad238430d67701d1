"""Tests, in TAP, that nfstream_to_csv() writes what COPY (SELECT * FROM ...) TO a file (FORMAT csv, HEADER) writes.

Byte for byte: values of all kinds, names of columns with all kinds of characters, one column alone, and the encodings of
databases and clients. Random values are of a seed that is printed, and taken from SEED in the environment.
"""

import os
import sys

import psycopg2

from tap import identifier, main, run

# The relations to export: a name, and how it is made.
RELATIONS = (
    (
        'texts',
        """TABLE texts AS SELECT n, value, value AS again FROM unnest(ARRAY[
        NULL, '', ' ', '  x ', ',', '"', '""', 'a"b', 'a,b', E'\\n', E'a\\nb', E'\\r', E'a\\r\\nb',
        E'\\t', '\\', '\\.', '\\N', 'NULL', 'null',
        '\\x', E'\\\\\\n', '''', ';', '#', '{}', '{1,2}', E'\\x01\\x7f', 'ä', '漢字', '\u200b', '\ufeff', '😀'])
        WITH ORDINALITY AS t (value, n)""",
    ),
    (
        'kinds',
        """TABLE kinds AS SELECT true AS a, 1::smallint AS b, -2147483648 AS c,
        9223372036854775807 AS d, 'NaN'::numeric AS e,
        1.50::numeric AS f, 0.1::float8 AS g, '-Infinity'::float8 AS h, 1e300::float8 AS i,
        0.1::float4 AS j, '\\xdeadbeef'::bytea AS k,
        '2024-02-29 12:34:56.789+02'::timestamptz AS l, 'infinity'::timestamp AS m,
        '1 year -2 days 03:04:05.6'::interval AS n,
        '10.0.0.1'::inet AS o, '10.0.0.0/8'::inet AS p, '2001:db8::1'::inet AS q, 'AA:bb:cc:dd:ee:ff'::macaddr AS r,
        ARRAY[1, NULL, 3] AS s, ARRAY['a,b', 'c"d', '', NULL, E'\\n'] AS t, '{}'::int[] AS u, ARRAY[[1, 2], [3, 4]] AS v,
        '{"a": [1, "x,y"]}'::json AS w, '{"a": "q\\"q"}'::jsonb AS x,
        row(1, 'a b', NULL, '"')::pair_of_pairs AS y, '[1,5)'::int4range AS z,
        'x'::char(5) AS aa, 'name'::name AS ab, B'101' AS ac, '00000000-0000-0000-0000-000000000001'::uuid AS ad,
        'texts'::regclass AS ae, '12.5'::money AS af, '(1,2)'::point AS ag
        UNION ALL SELECT """
        + ', '.join(['NULL'] * 33),
    ),
    ('no_rows_but_one', 'TABLE no_rows_but_one AS SELECT NULL::text AS a, NULL::int AS b'),
    (
        'end_of_data',
        "TABLE end_of_data AS SELECT value FROM unnest(ARRAY['\\.', 'x', NULL, '', '\\.x', ' \\.', E'\\\\.\\n']) AS value",
    ),
    ('"\\."', """TABLE "\\." AS SELECT '\\.'::text AS "\\." """),
    ('end_of_data_twice', "TABLE end_of_data_twice AS SELECT '\\.' AS a, '\\.' AS b"),
    (
        'names',
        """TABLE names AS SELECT 1 AS "a""b", 2 AS "c,d", 3 AS "e
        f", 4 AS " ", 5 AS "Ä", 6 AS "SELECT", 7 AS "\\.", current_database() AS "current_database()" """,
    ),
    ('"a ""relation"", of its own"', 'VIEW "a ""relation"", of its own" AS SELECT * FROM names'),
    ('large', "TABLE large AS SELECT repeat('a\"b,', 100000) AS value, n FROM generate_series(1, 3) AS n"),
    ('many', "TABLE many AS SELECT n, repeat('x', n % 100) AS value FROM generate_series(1, 20000) AS n"),
    ('materialized', 'MATERIALIZED VIEW materialized AS SELECT * FROM texts'),
)
TYPE = 'CREATE TYPE pair_of_pairs AS (a int, b text, c text, d text)'
PARTS = """
CREATE TABLE parts (a int, dropped int, b text, c int GENERATED ALWAYS AS (a * 2) STORED) PARTITION BY LIST (a);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE part_2 (b text, a int, c int GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE parts DROP COLUMN dropped;
ALTER TABLE parts ATTACH PARTITION part_2 FOR VALUES IN (2);
INSERT INTO parts VALUES (2, 'two'), (1, 'one');
"""
SETTINGS = (
    "SET datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'escape'; SET extra_float_digits = 0",
    "SET timezone = 'Asia/Kathmandu'; SET lc_monetary = 'C'; SET search_path = pg_catalog, public",
)
# Databases' encodings, each with those of clients; the last ones no server has, and have ASCII's bytes inside of characters.
ENCODINGS = (
    (
        'UTF8',
        (
            'UTF8',
            'LATIN1',
            'WIN1252',
            'EUC_JP',
            'SJIS',
            'SHIFT_JIS_2004',
            'GBK',
            'GB18030',
            'BIG5',
            'UHC',
            'JOHAB',
            'SQL_ASCII',
        ),
    ),
    ('LATIN1', ('LATIN1', 'UTF8')),
    ('EUC_JP', ('EUC_JP', 'SJIS', 'UTF8')),
    ('EUC_KR', ('EUC_KR', 'UTF8')),
    ('EUC_TW', ('EUC_TW', 'BIG5')),
    ('SQL_ASCII', ('SQL_ASCII', 'UTF8', 'SJIS')),
)
# What an encoding has; Japanese 表 and 能 end in a backslash in SJIS, and so do others in GBK and BIG5.
SAMPLES = {
    'UTF8': 'ä漢"😀,',
    'SQL_ASCII': 'a,"b',
    'LATIN1': 'äß¿ÿ',
    'WIN1252': 'ä€œ',
    'EUC_JP': '漢表能ソ,"カ',
    'SJIS': '漢表能ソ,"カ',
    'SHIFT_JIS_2004': '漢表能ソ,"カ',
    'GBK': '汉誠,"乗',
    'GB18030': '汉誠😀ä,"乗',
    'BIG5': '功許蓋,"漢',
    'EUC_TW': '功許蓋,"漢',
    'EUC_KR': '한글,"국',
    'UHC': '한글,"똠',
    'JOHAB': '한글,"국',
}


class Exporter:
    """Exports a relation by both, into a directory of its own, and compares the files."""

    def __init__(self, tap, directory):
        self.tap, self.directory, self.number = tap, directory, 0

    def paths(self):
        self.number += 1
        return [os.path.join(self.directory, '%d.%s.csv' % (self.number, by)) for by in ('function', 'copy')]

    def problems(self, connection, relation):
        ours, theirs = self.paths()
        written = run(connection, 'SELECT nfstream_to_csv(%s, %s)', [relation, ours])[0][0]
        run(connection, 'COPY (SELECT * FROM %s) TO %%s (FORMAT csv, HEADER)' % relation, [theirs])
        rows = run(connection, 'SELECT count(*) FROM ' + relation)[0][0]
        found = [] if written == rows else ['returned %d of %d rows' % (written, rows)]
        with open(ours, 'rb') as one, open(theirs, 'rb') as other:
            got, expected = one.read(), other.read()
        if got != expected:
            at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
            around = slice(max(at - 30, 0), at + 30)
            found += [
                '%d bytes, of COPY %d; at byte %d:' % (len(got), len(expected), at),
                got[around],
                expected[around],
            ]
        return found

    def check(self, name, connection, relation):
        self.tap.check(name, self.problems(connection, relation))


def relations(tap, server, exporter):
    database = 'a "database", of \'its\' own'
    connection = server.create_database(database)
    run(connection, TYPE)
    for name, definition in RELATIONS:
        run(connection, 'CREATE ' + definition)
    run(connection, PARTS)
    for name in [name for name, _ in RELATIONS] + ['parts']:
        exporter.check('relation %s' % name.replace('#', ''), connection, name)
    for settings in SETTINGS:
        run(connection, settings)
        exporter.check('with ' + settings.partition(';')[0], connection, 'public.kinds')
    connection.close()


def flows(tap, server, exporter):
    connection = server.create_database('csv_flows')
    run(connection, 'CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw')
    for name in ('http', 'tls', 'busy', 'mdns', 'ipv6'):
        run(
            connection,
            """IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public
            OPTIONS (table_name %s, source %s, statistical_analysis 'true', splt_analysis '10')""",
            [name, server.capture(name + '.pcap')],
        )
        exporter.check('the flows of %s.pcap' % name, connection, name)
    connection.close()


def random_values(tap, server, exporter):
    source, connection = tap.random(), server.create_database('csv_random')
    pieces = ['"', ',', '\n', '\r', '\\', '\\.', ' ', 'a', 'bc', '漢', '😀', '']
    make = lambda: None if source.random() < 0.1 else ''.join(source.choices(pieces, k=source.randrange(6)))
    run(connection, 'CREATE TABLE two (a text, b text[]); CREATE TABLE one (a text)')
    rows = [make() for _ in range(5000)]
    run(connection, 'INSERT INTO one SELECT unnest(%s::text[])', [rows])
    run(connection, 'INSERT INTO two SELECT a, ARRAY[a, a] FROM one')
    exporter.check('5000 random texts', connection, 'one')
    exporter.check('and two columns of them', connection, 'two')
    connection.close()


def encodings(tap, server, exporter):
    for database, clients in ENCODINGS:
        connection = server.create_database('csv_' + database.lower(), database)
        for client in clients:
            value = SAMPLES[client if database == 'UTF8' else database]
            run(connection, "SET client_encoding = 'UTF8'")
            run(connection, 'DROP TABLE IF EXISTS encoded')
            name = identifier(value[:3])
            run(connection, 'CREATE TABLE encoded AS SELECT %%s AS value, 1 AS %s' % name, [value])
            for character in value:
                run(connection, 'INSERT INTO encoded VALUES (%s, 2), (%s, 3)', [character, character * 3 + ','])
            run(connection, "SET client_encoding = '%s'" % client)
            exporter.check('database %s, client %s' % (database, client), connection, 'encoded')
        connection.close()


def cannot_be_encoded(tap, server, directory):
    """COPY's error, and no file: neither the old one's bytes are touched nor is anything left beside it."""
    connection = server.create_database('csv_cannot')
    run(connection, "CREATE TABLE japanese AS SELECT '漢' AS value; CREATE TABLE old AS SELECT 'old' AS value")
    path, codes = os.path.join(directory, 'cannot.csv'), []
    run(connection, "SELECT nfstream_to_csv('old', %s)", [path])
    run(connection, "SET client_encoding = 'LATIN1'")
    for statement in ("SELECT nfstream_to_csv('japanese', %s)", 'COPY japanese TO %s (FORMAT csv)'):
        try:
            run(connection, statement, [path if 'SELECT' in statement else path + '.copy'])
            codes.append(None)
        except psycopg2.Error as error:
            codes.append(error.pgcode)
    tap.equal('a character that the client has none for: the error is COPY\'s', codes, ['22P05', '22P05'])
    with open(path) as file:
        tap.equal('and the file of before stays', file.read(), 'value\nold\n')
    tap.equal('alone', [name for name in os.listdir(directory) if name.startswith('.')], [])
    connection.close()


def test(tap, server, arguments):
    directory = server.directory('csv_copy')
    exporter = Exporter(tap, directory)
    relations(tap, server, exporter)
    flows(tap, server, exporter)
    random_values(tap, server, exporter)
    encodings(tap, server, exporter)
    cannot_be_encoded(tap, server, directory)


if __name__ == '__main__':
    sys.exit(main(__doc__, test))
