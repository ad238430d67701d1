"""What the product returns, by SQL in a running cluster or by hand from nfstream_meter: the same calls and tables."""

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from table import Table, from_csv

SCHEMA = 'conformance'

# As EXPLAIN (ANALYZE, FORMAT JSON) names them.
METERS_STARTED = 'Meters Started'
FLOWS_OF_METERS = 'Flows of Meters'
PACKETS_READ, PACKETS_METERED, PACKETS_FILTERED = 'Packets Read', 'Packets Metered', 'Packets Filtered'
IGNORED = 'Ignored: '


# What a column is shown as: addresses without a netmask, lists as JSON.
COLUMN_LIST = """
SELECT string_agg(CASE WHEN atttypid = 'inet'::regtype THEN format('host(%%1$I) AS %%1$I', attname)
                       WHEN atttypid = 'int[]'::regtype THEN format('array_to_json(%%1$I) AS %%1$I', attname)
                       ELSE format('%%I', attname) END, ', ' ORDER BY attnum) AS column_list
FROM pg_attribute
WHERE attrelid = to_regclass('%s.flows') AND attnum > 0 AND NOT attisdropped
    AND attname NOT IN ('source_file', 'udps') \\gset
""" % SCHEMA

# A damaged capture may claim packets of 4 GB, more than the columns of packet sizes hold as IMPORT declares them.
WIDEN = """
SELECT format('ALTER FOREIGN TABLE %s.flows ALTER COLUMN %%I TYPE %%s', attname,
              CASE atttypid WHEN 'int'::regtype THEN 'bigint' ELSE 'jsonb' END)
FROM pg_attribute
WHERE attrelid = to_regclass('%s.flows') AND attname LIKE '%%\\_ps'
    AND atttypid IN ('int'::regtype, 'int[]'::regtype) \\gexec
""" % (SCHEMA, SCHEMA)


@dataclass
class Outcome:
    """What a request for one capture's flows gave."""

    table: Table = field(default_factory=Table)
    raw: bytes = b''  # the output as it came
    errors: tuple = ()
    warnings: tuple = ()
    widened: bool = False  # asked again with wider types than IMPORT's


class ByHand:
    """The meter, started by hand. Its status is not 0 after damage as well, when the rows before it are printed."""

    has_sql = False
    OF_LIVE_SOURCES = ('snapshot_length',)  # accepted and without effect in SQL, unknown to the program

    def __init__(self, program):
        self.program = program

    def flows(self, captures, options):
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return dict(zip(captures, threads.map(lambda capture: self.one(capture, options), captures)))

    def one(self, capture, options):
        arguments = ['--%s=%s' % option for option in options.items() if option[0] not in self.OF_LIVE_SOURCES]
        ran = subprocess.run([self.program, *arguments, *capture.paths], capture_output=True)
        told = tuple(ran.stderr.decode('utf-8', 'replace').splitlines())
        if ran.returncode:
            told += ('ended with status %d' % ran.returncode,)
        table = from_csv(ran.stdout)
        refused = ran.returncode != 0 and not table.rows
        return Outcome(table, ran.stdout, told if refused else (), () if refused else told)


class Sql:
    """The extension, asked by psql: one session for many captures."""

    has_sql = True

    def __init__(self, dsn, directory):
        self.dsn, self.directory = dsn, directory
        self.prepare()

    def prepare(self):
        self.psql("""\\set ON_ERROR_STOP on
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER IF NOT EXISTS nfstream FOREIGN DATA WRAPPER nfstream_fdw;
DROP SCHEMA IF EXISTS %s CASCADE;
CREATE SCHEMA %s;
""" % (SCHEMA, SCHEMA))

    def psql(self, script):
        """Runs a script; returns what it wrote to stderr. Raises if psql itself fails."""
        path = os.path.join(self.directory, 'script.sql')
        with open(path, 'w') as file:
            file.write(script)
        ran = subprocess.run(
            ['psql', '-X', '-q', '-d', self.dsn, '-f', path],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(os.environ, PGCLIENTENCODING='UTF8', PGOPTIONS='-c client_min_messages=warning'),
        )
        told = ran.stderr.decode('utf-8', 'replace')
        if ran.returncode != 0:
            raise SystemExit('psql failed:\n' + told)
        return told

    def ask(self, captures, options, query, wide=False):
        """Runs a query on the table of each capture; returns the output and the messages of each."""
        script = ['\\pset format unaligned', '\\pset tuples_only on']
        outputs = [os.path.join(self.directory, 'output.%d' % i) for i in range(len(captures))]
        for number, (capture, output) in enumerate(zip(captures, outputs)):
            script += [
                '\\warn @@ %d' % number,
                'DROP FOREIGN TABLE IF EXISTS %s.flows;' % SCHEMA,
                import_table(capture, options),
                WIDEN if wide else '',
                '\\unset column_list',
                COLUMN_LIST,
                "\\o '%s'" % output,
                query,
                '\\o',
            ]
        told = re.split(r'^@@ \d+\n', self.psql('\n'.join(script) + '\n'), flags=re.MULTILINE)[1:]
        found = {}
        for capture, output, messages in zip(captures, outputs, told):
            with open(output, 'rb') as file:
                found[capture] = (file.read(), messages)
            os.unlink(output)
        return found

    def ask_for_all(self, captures, options, query):
        """The same, with wider types for captures with values that do not fit the types that IMPORT declares.

        This is a user's remedy. Returns these captures as well.
        """
        found = self.ask(captures, options, query)
        too_narrow = [capture for capture, (_, told) in found.items() if 'out of range for type integer' in told]
        if too_narrow:
            found |= self.ask(too_narrow, options, query, wide=True)
        return found, too_narrow

    def flows(self, captures, options, meters=1):
        query = "COPY (SELECT :column_list FROM %s.flows) TO STDOUT (FORMAT csv, HEADER, NULL '\\N');" % SCHEMA
        answers, widened = self.ask_for_all(captures, options | {'n_meters': str(meters)}, query)
        return {
            capture: Outcome(
                from_csv(raw), raw, messages_of(told, 'ERROR'), messages_of(told, 'WARNING'), capture in widened
            )
            for capture, (raw, told) in answers.items()
        }

    def explain(self, captures, options, meters, columns='*'):
        """For each capture, the scan's properties of EXPLAIN (ANALYZE, FORMAT JSON), or what was said instead."""
        query = 'EXPLAIN (ANALYZE, FORMAT JSON) SELECT %s FROM %s.flows;' % (columns, SCHEMA)
        answers, _ = self.ask_for_all(captures, options | {'n_meters': str(meters)}, query)
        return {
            capture: json.loads(raw)[0]['Plan'] if raw.strip() else told or 'EXPLAIN printed nothing'
            for capture, (raw, told) in answers.items()
        }


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def import_table(capture, options):
    source = capture.paths[0]
    if len(capture.paths) > 1:
        source = '{%s}' % ','.join('"%s"' % re.sub(r'(["\\])', r'\\\1', path) for path in capture.paths)
    options = {'table_name': 'flows', 'source': source} | options
    told = ', '.join('%s %s' % (name, quoted(value)) for name, value in options.items())
    return 'IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO %s OPTIONS (%s);' % (SCHEMA, told)


def messages_of(told, severity):
    """The messages of a severity, without psql's own prefix, which ends in the line of the script."""
    return tuple(re.findall(r'\b%s: .*' % severity, told))
