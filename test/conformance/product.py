"""What the product returns, by SQL in a running cluster or by hand from nfstream_meter: the same calls and tables."""

import json
import os
import queue
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import plugins
from table import LABELS, from_csv, with_plugins_apart

# Each has a schema of its own. No more, so that every meter of eight finds a free slot for its worker.
SESSIONS = min(2, os.cpu_count())
SCHEMA = 'conformance_%d'

# As EXPLAIN (ANALYZE, FORMAT JSON) names them.
METERS_STARTED = 'Meters Started'
FLOWS_OF_METERS = 'Flows of Meters'
PACKETS_READ, PACKETS_METERED = 'Packets Read', 'Packets Metered'
PACKETS_FILTERED, PACKETS_GIVEN_UP = 'Packets Filtered', 'Packets Given Up'
IGNORED = 'Ignored'

# What a column is shown as: addresses without a netmask, lists as JSON. The columns that the references do not have are
# left aside, and labels in a second list. What plugins leave is in udps, not in a column for each value.
COLUMN_LISTS = """
WITH found AS (
    SELECT attname, attnum,
        CASE WHEN atttypid = 'inet'::regtype THEN format('host(%%1$I) AS %%1$I', attname)
             WHEN atttypid IN ('int[]'::regtype, 'bigint[]'::regtype) THEN format('array_to_json(%%1$I) AS %%1$I', attname)
             ELSE format('%%I', attname) END AS shown
    FROM pg_attribute
    WHERE attrelid = to_regclass('flows') AND attnum > 0 AND NOT attisdropped AND attname <> 'source_file'
        AND NOT EXISTS (SELECT FROM unnest(attfdwoptions) AS option WHERE option LIKE 'attribute=udps.%%'))
SELECT string_agg(shown, ', ' ORDER BY attnum) AS columns,
    string_agg(shown, ', ' ORDER BY attnum) FILTER (WHERE attname <> ALL ('{%s}')) AS columns_but_labels
FROM found \\gset
""" % ','.join(LABELS)

FLOWS = "COPY (SELECT :%s FROM flows) TO STDOUT (FORMAT csv, HEADER, NULL '\\N');"
ALL_COLUMNS, BUT_LABELS = FLOWS % 'columns', FLOWS % 'columns_but_labels'
NAMES_APART = """
ALTER FOREIGN TABLE flows OPTIONS (ADD application_names 'short');
ALTER FOREIGN TABLE flows ADD application_protocol text;
COPY (SELECT id, application_name AS application, application_protocol FROM flows) TO STDOUT (FORMAT csv, HEADER);
"""
# Plugins that tell all that they leave have no such column from IMPORT.
ADD_UDPS = 'ALTER FOREIGN TABLE flows ADD udps json;'
EXPLAIN = 'EXPLAIN (ANALYZE, FORMAT JSON) SELECT %s FROM flows;'
ACCOUNT = EXPLAIN % 'id'


@dataclass
class Outcome:
    """What a request for one capture's flows gave."""

    raw: bytes = b''  # the output as it came
    errors: tuple = ()
    warnings: tuple = ()
    outputs: tuple = None  # what the profile's plugins leave, plugins.outputs(); None: udps stays as it is

    @cached_property
    def table(self):
        found = from_csv(self.raw)
        return found if self.outputs is None else with_plugins_apart(found, self.outputs)


@dataclass
class Everything:
    """What is asked of one capture in every profile."""

    flows: Outcome  # with one meter
    plan: object = None  # of EXPLAIN (ANALYZE): a dictionary, or why there is none
    of_meters: dict = field(default_factory=dict)  # Outcomes of several meters, labels aside


class ByHand:
    """The meter, started by hand. Its status is not 0 after damage as well, when the rows before it are printed."""

    has_sql = False
    OF_LIVE_SOURCES = ('snapshot_length',)  # accepted and without effect in SQL, unknown to the program

    def __init__(self, program):
        self.program = program

    def flows(self, captures, options):
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return dict(zip(captures, threads.map(lambda capture: self.one(capture, options), captures)))

    def everything(self, captures, options, meters):
        return {capture: Everything(outcome) for capture, outcome in self.flows(captures, options).items()}

    def one(self, capture, options):
        outputs = outputs_of(options)
        arguments = ['--application_names=full']
        if 'udps' in options:
            options = options | {'udps': plugins.by_hand(options)}
        arguments += ['--%s=%s' % option for option in options.items() if option[0] not in self.OF_LIVE_SOURCES]
        ran = subprocess.run([self.program, *arguments, *capture.paths], capture_output=True)
        # That a filter sees nothing of tagged packets is a NOTICE in SQL, which is not compared.
        told = tuple(line for line in ran.stderr.decode('utf-8', 'replace').splitlines() if ': no packet passed, and ' not in line)
        if ran.returncode:
            told += ('ended with status %d' % ran.returncode,)
        refused = ran.returncode != 0 and not from_csv(ran.stdout).rows
        return Outcome(ran.stdout, told if refused else (), () if refused else told, outputs)


class Sql:
    """The extension, asked by psql: a session for many captures, several at a time."""

    has_sql = True

    def __init__(self, dsn, directory):
        self.dsn, self.directory = dsn, directory
        self.schemas = queue.SimpleQueue()  # those of no session
        self.prepare()

    def prepare(self):
        script = """\\set ON_ERROR_STOP on
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER IF NOT EXISTS nfstream FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (application_names 'full');
"""
        schemas = [SCHEMA % number for number in range(SESSIONS)]
        for schema in schemas:
            script += 'DROP SCHEMA IF EXISTS %s CASCADE;\nCREATE SCHEMA %s;\n' % (schema, schema)
        self.psql(script, schemas[0])
        for schema in schemas:
            self.schemas.put(schema)

    def names_apart(self, captures, options):
        """The Outcome of each capture's applications, and of what carries them."""
        asked = self.ask(captures, options, [NAMES_APART])
        return {capture: answer.outcome() for capture, (answer,) in asked.items()}

    def psql(self, script, schema):
        """Runs a script; returns what it wrote to stderr. Raises if psql itself fails."""
        path = os.path.join(self.directory, schema + '.sql')
        with open(path, 'w') as file:
            file.write(script)
        options = '-c client_min_messages=warning -c search_path=%s,public' % schema
        ran = subprocess.run(
            ['psql', '-X', '-q', '-d', self.dsn, '-f', path],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(os.environ, PGCLIENTENCODING='UTF8', PGOPTIONS=options),
        )
        told = ran.stderr.decode('utf-8', 'replace')
        if ran.returncode != 0:
            raise RuntimeError('psql failed:\n' + told)
        return told

    def ask(self, captures, options, queries):
        """Runs queries on the table of each capture; returns the Answers of each."""
        by_size = sorted(captures, key=lambda capture: sum(map(os.path.getsize, capture.paths)))
        found = {}
        with ThreadPoolExecutor(SESSIONS) as threads:
            shares = [by_size[number::SESSIONS] for number in range(SESSIONS)]
            for share in threads.map(lambda share: self.in_session(share, options, queries), shares):
                found |= share
        return {capture: found[capture] for capture in captures}

    def in_session(self, captures, options, queries):
        schema = self.schemas.get()
        try:
            return self.ask_in(schema, captures, options, queries)
        finally:
            self.schemas.put(schema)

    def ask_in(self, schema, captures, options, queries):
        script, output = ['\\pset format unaligned', '\\pset tuples_only on'], os.path.join(self.directory, schema)
        for number, capture in enumerate(captures):
            script += [
                'DROP FOREIGN TABLE IF EXISTS flows;',
                import_table(capture, options | {'n_meters': '1'}, schema),
                ADD_UDPS if 'udps' in options else '',
                '\\unset columns',
                COLUMN_LISTS,
            ]
            for query in range(len(queries)):
                script += ['\\warn @@', "\\o '%s.%d.%d'" % (output, number, query), queries[query], '\\o']
            script.append('\\warn @@')
        told = iter(re.split(r'^@@\n', self.psql('\n'.join(script) + '\n', schema), flags=re.MULTILINE))
        found = {}
        for number, capture in enumerate(captures):
            before = next(told)
            found[capture] = [
                Answer(take('%s.%d.%d' % (output, number, query)), before + next(told), outputs_of(options))
                for query in range(len(queries))
            ]
        return found

    def everything(self, captures, options, meters):
        """For each capture all that is asked of it in every profile."""
        queries = [ALL_COLUMNS, ACCOUNT, *(with_meters(number, BUT_LABELS) for number in meters)]
        return {
            capture: Everything(flows.outcome(), account.plan(), {m: a.outcome() for m, a in zip(meters, others)})
            for capture, (flows, account, *others) in self.ask(captures, options, queries).items()
        }


@dataclass
class Answer:
    """What came of one query."""

    raw: bytes
    told: str
    outputs: tuple

    def outcome(self):
        return Outcome(self.raw, messages_of(self.told, 'ERROR'), messages_of(self.told, 'WARNING'), self.outputs)

    def plan(self):
        """The scan's properties of EXPLAIN, or what was said instead."""
        return json.loads(self.raw)[0]['Plan'] if self.raw.strip() else self.told or 'EXPLAIN printed nothing'


def outputs_of(options):
    return tuple(plugins.outputs(options)) if 'udps' in options else None


def take(path):
    """The content of a file, which is removed."""
    with open(path, 'rb') as file:
        content = file.read()
    os.unlink(path)
    return content


def with_meters(number, query):
    return "ALTER FOREIGN TABLE flows OPTIONS (SET n_meters '%d');\n%s" % (number, query)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def import_table(capture, options, schema):
    source = capture.paths[0]
    if len(capture.paths) > 1:
        source = '{%s}' % ','.join('"%s"' % re.sub(r'(["\\])', r'\\\1', path) for path in capture.paths)
    options = {'table_name': 'flows', 'source': source} | options
    told = ', '.join('%s %s' % (name, quoted(value)) for name, value in options.items())
    return 'IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO %s OPTIONS (%s);' % (schema, told)


def messages_of(told, severity):
    """The messages of a severity, without psql's own prefix, which ends in the line of the script."""
    return tuple(re.findall(r'\b%s: .*' % severity, told))
