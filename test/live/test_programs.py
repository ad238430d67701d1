"""Tests, in TAP, of real programs between two hosts and on one: HTTPS, DNS, SSH and QUIC, over IPv4 and IPv6.

Each conversation is one flow with both directions, its name and label, and the process on this host that it belongs to: the
client's where that is here, the server's where only that is, and the client's, whose flow it is, where both are. Which process
a socket belongs to the test knows, because it has started it; of sshd, which forks, ss tells it.
"""

import concurrent.futures
import os
import re
import subprocess
import sys

from bed import routed_line, wait_until
from cluster import Cluster, Session, Stream
from live import main

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON, SERVERS = '/usr/bin/python3', os.path.join(HERE, 'servers.py')
HTTPS, DNS, SSH, QUIC = 443, 53, 22, 4433
TLS_NAME, DNS_NAME = 'www.facebook.com', 'www.example.org'
ADDRESSES = {'near': ('10.9.0.1', 'fd00:9::1'), 'far': ('10.9.0.2', 'fd00:9::2'), 'loopback': ('127.0.0.1', '::1')}
POLL_MS = 10
IDLE = 5  # seconds, for which a busy machine keeps no program waiting
COLUMNS = """SELECT id, host(src_ip) AS src_ip, src_port, host(dst_ip) AS dst_ip, dst_port, protocol, ip_version, src2dst_packets,
    dst2src_packets, application_name, requested_server_name, process_pid, process_name FROM talks"""


def name_of(address):
    """QUIC's client asks for the name of the host that it is to talk to: each address has one."""
    return 'host-%s.example.org' % re.sub('[.:]+', '-', address)


class Host:
    """A namespace with all servers, and what its clients need."""

    def __init__(self, bed, namespace, number):
        self.bed, self.namespace = bed, namespace
        self.file = lambda name: bed.path('host%d.%s' % (number, name))
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650']
            + ['-subj', '/CN=' + TLS_NAME, '-keyout', self.file('key'), '-out', self.file('crt')],
            check=True,
            capture_output=True,
        )
        with open(self.file('hosts'), 'w') as file:
            file.writelines('%s %s\n' % (address, name_of(address)) for pair in ADDRESSES.values() for address in pair)
        namespace.run('mount', '--bind', self.file('hosts'), '/etc/hosts')
        self.pids = {
            HTTPS: self.start(PYTHON, SERVERS, 'https', str(HTTPS), self.file('crt'), self.file('key')).pid,
            DNS: self.start(PYTHON, SERVERS, 'dns', str(DNS)).pid,
            SSH: self.start_sshd().pid,
        }
        self.quic = {}  # a server answers from the address that it is bound to: one for each

    def start(self, *command):
        with open(self.file('log'), 'ab') as log:
            return self.namespace.start(*command, stdout=log)

    def start_sshd(self):
        """root may log in by key, whatever this machine says."""
        for name in ('hostkey', 'userkey'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.file(name)], check=True)
        with open(self.file('sshd_config'), 'w') as file:
            file.write('HostKey %s\nAuthorizedKeysFile %s\nPermitRootLogin prohibit-password\n' % (self.file('hostkey'), self.file('userkey.pub')))
            file.write('StrictModes no\nUsePAM no\nUseDNS no\nPidFile none\n')
        with open(self.file('shadow'), 'w') as file:
            file.write('root:*:19000:0:99999:7:::\n')
        self.namespace.run('mount', '--bind', self.file('shadow'), '/etc/shadow')
        self.namespace.run('mount', '-t', 'tmpfs', 'none', '/run')
        self.namespace.run('mkdir', '/run/sshd')
        return self.start('/usr/sbin/sshd', '-D', '-e', '-f', self.file('sshd_config'))

    def start_quic(self, address):
        self.quic[address] = self.start('gtlsserver', '-q', '-d', self.bed.directory, address, str(QUIC), self.file('key'), self.file('crt')).pid

    def wait_for_servers(self):
        ports = {HTTPS, DNS, SSH, QUIC}
        listening = lambda: {int(port) for port in re.findall(r':(\d+)\s', self.namespace.run('ss', '-Hlntu'))}
        wait_until(lambda: ports <= listening(), 20, 'the servers of a host listen')

    def owners(self, port):
        """The processes with an established connection of this port of the host, as ss says."""
        return set(map(int, re.findall(r'pid=(\d+)', self.namespace.run('ss', '-Hntp', 'sport = :%d' % port))))


class Talk:
    """A conversation: its client is started; what must become of it."""

    def __init__(self, name, port, protocol, label, server_name, client, server_pids, client_names, server_names):
        self.name, self.port, self.protocol, self.label, self.server_name = name, port, protocol, label, server_name
        self.client, self.server_pids, self.client_names, self.server_names = client, server_pids, client_names, server_names


def talks(host, server, address):
    """All programs of a host's talk to a server at an address, one at a time: equal ports and hosts would tell no more."""
    at = '[%s]' % address if ':' in address else address
    page = 'https://%s/' % TLS_NAME

    def talk(name, port, protocol, label, server_name, command, server_pids, client_name, server_name_of_process):
        client, pids = host.start(*command), set(server_pids)
        while not server_pids and client.poll() is None:
            pids |= server.owners(port)
        if client.wait(20) != 0:
            with open(host.file('log'), errors='replace') as log:
                raise RuntimeError('%s failed: %s' % (command[0], log.read()[-500:]))
        return Talk(name, port, protocol, label, server_name, client.pid, pids, client_name, server_name_of_process)

    yield talk(
        'HTTPS by curl', HTTPS, 6, 'TLS', TLS_NAME,
        ['curl', '-sSk', '-o', os.devnull, '--max-time', '15', '--connect-to', '::%s:' % at, page], {server.pids[HTTPS]}, 'curl', 'python3',
    )  # fmt: skip
    yield talk(
        'DNS by dig', DNS, 17, 'DNS', DNS_NAME,
        ['dig', '+tries=1', '+time=10', '@' + address, DNS_NAME], {server.pids[DNS]}, 'dig', 'python3',
    )  # fmt: skip
    yield talk(
        'DNS by sendto()', DNS, 17, 'DNS', DNS_NAME,
        [PYTHON, SERVERS, 'ask', address, str(DNS), DNS_NAME], {server.pids[DNS]}, 'python3', 'python3',
    )  # fmt: skip
    yield talk(
        'SSH', SSH, 6, 'SSH', '',
        ['ssh', '-F', 'none', '-i', server.file('userkey'), '-o', 'StrictHostKeyChecking=no', '-o', 'LogLevel=ERROR',
         '-o', 'UserKnownHostsFile=' + os.devnull, 'root@' + address, 'sleep 0.5'], (), 'ssh', 'sshd',
    )  # fmt: skip
    yield talk(
        'QUIC', QUIC, 17, 'QUIC', name_of(address),
        ['gtlsclient', '-q', '--exit-on-all-streams-close', '--delay-stream=300ms', name_of(address), str(QUIC),
         'https://%s/page.html' % name_of(address)], {server.quic[address]}, 'gtlsclient', 'gtlsserver',
    )  # fmt: skip


def judge(tap, where, talk, address, version, rows, client_is_here):
    """`rows`: those of talks of this port, version and direction, in the order of the talks."""
    name = '%s over IPv%d, %s' % (talk.name, version, where)
    if not rows:
        tap.check('%s: a flow' % name, ['there is none'])
        return
    row = rows.pop(0)
    tap.check('%s: both directions in one flow' % name, [] if int(row['src2dst_packets']) > 0 and int(row['dst2src_packets']) > 0 else [row])
    tap.check('%s: its label is %s' % (name, talk.label), [] if row['application_name'].split('.')[0] == talk.label else [row])
    tap.equal('%s: its name' % name, row['requested_server_name'], talk.server_name)
    pids = {talk.client} if client_is_here else set(talk.server_pids)
    tap.check('%s: its process' % name, [] if int(row['process_pid']) in pids else ['expected %s: %s' % (pids, row)])
    process = talk.client_names if client_is_here else talk.server_names
    # OpenSSH from 9.8 on calls the process of a connection sshd-session.
    tap.check('%s: the name of its process' % name, [] if row['process_name'].startswith(process) else ['expected %s: %s' % (process, row)])


def held_talks(case):
    _, _, client, server, where, _ = case
    return [(version, address, list(talks(client, server, address))) for version, address in zip((4, 6), where)]


def programs(tap, bed, arguments):
    near, far = bed.namespace(), bed.namespace()
    routed_line(near, 'lan0', far, 'far0', 9)
    with open(bed.path('page.html'), 'w') as file:
        file.write('<!DOCTYPE html><title>hello</title><p>hello, world\n')
    hosts = Host(bed, near, 1), Host(bed, far, 2)
    cluster = Cluster(near)
    for host, where in zip(hosts, (('near', 'loopback'), ('far',))):
        for address in (address for name in where for address in ADDRESSES[name]):
            host.start_quic(address)
        host.wait_for_servers()

    streams = {}
    with Session(cluster) as session:
        for interface in ('lan0', 'lo'):
            options = dict(idle_timeout=IDLE, n_meters=1, system_visibility_mode=1, system_visibility_poll_ms=POLL_MS)
            session.declare('talks', interface, **options)
            session.run('ALTER FOREIGN TABLE talks RENAME TO on_' + interface)
            streams[interface] = Stream(cluster, COLUMNS.replace('talks', 'on_' + interface))
            cluster.wait_for_capture(interface)

    cases = (
        ('the client here', 'lan0', hosts[0], hosts[1], ADDRESSES['far'], True),
        ('the server here', 'lan0', hosts[1], hosts[0], ADDRESSES['near'], False),
        ('both here', 'lo', hosts[0], hosts[0], ADDRESSES['loopback'], True),
    )
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as threads:
        held = list(threads.map(held_talks, cases))
    count = {'lan0': 2 * 2 * 5, 'lo': 2 * 5}
    ports = {str(port) for port in (HTTPS, DNS, SSH, QUIC)}
    of_talks = lambda interface: [row for row in streams[interface].rows if row['dst_port'] in ports]
    for interface, due in count.items():
        wait_until(lambda: len(of_talks(interface)) >= due or not streams[interface].is_alive(), 30, '%d flows of %s' % (due, interface))
        streams[interface].cancel()
    for (where, interface, _, _, _, client_is_here), had in zip(cases, held):
        for version, address, found in had:
            by_port = {}
            for talk in found:
                if talk.port not in by_port:
                    rows = [row for row in of_talks(interface) if row['dst_ip'] == address and row['dst_port'] == str(talk.port)]
                    by_port[talk.port] = sorted(rows, key=lambda row: int(row['id']))
                judge(tap, where, talk, address, version, by_port[talk.port], client_is_here)
            surplus = [row for rows in by_port.values() for row in rows]
            tap.check('IPv%d, %s: no other flow, and none twice' % (version, where), surplus)


if __name__ == '__main__':
    sys.exit(main(__doc__, programs))
