"""The server under test: a private cluster inside a namespace, as an ordinary user, and meters that may capture.

Only there do the server's programs have their rights: copies that have them are mounted over them, in the namespace's own
mounts. What is installed stays as it is. Sessions come from outside by the Unix socket.
"""

import csv
import io
import os
import pwd
import re
import shutil
import subprocess
import threading
import time

import psycopg2

from bed import wait_until

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PG_CONFIG = os.environ.get('PG_CONFIG', 'pg_config')
PROGRAMS = subprocess.run([PG_CONFIG, '--bindir'], capture_output=True, text=True, check=True).stdout.strip()
SETCAP = '/sbin/setcap'

# As `make install-capture` gives them.
RIGHTS = {
    'nfstream_meter': 'cap_net_raw=p',
    'nfstream_meter_python': 'cap_net_raw=p',
    'nfstream_sockets': 'cap_sys_ptrace,cap_dac_read_search=p',
}
HANG_MS = 60000  # what no statement of these tests takes


class Cluster:
    """A cluster inside a namespace. `capable`: whether its meters may capture."""

    def __init__(self, namespace, *settings, capable=True):
        self.namespace, self.directory = namespace, namespace.bed.path('cluster%d' % namespace.pid)
        script = [*namespace.within, os.path.join(TREE, 'scripts', 'cluster.sh')]
        settings = (
            'shared_preload_libraries=nfstream_fdw',
            'max_worker_processes=40',
            'nfstream_fdw.max_workers=36',
            'nfstream_fdw.max_meters=60',
            'fsync=off',
            'autovacuum=off',
            *settings,
        )
        # Stops the cluster when its standard input ends: when the bed is closed, or the tests are killed.
        guard = ['sh', '-c', 'cat > /dev/null; exec "$@"', 'sh', script[-1], 'stop', self.directory]
        namespace.bed.stack.callback(end_by_itself, subprocess.Popen([*namespace.within, *guard], stdin=subprocess.PIPE, process_group=0))
        started = subprocess.run([*script, 'start', self.directory, *settings], stdout=subprocess.PIPE, text=True, check=True)
        self.dsn = started.stdout.strip()
        self.user = re.search(r'\buser=(\S+)', self.dsn).group(1)
        if capable:
            for name, capabilities in RIGHTS.items():
                self.give_rights(name, capabilities)
        with Session(self) as session:
            session.run('CREATE EXTENSION nfstream_fdw')
            session.run("CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (application_names 'full')")

    def give_rights(self, name, capabilities):
        installed = os.path.join(PROGRAMS, name)
        if not os.path.exists(installed):
            return
        copy = '%s.%s' % (self.directory, name)
        shutil.copy(installed, copy)
        shutil.chown(copy, 'root', pwd.getpwnam(self.user).pw_gid)
        os.chmod(copy, 0o750)
        subprocess.run([SETCAP, capabilities, copy], check=True)
        self.namespace.run('mount', '--bind', copy, installed)

    @property
    def postmaster(self):
        with open(os.path.join(self.directory, 'data', 'postmaster.pid')) as file:
            return int(file.readline())

    def log(self):
        with open(os.path.join(self.directory, 'log'), errors='replace') as file:
            return file.read()

    def processes(self):
        """The postmaster's descendants, as their pid and name."""
        told = subprocess.run(['ps', '-e', '-o', 'pid=,ppid=,comm='], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): (int(parent), name) for pid, parent, name in (row.split(None, 2) for row in told.splitlines())}
        found, wanted = {}, {self.postmaster}
        while wanted:
            wanted = {pid for pid, (parent, _) in parents.items() if parent in wanted and pid not in found}
            found |= {pid: parents[pid][1] for pid in wanted}
        return found

    def meters(self):
        return [pid for pid, name in self.processes().items() if name.startswith('nfstream_meter')]

    def helpers(self):
        return [pid for pid, name in self.processes().items() if name.startswith('nfstream_')]

    def wait_for_capture(self, interface, meters=1, seconds=20):
        """Waits until that many meters capture on an interface: until their filters let something through."""
        wait_until(lambda: self.namespace.captures(interface, meters), seconds, '%d meters capture on %s' % (meters, interface))

    def wait_for_no_capture(self, interface, seconds=20):
        """Waits until no packet socket is left on an interface."""
        wait_until(lambda: not self.namespace.packet_sockets(interface), seconds, 'nobody captures on ' + interface)

    def wait_for_end(self, seconds=20):
        """Waits until no meter and no helper is left of any scan."""
        wait_until(lambda: not self.helpers(), seconds, 'nothing is left of a scan')


def end_by_itself(process):
    process.stdin.close()
    process.wait()


class Session:
    """A connection to a cluster."""

    def __init__(self, cluster, hang_ms=HANG_MS, **parameters):
        self.connection = psycopg2.connect(cluster.dsn, **parameters)
        self.connection.autocommit = True
        self.run("SET statement_timeout = %d; SET client_min_messages = 'notice'" % hang_ms)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def run(self, statement, values=None):
        """The rows of a statement, None if it has none."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else None

    def value(self, statement, values=None):
        return self.run(statement, values)[0][0]

    def error(self, statement):
        """The error that a statement ends with, as its SQLSTATE and its text; None if it ends well."""
        try:
            self.run(statement)
        except psycopg2.Error as error:
            return error.pgcode, str(error)
        return None

    def declare(self, name, source, **options):
        """A foreign table with every column that its options turn on."""
        told = {'table_name': name, 'source': source} | {option: str(value) for option, value in options.items()}
        self.run('DROP FOREIGN TABLE IF EXISTS %s' % name)
        self.run(
            'IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (%s)'
            % ', '.join("%s '%s'" % (option, value.replace("'", "''")) for option, value in told.items())
        )

    def account(self, query):
        """The foreign scan's node of EXPLAIN (ANALYZE)."""
        return self.value('EXPLAIN (ANALYZE, FORMAT JSON) ' + query)[0]['Plan']


class Stream(threading.Thread):
    """A query that runs while the test goes on: its rows, as texts by column, each with the time at which it came.

    COPY streams: what the server has sent is here, although the query has not ended.
    """

    def __init__(self, cluster, query, **parameters):
        super().__init__(daemon=True)
        self.session = Session(cluster, **parameters)
        self.pid = self.session.connection.get_backend_pid()
        self.query, self.rows, self.times, self.columns, self.error, self.code = query, [], [], None, None, None
        self.buffered = b''
        self.start()

    def run(self):
        try:
            with self.session.connection.cursor() as cursor:
                cursor.copy_expert("COPY (%s) TO STDOUT (FORMAT csv, HEADER, NULL '\\N')" % self.query, self)
        except psycopg2.Error as error:
            self.error, self.code = str(error), error.pgcode
        self.ended = time.monotonic()

    def write(self, data):
        """Of copy_expert(): a line, more or less; a record may have line ends in it."""
        self.buffered += data
        if self.buffered.count(b'"') % 2 or not self.buffered.endswith(b'\n'):
            return
        for row in csv.reader(io.StringIO(self.buffered.decode(), newline='')):
            if self.columns is None:
                self.columns = row
            else:
                self.times.append(time.monotonic())
                self.rows.append(dict(zip(self.columns, row)))
        self.buffered = b''

    @property
    def notices(self):
        return self.session.connection.notices

    def wait_for_rows(self, count, seconds=20):
        try:
            wait_until(lambda: len(self.rows) >= count or not self.is_alive(), seconds, '%d rows' % count)
        except TimeoutError as error:
            raise TimeoutError('%s; %d came' % (error, len(self.rows)))
        return self.rows

    def wait(self, seconds=30):
        """Until the query has ended by itself; its rows. Raises where it failed."""
        self.join(seconds)
        if self.is_alive():
            self.cancel()
            raise TimeoutError('waited %d s for the end of a query; %d rows came' % (seconds, len(self.rows)))
        if self.error:
            raise RuntimeError(self.error)
        self.close()
        return self.rows

    def cancel(self):
        """Cancels the query; the seconds until it had ended."""
        start = time.monotonic()
        self.session.connection.cancel()
        self.join(30)
        if self.is_alive():
            raise TimeoutError('waited 30 s for the end of a cancelled query')
        self.close()
        return self.ended - start

    def close(self):
        self.session.connection.close()
