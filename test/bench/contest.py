"""Contestants of the bench: programs and queries that are timed, and the greatest memory of their processes."""
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
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
class Program:
    """A command; `flows` and `seconds` are patterns for what it prints. Without `seconds`, its whole run is timed."""

    def __init__(self, name, command, flows=None, seconds=None):
        self.name, self.command, self.flows, self.seconds = name, command, flows, seconds
        self.times, self.memory, self.count = [], 0, ''

    def run(self, watched=False):
        start = time.monotonic()
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
            self.times.append(float(self.number(self.seconds, said)) if self.seconds else elapsed)

    def watch(self, process):
        return Watch(process.pid)

    @staticmethod
    def number(pattern, said):
        found = re.search(pattern, said) if pattern else None
        return found.group(1).replace(',', '') if found else ''


class Query(Program):
    """A query in the cluster, by psql; `place`: the column whose sum is the number of flows, None if there is none."""

    def __init__(self, name, cluster, query, place):
        super().__init__(name, cluster.psql('-A', '-t', '-F', '\t', '-c', query), flows=place is not None)
        self.cluster, self.place = cluster, place

    def watch(self, process):
        return Watch(self.cluster.postmaster, family(self.cluster.postmaster))

    def number(self, pattern, said):
        return str(sum(int(line.split('\t')[self.place]) for line in said.splitlines())) if pattern else ''


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
        subprocess.run(self.psql('-v', 'ON_ERROR_STOP=1', '-c', script), check=True, stdout=subprocess.DEVNULL)

    def flows_table(self, name, capture, meters):
        self.do("IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public "
                "OPTIONS (table_name '%s', source '%s', n_meters '%d')" % (name, capture.replace("'", "''"), meters))

    def psql(self, *arguments):
        return [os.path.join(output(PG_CONFIG, '--bindir'), 'psql'), '-X', '-q', *arguments, self.dsn]

    def stop(self):
        subprocess.run([self.script, 'stop', self.directory], check=True)
