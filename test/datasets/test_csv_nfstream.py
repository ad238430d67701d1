"""Tests, in TAP, that nfstream_to_csv() gives the files that NFStream's to_csv() gives: names, number, and rows once parsed.

Statistics and SPLT included, labels aside, which are those of whatever nDPI is linked. The captures are such whose rows
and ids are NFStream's (README.md, "Differences to NFStream"). NFStream itself runs only with --peer.
"""

import json
import os
import shutil
import subprocess
import sys

from tap import main, run

import compare
import peer
from table import LABELS, Table, from_csv_file
from venvs import NoPackage

CAPTURES = (
    'busy',
    'cooked_v1',
    'dhcp',
    'dns',
    'ftp_smtp_tftp',
    'gre',
    'gtpu',
    'http',
    'icmp',
    'ip6_extensions',
    'ip_protocols',
    'ipv6',
    'mdns',
    'mpls',
    'qinq',
    'quic',
    'ssh',
    'time_many_idle',
    'tls',
    'vlan',
    'vxlan',
)
# flows_per_file and rotate_files, on captures of 160 and 1,101 flows.
CHUNKED = ('busy', 'time_many_idle')
CHUNKS = ((50, 0), (40, 0), (160, 0), (1000, 2), (50, 3), (40, 4), (40, 3), (100, 1), (0, 3))
ONE_FLOW_A_FILE = ('tls', 1, 5)
NO_FLOWS = 'link_user'
HASHED = ['src_ip', 'dst_ip', 'src_oui', 'protocol', 'requested_server_name', 'bidirectional_mean_ps', 'splt_ps']
OPTIONS = {'statistical_analysis': True, 'splt_analysis': 10}


class Ours:
    def __init__(self, server):
        self.server, self.connection = server, server.create_database('csv_nfstream')
        run(self.connection, 'CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw')

    def declare(self, name, source):
        run(
            self.connection,
            """IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public
            OPTIONS (table_name %s, source %s, statistical_analysis 'true', splt_analysis '10')""",
            [name, source if isinstance(source, str) else '{%s}' % ','.join(source)],
        )

    def to_csv(self, name, path=None, columns=(), flows_per_file=0, rotate_files=0):
        arguments = [name, path, list(columns), flows_per_file, rotate_files]
        return run(self.connection, 'SELECT nfstream_to_csv(%s, %s, %s::text[], %s, %s)', arguments)[0][0]


class Theirs:
    """Collects calls of NFStream's, to make them all in one process of it."""

    def __init__(self, build):
        self.build, self.jobs = build, []

    def to_csv(self, source, **arguments):
        """The number of the call, by which its answer is found."""
        self.jobs.append({'source': source, 'options': OPTIONS, 'to_csv': arguments})
        return len(self.jobs) - 1

    def run(self):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'nfstream_to_csv_run.py')
        ran = subprocess.run(
            [peer.python(self.build), '-I', program],
            input=json.dumps(self.jobs),
            text=True,
            stdout=subprocess.PIPE,
            check=True,
        )
        return json.loads(ran.stdout.splitlines()[-1])


def rows_of(path):
    """The rows of a file, lists in one form: PostgreSQL's are {0,1}."""
    table = from_csv_file(path)
    lists = [name.startswith('splt_') for name in table.columns]
    as_list = lambda value: '[%s]' % value[1:-1] if value.startswith('{') else value
    return Table(
        table.columns, [tuple(as_list(v) if is_list else v for v, is_list in zip(row, lists)) for row in table.rows]
    )


def differences(theirs, ours):
    """What differs between two directories of CSV files, labels aside."""
    names = sorted(os.listdir(theirs))
    if names != sorted(os.listdir(ours)):
        return ['files %s, of NFStream %s' % (sorted(os.listdir(ours)), names)]
    found = []
    for name in names:
        expected, got = rows_of(os.path.join(theirs, name)), rows_of(os.path.join(ours, name))
        told = compare.of_columns(expected, got) or compare.in_order(expected.without(LABELS), got.without(LABELS))
        found += ['%s: %s' % (name, told)] if told else []
    return found


def hashed_differences(theirs, ours):
    """The same with hashed columns: equal values must have equal hashes, and different ones different hashes."""
    expected, got = rows_of(theirs), rows_of(ours)
    found = [compare.of_columns(expected, got)] if expected.columns != got.columns else []
    rest = [name for name in expected.columns if name not in LABELS and name not in HASHED]
    told = compare.in_order(expected.only(rest), got.only(rest))
    found += [told] if told else []
    for name in HASHED:
        a, b = ([row[0] for row in table.only([name]).rows] for table in (expected, got))
        pairs = set(zip(a, b))
        # NFStream's nDPI and ours may name other servers: there, no more than that all is hashed.
        if name not in LABELS and not len(pairs) == len(set(a)) == len(set(b)):
            found.append(
                '%s: %d values of NFStream, %d of ours, %d pairs' % (name, len(set(a)), len(set(b)), len(pairs))
            )
        found += [
            '%s: %r is no hash' % (name, value)
            for value in a + b
            if len(value) != 128 or set(value) - set('0123456789abcdef')
        ]
    return found


class Comparison:
    """Exports of the same flows by both, each into directories of its own."""

    def __init__(self, server, ours, theirs, directory):
        self.server, self.ours, self.theirs, self.directory = server, ours, theirs, directory
        self.exports = []

    def directories(self):
        made = [os.path.join(self.directory, by, str(len(self.exports))) for by in ('theirs', 'ours')]
        os.makedirs(made[0])
        return made[0], self.server.directory(os.path.relpath(made[1], self.server.exports))

    def add(self, name, flows_per_file=0, rotate_files=0):
        theirs, ours = self.directories()
        chunks = {'flows_per_file': flows_per_file, 'rotate_files': rotate_files}
        number = self.theirs.to_csv(self.server.capture(name + '.pcap'), path=theirs + '/flows.csv', **chunks)
        written = self.ours.to_csv(name, ours + '/flows.csv', **chunks)
        words = name + ''.join(', %s %d' % chunk for chunk in chunks.items() if chunk[1])
        self.exports.append((words, number, written, theirs, ours))

    def judge(self, tap, answers):
        for words, number, written, theirs, ours in self.exports:
            problems = differences(theirs, ours)
            if written != answers[number]:
                problems.append('%d flows, of NFStream %d' % (written, answers[number]))
            tap.check('%s: %d flows in %d files' % (words, written, len(os.listdir(ours))), problems)


def with_peer(tap, server, ours, build, directory):
    theirs = Theirs(build)
    comparison = Comparison(server, ours, theirs, directory)
    for name in (*CAPTURES, NO_FLOWS):
        comparison.add(name)
    for name in CHUNKED:
        for chunks in CHUNKS:
            comparison.add(name, *chunks)
    comparison.add(*ONE_FLOW_A_FILE)
    comparison.add(NO_FLOWS, 5, 2)

    # Where they write without a path: beside copies of the captures.
    beside = comparison.directories()
    for by in beside:
        for name in ('http', 'tls', NO_FLOWS):
            shutil.copy(server.capture(name + '.pcap'), by)
    beside_files = [[os.path.join(by, name) for name in ('http.pcap', 'tls.pcap')] for by in beside]
    single = [os.path.join(by, 'tls.pcap') for by in beside]
    none = [os.path.join(by, NO_FLOWS + '.pcap') for by in beside]
    without_path = []
    for number, (their_source, our_source) in enumerate((beside_files, single, none)):
        ours.declare('beside_%d' % number, our_source)
        without_path.append((theirs.to_csv(their_source), ours.to_csv('beside_%d' % number)))

    hashed = [os.path.join(by, 'hashed.csv') for by in (directory + '/theirs', directory + '/ours')]
    theirs.to_csv(server.capture('busy.pcap'), path=hashed[0], columns_to_anonymize=HASHED)
    ours.to_csv('busy', hashed[1], HASHED)

    answers = theirs.run()
    comparison.judge(tap, answers)
    tap.equal('without a path: as many flows', [o for _, o in without_path], [answers[t] for t, _ in without_path])
    for by in beside:
        for name in ('http', 'tls', NO_FLOWS):
            os.unlink(os.path.join(by, name + '.pcap'))
    tap.check('and the same files beside the captures', differences(*beside))
    tap.check('anonymised: the same rows, the same values equal', hashed_differences(*hashed))


def alone(tap, server, ours, directory):
    """What holds by documentation alone, whatever NFStream does."""
    inside = server.directory(os.path.join(directory, 'a csv.csv directory'))
    tap.equal('"csv" in a directory\'s name: all flows', ours.to_csv('busy', inside + '/csv.csv', (), 50), 160)
    tap.equal('and the number is in the file\'s name', sorted(os.listdir(inside)), ['csv.%d.csv' % i for i in range(4)])
    tap.equal(
        'with so many rows',
        [len(from_csv_file('%s/csv.%d.csv' % (inside, i)).rows) for i in range(4)],
        [50, 50, 50, 10],
    )
    empty = server.directory(os.path.join(directory, 'empty'))
    tap.equal(
        'no flow: none is counted',
        [ours.to_csv(NO_FLOWS, empty + '/a.csv'), ours.to_csv(NO_FLOWS, empty + '/b.csv', (), 5, 2)],
        [0, 0],
    )
    tap.equal('and there is no file', os.listdir(empty), [])


def test(tap, server, arguments):
    # NFStream's chunks need a path with one "csv" only.
    directory, ours = server.directory('nfstream'), Ours(server)
    os.mkdir(directory + '/theirs')
    server.directory('nfstream/ours')
    for name in (*CAPTURES, NO_FLOWS):
        ours.declare(name, server.capture(name + '.pcap'))
    alone(tap, server, ours, directory)
    if not arguments.peer:
        tap.skip("the files of NFStream's to_csv()", 'NFStream itself runs with PEER=1')
        return
    try:
        peer.python(arguments.build)
    except NoPackage as reason:
        tap.skip("the files of NFStream's to_csv()", reason)
    else:
        with_peer(tap, server, ours, arguments.build, directory)


if __name__ == '__main__':
    sys.exit(main(__doc__, test))
