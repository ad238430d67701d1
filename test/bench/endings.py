"""How soon nothing is left of a scan that is ended before its end: its workers, meters, shared memory and zombies.

A scan is ended while its meters wait, as nobody fetches, or after a random time of work. The clock starts with what ends it. A process that has ended and was not waited for is still there.
"""
import os
import random
import statistics
import threading
import time

import psycopg2

from contest import children, family

SHARED_MEMORY = '/dev/shm'
PATIENCE = 10   # seconds


def segments():
    return {name for name in os.listdir(SHARED_MEMORY) if name.startswith('PostgreSQL.')}


class Statement(threading.Thread):
    """A statement at work, which is to fail."""

    def __init__(self, cursor, statement):
        super().__init__()
        self.cursor, self.statement, self.error = cursor, statement, None

    def run(self):
        try:
            self.cursor.execute(self.statement)
        except psycopg2.Error as error:
            self.error = error

    def finish(self):
        self.join()
        if self.error is None:
            raise RuntimeError('"%s" came to its end' % self.statement)


class Endings:
    """Ends scans of two tables, with `meters` meters each: the flows of `waiting` are more than fit on their way to the leader."""

    def __init__(self, cluster, waiting, working, meters, count):
        self.cluster, self.waiting, self.working, self.meters, self.count = cluster, waiting, working, meters, count
        self.witness = cluster.connect()
        self.times = {}

    def meters_of(self, before):
        """The workers and meters of a scan, by what was there before it, once they are complete."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            # A meter is a child of its worker, which was started before.
            below = children()
            new = [process for process in family(self.cluster.postmaster) if process not in before]
            if len([process for process in new if below.get(process)]) == self.meters:
                return new
            time.sleep(0.001)
        raise TimeoutError('a scan did not start its %d meters' % self.meters)

    def until_gone(self, processes, since, segments_before):
        while any(os.path.exists('/proc/%d' % process) for process in processes) or segments() - segments_before:
            if time.monotonic() - since > PATIENCE:
                raise TimeoutError('something was left after %d seconds' % PATIENCE)
            time.sleep(0.0002)
        return time.monotonic() - since

    def end(self, way, start, ending):
        """Times as many scans as asked for, which `start` begins and `ending` ends. Ending returns the moment from which it counts, if it is not
        that of its call."""
        times = self.times[way] = []
        for _ in range(self.count):
            connection = self.cluster.connect()
            cursor, before, memory = connection.cursor(), set(family(self.cluster.postmaster)), segments()
            start(connection, cursor)
            processes = self.meters_of(before)
            called = time.monotonic()
            since = ending(connection, cursor, processes) or called
            times.append(self.until_gone(processes, since, memory))
            connection.close()

    # ------------------------------------------------------------------------------------------------------- beginnings
    def wait(self, connection, cursor):
        cursor.execute('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM %s; FETCH 1 FROM flows' % self.waiting)

    def work(self, connection, cursor):
        self.statement = Statement(cursor, 'SELECT count(application_name) FROM %s' % self.working)
        self.statement.start()

    # ---------------------------------------------------------------------------------------------------------- endings
    def all(self):
        def execute(statement):
            return lambda connection, cursor, processes: cursor.execute(statement)

        def fail(connection, cursor, processes):
            try:
                cursor.execute('SELECT 1 / 0')
            except psycopg2.errors.DivisionByZero:
                pass

        def signal(function):
            def send(connection, cursor, processes):
                time.sleep(random.uniform(0, 0.1))
                since = time.monotonic()
                with self.witness.cursor() as witness:
                    witness.execute('SELECT %s(%d)' % (function, connection.info.backend_pid))
                self.statement.finish()
                return since
            return send

        def kill(connection, cursor, processes):
            time.sleep(random.uniform(0, 0.1))
            below, since = children(), time.monotonic()
            os.kill([process for process in processes if not below.get(process)][0], 9)
            self.statement.finish()
            return since

        self.end('waiting, CLOSE', self.wait, execute('CLOSE flows'))
        self.end('waiting, ROLLBACK', self.wait, execute('ROLLBACK'))
        self.end('waiting, an error', self.wait, fail)
        self.end('waiting, disconnected', self.wait, lambda connection, cursor, processes: connection.close())
        self.end('working, pg_cancel_backend()', self.work, signal('pg_cancel_backend'))
        self.end('working, pg_terminate_backend()', self.work, signal('pg_terminate_backend'))
        self.end('working, a meter killed', self.work, kill)
        self.witness.close()

    def table(self):
        yield '%-38s %8s %8s %8s %8s' % ('', 'scans', 'median', 'p99', 'greatest') + '   ms until nothing was left'
        for way, times in self.times.items():
            ms = sorted(1000 * seconds for seconds in times)
            yield '%-38s %8d %8.1f %8.1f %8.1f' % (way, len(ms), statistics.median(ms), percentile(ms, 99), ms[-1])


def percentile(values, percent):
    """The least of the sorted values that at least this percentage does not exceed."""
    return values[-(-len(values) * percent // 100) - 1]
