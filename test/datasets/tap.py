"""What the tests of data sets share: TAP, the command line, connections to the cluster under test."""

import argparse
import os
import random
import sys
import traceback

import psycopg2

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(TREE, 'test', 'conformance'))


class Tap:
    def __init__(self):
        self.number, self.broken = 0, False

    def check(self, name, problems=()):
        """A test that passes if there are no problems: a list, or whether there is one."""
        self.number += 1
        print('%sok %d - %s' % ('not ' if problems else '', self.number, name), flush=True)
        if problems and problems is not True:
            for problem in list(problems)[:5]:
                print('# ' + str(problem).replace('\n', '\n# '))
            if len(problems) > 5:
                print('# ... and %d more' % (len(problems) - 5))
        self.broken |= bool(problems)

    def equal(self, name, got, expected):
        self.check(name, [] if got == expected else ['expected %r' % (expected,), 'got      %r' % (got,)])

    def skip(self, name, reason):
        self.number += 1
        print('ok %d - %s # SKIP %s' % (self.number, name, reason), flush=True)

    def note(self, text):
        print('# ' + text, flush=True)

    def random(self):
        """A source of random values, whose seed is printed, and taken from SEED in the environment."""
        seed = int(os.environ.get('SEED') or random.SystemRandom().randrange(2**32))
        self.note('SEED=%d' % seed)
        return random.Random(seed)


class Server:
    """The cluster under test, which must be able to read the captures and to write the exports."""

    def __init__(self, arguments):
        self.dsn, self.captures, self.exports = arguments.dsn, arguments.captures, arguments.exports

    def connect(self, database):
        connection = psycopg2.connect(self.dsn, dbname=database, client_encoding='UTF8')
        connection.autocommit = True
        return connection

    def create_database(self, name, encoding='UTF8'):
        """A new database of that name, with the extension; a connection to it."""
        with self.connect('postgres').cursor() as cursor:
            cursor.execute('DROP DATABASE IF EXISTS %s' % identifier(name))
            cursor.execute("CREATE DATABASE %s TEMPLATE template0 ENCODING '%s'" % (identifier(name), encoding))
        connection = self.connect(name)
        run(connection, 'CREATE EXTENSION nfstream_fdw')
        return connection

    def capture(self, name):
        return os.path.join(self.captures, name)

    def directory(self, name):
        """A directory of that name that the server may write, empty."""
        directory = os.path.join(self.exports, name)
        os.mkdir(directory)
        parent = os.stat(self.exports)
        os.chown(directory, parent.st_uid, parent.st_gid)
        return directory


def identifier(name):
    return '"%s"' % name.replace('"', '""')


def run(connection, statement, values=None):
    """The rows of a statement, None if it has none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else None


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--dsn', required=True, help='connection string of the cluster, without a database')
    parser.add_argument('--captures', required=True, help='the captures, where the server can read them')
    parser.add_argument('--exports', required=True, help='a directory that belongs to the server')
    parser.add_argument('--build', required=True, help='where Python\'s packages are installed to, and reused')
    parser.add_argument('--peer', action='store_true', help='compare with NFStream itself')
    return parser.parse_args()


def main(description, test):
    """Runs test(tap, server, arguments); the exit status. One that breaks off has failed."""
    arguments, tap = parse(description), Tap()
    try:
        test(tap, Server(arguments), arguments)
    except Exception:
        tap.check('runs to its end', [traceback.format_exc()])
    print('1..%d' % tap.number)
    return 1 if tap.broken else 0
