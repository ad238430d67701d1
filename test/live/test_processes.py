"""Tests, in TAP, of the process on this host that a flow belongs to: by each kind of socket, at either end and at both, of other
users, of processes that are gone when their flow becomes a row; and of nfstream_sockets, its rights, its walls and its end.
"""

import itertools
import os
import pwd
import re
import signal
import subprocess
import sys

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from bed import routed_line, wait_until
from cluster import PROGRAMS, Cluster, Session, Stream
from live import main

HERE = os.path.dirname(os.path.abspath(__file__))
TALKERS = ['/usr/bin/python3', os.path.join(HERE, 'talkers.py')]
POLL_MS = 10
HELD = 0.3  # seconds, many polls, that a socket is there
NEAR, FAR, LOOPBACK = ('10.9.0.1', 'fd00:9::1'), ('10.9.0.2', 'fd00:9::2'), ('127.0.0.1', '::1')
COLUMNS = 'host(src_ip) AS src_ip, src_port, host(dst_ip) AS dst_ip, dst_port, protocol, process_pid, process_name'
OF_OTHERS = ('setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups')
CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE = 1 << 2, 1 << 19


class Hosts:
    """Two hosts, and a server on the near one that captures."""

    def __init__(self, bed, capable=True):
        self.near, self.far = bed.namespace(), bed.namespace()
        routed_line(self.near, 'lan0', self.far, 'far0', 9)
        self.cluster = Cluster(self.near, capable=capable)
        self.ports, self.read = itertools.count(7000), 0

    def start(self, host, *command, before=()):
        return host.start(*before, *TALKERS, *map(str, command), stdout=subprocess.PIPE)

    def serve(self, host, kind, address, port, name=b'', before=()):
        """The pid of a server that listens."""
        server = self.start(host, 'serve', kind, address, port, name.hex(), before=before)
        if server.stdout.readline() != b'ready\n':
            raise RuntimeError('a server does not start')
        return server.pid

    def talk(self, host, kind, address, port, name=b'', from_port=0, before=()):
        """The pid of a client that has talked, and is gone."""
        client = self.start(host, 'talk', kind, address, port, HELD, name.hex(), from_port, before=before)
        if client.wait(30) != 0:
            raise RuntimeError('a client failed')
        return client.pid

    def pass_by(self, port):
        """Traffic of other hosts, which only passes by."""
        passes = Ether(dst='02:00:00:00:00:99') / IP(src='192.0.2.1', dst='192.0.2.2') / UDP(sport=port, dport=port) / b'hello'
        self.far.packet_socket('far0').send(bytes(passes))

    def stream(self, interface='lan0', columns=COLUMNS, **options):
        """A query that captures already, and has looked at the sockets."""
        with Session(self.cluster) as session:
            told = dict(idle_timeout=1, n_meters=1, system_visibility_mode=1, system_visibility_poll_ms=POLL_MS)
            session.declare('on_' + interface, interface, **told | options)
        stream = Stream(self.cluster, 'SELECT %s FROM on_%s' % (columns, interface))
        self.cluster.wait_for_capture(interface)
        return stream

    def watchers(self):
        """The processes of nfstream_sockets in the near host, as their pid and their parent's name; those too that nobody owns."""
        found = {}
        net = os.stat('/proc/%d/ns/net' % self.near.pid).st_ino
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                if os.stat('/proc/%s/ns/net' % pid).st_ino == net and status(pid)['Name'] == 'nfstream_socket':
                    found[int(pid)] = status(status(pid)['PPid'])['Name']
            except OSError:  # it has ended
                pass
        return found

    def finder(self):
        return next(pid for pid, parent in self.watchers().items() if parent == 'nfstream_socket')

    def watcher(self):
        return next(pid for pid, parent in self.watchers().items() if parent != 'nfstream_socket')

    def warnings(self):
        """The WARNINGs in the server's log since the last call: a session that copies keeps its own to itself."""
        log = self.cluster.log()
        said, self.read = log[self.read :], len(log)
        return re.findall(r'WARNING:  (.*)', said)

    def left(self):
        try:
            self.cluster.wait_for_end()
            wait_until(lambda: not self.watchers(), 20, 'no nfstream_sockets')
        except TimeoutError:
            return [self.cluster.processes(), self.watchers()]
        return []


def status(pid):
    with open('/proc/%s/status' % pid) as file:
        return {name: value.strip() for name, value in (line.split(':', 1) for line in file)}


def rows_of(stream, port):
    return [row for row in stream.rows if row['dst_port'] == str(port)]


def found(stream, port):
    """The process of the one flow to a port, as its pid and name."""
    wait_until(lambda: rows_of(stream, port) or not stream.is_alive(), 20, 'a flow to port %d' % port)
    return [(int(row['process_pid']), row['process_name']) for row in rows_of(stream, port)]


def kinds(hosts):
    """Each kind of client's socket and of server's, of each family."""
    for version, kind, bound in itertools.product((0, 1), ('tcp', 'udp', 'free'), ('to its address', 'to all of its family', 'to all of both')):
        yield version, kind, bound, next(hosts.ports)


def address_to_bind(bound, version, address):
    return {'to its address': address, 'to all of its family': ('0.0.0.0', '::')[version], 'to all of both': '*'}[bound]


def sockets(tap, bed, arguments):
    hosts = Hosts(bed)
    streams = {interface: hosts.stream(interface) for interface in ('lan0', 'lo')}
    talks = []
    cases = (
        ('the client here', 'lan0', hosts.near, hosts.far, FAR),
        ('the server here', 'lan0', hosts.far, hosts.near, NEAR),
        ('both here', 'lo', hosts.near, hosts.near, LOOPBACK),
    )
    for (where, interface, client, server, addresses), (version, kind, bound, port) in (
        (case, told) for case in cases for told in kinds(hosts)
    ):
        address = addresses[version]
        # UDP that is bound to all addresses answers from whichever the route has, which is the one that was asked here.
        server_pid = hosts.serve(server, 'tcp' if kind == 'tcp' else 'udp', address_to_bind(bound, version, address), port)
        due = hosts.start(client, 'talk', kind, address, port, HELD)
        name = '%s over IPv%d, %s, the server bound %s' % (kind, (4, 6)[version], where, bound)
        talks.append((name, interface, port, due, server_pid, where))
    for _, _, _, client, _, _ in talks:
        if client.wait(60) != 0:
            raise RuntimeError('a client failed')
    for name, interface, port, client, server_pid, where in talks:
        due = (server_pid, 'server') if where == 'the server here' else (client.pid, 'client')
        tap.equal(name, found(streams[interface], port), [due])
    for stream in streams.values():
        stream.cancel()
    tap.check('nothing is left', hosts.left())


def times_and_names(tap, bed, arguments):
    hosts = Hosts(bed)
    stream = hosts.stream()
    first, second, third = (next(hosts.ports) for _ in range(3))
    for port in (first, second, third):
        hosts.serve(hosts.far, 'udp', '0.0.0.0', port)

    earlier = hosts.talk(hosts.near, 'free', FAR[0], first, from_port=45000)
    later = hosts.talk(hosts.near, 'free', FAR[0], second, from_port=45000)
    tap.equal('of two processes that had a port one after the other, the one of the time', found(stream, first), [(earlier, 'client')])
    tap.equal('and of the later flow the later one', found(stream, second), [(later, 'client')])

    pid = hosts.talk(hosts.near, 'udp', FAR[0], third, name=b'a\nb\xff\x1b[1m\xc3\xa4')
    tap.equal('a name is printable', found(stream, third), [(pid, 'a?b??[1m\u00e4')])
    stream.cancel()

    # A hidden name is hashed as any other column is.
    stream = hosts.stream(columns_to_anonymize='{process_name}')
    port = next(hosts.ports)
    hosts.serve(hosts.far, 'udp', '0.0.0.0', port)
    pid = hosts.talk(hosts.near, 'udp', FAR[0], port)
    ((pid_told, name_told),) = found(stream, port)
    tap.equal('a name that is to be hidden is not told', [pid_told, name_told == 'client', name_told == ''], [pid, False, False])
    stream.cancel()

    # Of the same ports, another host's traffic.
    stream = hosts.stream('lan0')
    port = next(hosts.ports)
    hosts.serve(hosts.near, 'udp', '*', port)
    hosts.pass_by(port)
    tap.equal('what passes by belongs to nobody', found(stream, port), [(-1, '')])
    stream.cancel()


def other_users(tap, bed, arguments):
    hosts = Hosts(bed)
    port, server_port = next(hosts.ports), next(hosts.ports)
    hosts.serve(hosts.far, 'tcp', FAR[0], port)
    server = hosts.serve(hosts.near, 'tcp', '*', server_port, before=OF_OTHERS)
    stream = hosts.stream()
    pid = hosts.talk(hosts.near, 'tcp', FAR[0], port, before=OF_OTHERS)
    hosts.talk(hosts.far, 'tcp', NEAR[0], server_port)
    tap.equal("another user's client", found(stream, port), [(pid, 'client')])
    tap.equal("another user's server", found(stream, server_port), [(server, 'server')])

    for who, pid, capabilities in (
        ('the program', hosts.watcher(), 0),
        ('its child', hosts.finder(), CAP_DAC_READ_SEARCH | CAP_SYS_PTRACE),
    ):
        told = status(pid)
        tap.equal('%s: Seccomp, NoNewPrivs' % who, (told['Seccomp'], told['NoNewPrivs']), ('2', '1'))
        tap.equal(
            '%s: its capabilities' % who,
            [int(told[name], 16) for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')],
            [capabilities, capabilities, 0, 0],
        )
    stream.cancel()
    tap.equal('without a word', hosts.warnings(), [])
    tap.check('nothing is left', hosts.left())


def without_rights(tap, bed, arguments):
    """As `make install` leaves it: the program is there, and may look at its own user's processes only."""
    hosts = Hosts(bed, capable=False)
    hosts.cluster.give_rights('nfstream_meter', 'cap_net_raw=p')
    own, others = next(hosts.ports), next(hosts.ports)
    for port in (own, others):
        hosts.serve(hosts.far, 'tcp', FAR[0], port)
    user = pwd.getpwnam(hosts.cluster.user)
    own_user = ('setpriv', '--reuid', str(user.pw_uid), '--regid', str(user.pw_gid), '--clear-groups')
    stream = hosts.stream()
    pid = hosts.talk(hosts.near, 'tcp', FAR[0], own, before=own_user)
    hosts.talk(hosts.near, 'tcp', FAR[0], others, before=OF_OTHERS)
    tap.equal("without rights: a process of the server's user", found(stream, own), [(pid, 'client')])
    tap.equal("without rights: another user's", found(stream, others), [(-1, '')])
    stream.cancel()
    tap.equal('one WARNING', hosts.warnings(), ["only processes of the server's operating system user are found"])

    # No program at all.
    program = os.path.join(PROGRAMS, 'nfstream_sockets')
    hosts.near.run('mount', '--bind', '/dev/null', program)
    port = next(hosts.ports)
    hosts.serve(hosts.far, 'tcp', FAR[0], port)
    stream = hosts.stream()
    hosts.talk(hosts.near, 'tcp', FAR[0], port)
    tap.equal('without the program the statement goes on', found(stream, port), [(-1, '')])
    stream.cancel()
    tap.equal('with one WARNING', hosts.warnings(), ['could not start "%s": Permission denied' % program])
    tap.check('nothing is left', hosts.left())


def ends(tap, bed, arguments):
    hosts = Hosts(bed)
    for who, victim in (('the program', hosts.watcher), ('its child', hosts.finder)):
        ports = next(hosts.ports), next(hosts.ports)
        for port in ports:
            hosts.serve(hosts.far, 'tcp', FAR[0], port)
        stream = hosts.stream()
        pid = hosts.talk(hosts.near, 'tcp', FAR[0], ports[0])
        tap.equal('%s is there' % who, found(stream, ports[0]), [(pid, 'client')])
        os.kill(victim(), signal.SIGKILL)
        hosts.pass_by(ports[1])  # no socket here is new
        tap.equal('%s is killed: the statement goes on' % who, found(stream, ports[1]), [(-1, '')])
        stream.cancel()
        tap.equal('and says so once', hosts.warnings(), ['nfstream_sockets has ended'])
        tap.check('nothing is left', hosts.left())

    # Stopped, it answers nothing; when it goes on, it is asked again.
    port = next(hosts.ports)
    hosts.serve(hosts.far, 'tcp', FAR[0], port)
    stream = hosts.stream()
    finder, said = hosts.finder(), []
    os.kill(finder, signal.SIGSTOP)
    hosts.talk(hosts.near, 'tcp', FAR[0], port)
    tap.equal('its child is stopped: the statement goes on', found(stream, port), [(-1, '')])
    wait_until(lambda: hosts.pass_by(next(hosts.ports)) or said.extend(hosts.warnings()) or said, 20, 'a WARNING')
    tap.equal('and says so once', said, ['nfstream_sockets does not get to look at the processes'])
    os.kill(finder, signal.SIGCONT)
    port = next(hosts.ports)
    hosts.serve(hosts.far, 'tcp', FAR[0], port)
    pid = hosts.talk(hosts.near, 'tcp', FAR[0], port)
    tap.equal('it goes on', found(stream, port), [(pid, 'client')])
    tap.equal('without a word', hosts.warnings(), [])

    # At the end of a scan it is stopped, and has a question.
    os.kill(finder, signal.SIGSTOP)
    port = next(hosts.ports)
    hosts.serve(hosts.far, 'tcp', FAR[0], port)
    hosts.talk(hosts.near, 'tcp', FAR[0], port)
    stream.cancel()
    tap.check('nothing is left of one that is stopped', hosts.left())

    stream = hosts.stream(columns='src_port, dst_port')
    tap.equal('a query that asks for no process starts no program', hosts.watchers(), {})
    stream.cancel()
    with Session(hosts.cluster) as session:
        session.declare('talks', os.path.join(os.path.abspath(arguments.captures), 'dns.pcap'), system_visibility_mode=1)
        tap.equal('flows of a file have no process', session.run('SELECT DISTINCT process_pid, process_name FROM talks'), [(None, None)])

    for how, number in (('ended', signal.SIGTERM), ('killed', signal.SIGKILL)):
        stream = hosts.stream()
        if len(hosts.watchers()) != 2:
            raise RuntimeError('there is no program to lose its session')
        os.kill(stream.pid, number)
        stream.join(20)
        tap.check('a session that is %s leaves nothing' % how, hosts.left())


if __name__ == '__main__':
    sys.exit(main(__doc__, sockets, times_and_names, other_users, without_rights, ends))
