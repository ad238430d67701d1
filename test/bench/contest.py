"""Contestants of the bench: programs and queries that are timed, and the processor time and the greatest memory of their processes."""
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import psycopg2

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TREE, 'build', 'bench')
SHARED = os.path.join(os.path.dirname(TREE), 'shared')
PG_CONFIG = os.environ.get('PG_CONFIG') or 'pg_config'


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


# ------------------------------------------------------------------------------------------------------------ memory
def children():
    """The children of each process."""
    found = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                with open('/proc/%s/stat' % entry) as file:
                    parent = int(file.read().rpartition(')')[2].split()[1])
            except OSError:
                continue
            found.setdefault(parent, []).append(int(entry))
    return found


def family(root):
    """A process and its descendants."""
    below, found = children(), [root]
    for process in found:
        found += below.get(process, [])
    return found


def bytes_of(processes):
    """What these processes hold that no file backs."""
    total = 0
    for process in processes:
        try:
            with open('/proc/%d/smaps_rollup' % process) as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(('Pss_Anon:', 'Pss_Shmem:')))
        except OSError:
            continue
    return total * 1024


def seconds_of_children():
    """The processor time of this process's children that have ended, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_of(processes):
    """The processor time of these processes and of their children that have ended."""
    ticks = 0
    for process in processes:
        try:
            with open('/proc/%d/stat' % process) as file:
                ticks += sum(int(field) for field in file.read().rpartition(')')[2].split()[11:15])
        except OSError:
            continue
    return ticks / os.sysconf('SC_CLK_TCK')


class Watch(threading.Thread):
    """The greatest bytes_of() a family while this runs, less those of it that are no matter."""

    def __init__(self, root, others=()):
        super().__init__(daemon=True)
        self.root, self.others, self.most, self.ended = root, set(others), 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.02):
            self.most = max(self.most, bytes_of(process for process in family(self.root) if process not in self.others))

    def result(self):
        self.ended.set()
        self.join()
        return self.most


# ------------------------------------------------------------------------------------------------------- contestants
class Contestant:
    """What is timed several times, and once watched for its memory, bytes; `rounds`: no more often, None: as often as the others."""

    def __init__(self, name, rounds=None):
        self.name, self.rounds, self.times, self.processor, self.memory, self.count = name, rounds, [], [], 0, ''

    def median(self):
        return statistics.median(self.times)

    def took(self, elapsed, processor):
        """Seconds by the clock, and of processors."""
        self.times.append(elapsed)
        self.processor.append(processor)


class Program(Contestant):
    """A command; `flows` and `seconds` are patterns for what it prints. Without `seconds`, its whole run is timed."""

    def __init__(self, name, command, flows=None, seconds=None, rounds=None):
        super().__init__(name, rounds)
        self.command, self.flows, self.seconds = command, flows, seconds

    def run(self, watched=False):
        start, used = time.monotonic(), self.processor_time()
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        watch = self.watch(process) if watched else None
        if watch:
            watch.start()
        said = process.communicate()[0]
        elapsed = time.monotonic() - start
        if process.returncode:
            sys.exit('%s failed:\n%s' % (self.name, said))
        if watch:
            self.memory = watch.result()
            self.count = self.number(self.flows, said)
        else:
            self.took(float(self.number(self.seconds, said)) if self.seconds else elapsed, self.processor_time() - used)

    def processor_time(self):
        return seconds_of_children()

    def watch(self, process):
        return Watch(process.pid)

    @staticmethod
    def number(pattern, said):
        found = re.search(pattern, said) if pattern else None
        return found.group(1).replace(',', '') if found else ''


def lines(said):
    return len(said.splitlines())


def sum_of(place):
    """Adds up a column of psql's, by its place from 0."""
    return lambda said: sum(int(line.split('\t')[place]) for line in said.splitlines())


class Query(Program):
    """A query in the cluster, by psql; `count` makes the number of flows of what it prints."""

    def __init__(self, name, cluster, query, count=None):
        super().__init__(name, cluster.psql('-A', '-t', '-F', '\t', '-c', query), flows=count)
        self.cluster = cluster

    def watch(self, process):
        return Watch(self.cluster.postmaster, family(self.cluster.postmaster))

    def processor_time(self):
        return seconds_of_children() + self.cluster.processor_time()

    def number(self, count, said):
        return str(count(said)) if count else ''


class InSession(Contestant):
    """A statement in a session that is open and has run it before; one time is that of several runs, divided."""

    RUNS = 20

    def __init__(self, name, cluster, statement):
        super().__init__(name)
        self.cluster, self.statement, self.session = cluster, statement, None

    def run(self, watched=False):
        if self.session is None:
            self.session = self.cluster.connect()
        with self.session.cursor() as cursor:
            start, used = time.monotonic(), self.cluster.processor_time()
            for _ in range(self.RUNS):
                cursor.execute(self.statement)
                rows = cursor.fetchall()
            if watched:
                self.count = str(len(rows))
            else:
                self.took((time.monotonic() - start) / self.RUNS, (self.cluster.processor_time() - used) / self.RUNS)


class AtOnce(Contestant):
    """The same statement in several sessions at once, or one session after the other."""

    def __init__(self, name, cluster, statement, sessions, at_once):
        super().__init__(name)
        self.cluster, self.statement, self.count, self.at_once = cluster, statement, sessions, at_once

    def run(self, watched=False):
        sessions = [self.cluster.connect() for _ in range(self.count)]
        threads = [threading.Thread(target=self.execute, args=(session,)) for session in sessions]
        start, used = time.monotonic(), self.cluster.processor_time()
        for thread in threads:
            thread.start()
            if not self.at_once:
                thread.join()
        for thread in threads:
            thread.join()
        if not watched:
            self.took(time.monotonic() - start, self.cluster.processor_time() - used)
        for session in sessions:
            session.close()

    def execute(self, session):
        with session.cursor() as cursor:
            cursor.execute(self.statement)


class Cluster:
    """A private cluster with the extension and a server called nfstream."""

    def __init__(self):
        self.directory = os.path.join(tempfile.gettempdir(), 'nfstream_fdw-bench.%d' % os.getpid())
        self.script = os.path.join(TREE, 'scripts', 'cluster.sh')
        self.dsn = output(self.script, 'start', self.directory, 'max_worker_processes=24')
        with open(os.path.join(self.directory, 'data', 'postmaster.pid')) as file:
            self.postmaster = int(file.readline())
        self.do('CREATE EXTENSION nfstream_fdw; CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw')

    def do(self, script):
        subprocess.run(self.psql('-v', 'ON_ERROR_STOP=1', '-c', 'SET client_min_messages = warning', '-c', script), check=True, stdout=subprocess.DEVNULL)

    def connect(self):
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        return connection

    def processor_time(self):
        """Seconds so far."""
        return seconds_of(family(self.postmaster))

    def show(self, setting):
        return output(*self.psql('-A', '-t', '-c', 'SHOW %s' % setting))

    def flows_table(self, name, source, schema='nflow', **options):
        pairs = {'table_name': name, 'source': source, **options}
        self.do("DROP FOREIGN TABLE IF EXISTS %s; IMPORT FOREIGN SCHEMA %s FROM SERVER nfstream INTO public OPTIONS (%s)" % (
            name, schema, ', '.join("%s '%s'" % (option, str(value).replace("'", "''")) for option, value in pairs.items())))

    def copy(self, path):
        """A copy of a file that the server can read."""
        to = os.path.join(self.directory, os.path.basename(path))
        shutil.copyfile(path, to)
        os.chmod(to, 0o644)
        return to

    def psql(self, *arguments):
        return [os.path.join(output(PG_CONFIG, '--bindir'), 'psql'), '-X', '-q', *arguments, self.dsn]

    def stop(self):
        subprocess.run([self.script, 'stop', self.directory], check=True)
