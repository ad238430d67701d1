"""What live capture is tested in: network namespaces, lines between them, and the programs that run there. Needs root.

A namespace is held by a process of the bed's, and so are the lines and mounts in it: whatever ends the tests, it is gone.
It has a /sys of its own, as `ip netns exec` makes one: there a server finds its interfaces. Lines are pairs of veth whose
offloads are off, so that what one end is given is what the other one captures.
"""

import atexit
import concurrent.futures
import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CLONE_NEWNET = 0x40000000
OFFLOADS = ('rx', 'tx', 'sg', 'tso', 'gso', 'gro')
# Of the kernel's description of a packet socket: a filter of one instruction, to return 0.
LETS_NOTHING_THROUGH = re.compile(r'bpf filter \(1\):\s*0x06 0 0 0,')
WHOLE_MTU = 65535  # what no frame of a capture is longer than


def wait_until(holds, seconds, what):
    """The first value of holds() that is true; raises after that many seconds, which are generous: a hang is to fail."""
    last, pause = time.monotonic() + seconds, 0.01
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > last:
            raise TimeoutError('waited %d s: %s' % (seconds, what))
        time.sleep(pause)
        pause = min(2 * pause, 0.1)


@contextlib.contextmanager
def in_background(function):
    """The future of a function that runs beside; the context ends after it."""
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        yield threads.submit(function)


class Bed:
    """All that tests have made: closed, it is gone. `with Bed() as bed:`"""

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.directory = tempfile.mkdtemp(prefix='nfstream_fdw-live.')
        os.chmod(self.directory, 0o755)
        self.stack.callback(shutil.rmtree, self.directory, True)
        self.before = {number: signal.signal(number, ended) for number in (signal.SIGTERM, signal.SIGHUP)}
        atexit.register(self.stack.close)
        return self

    def __exit__(self, *_):
        atexit.unregister(self.stack.close)
        self.stack.close()
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def path(self, name):
        return os.path.join(self.directory, name)

    def namespace(self):
        return Namespace(self)


def ended(number, _):
    raise SystemExit('ended by signal %d' % number)


class Namespace:
    """A network namespace, with mounts of its own."""

    def __init__(self, bed):
        self.bed = bed
        # Ends when its standard input does.
        holder = subprocess.Popen(
            ['unshare', '--net', '--mount', '--propagation', 'private', '--', 'sh', '-c']
            + ['mount -t sysfs sysfs /sys && ip link set lo up && echo held && exec cat'],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        bed.stack.callback(end, holder)
        if holder.stdout.readline() != b'held\n':
            raise RuntimeError('no network namespace: this needs root, and a container that lets it make one')
        self.pid = holder.pid
        self.within = ['nsenter', '-t', str(self.pid), '-n', '-m', '--']

    def run(self, *command, input=None, check=True):
        """Runs a command inside; returns what it wrote to standard output. Raises where it fails."""
        ran = subprocess.run([*self.within, *command], capture_output=True, text=True, errors='replace', input=input)
        if check and ran.returncode:
            raise RuntimeError('%s ended with status %d: %s' % (' '.join(command), ran.returncode, ran.stderr.strip()))
        return ran.stdout

    def ip(self, words):
        return self.run('ip', *words.split())

    def start(self, *command, **how):
        """Starts a program inside, which ends with the bed at the latest. nsenter execs: the process is the program's."""
        started = subprocess.Popen([*self.within, *command], **{'stdin': subprocess.DEVNULL, 'stderr': subprocess.STDOUT} | how)
        self.bed.stack.callback(end, started)
        return started

    @contextlib.contextmanager
    def entered(self):
        """This thread is inside: sockets that it opens stay there."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open('/proc/thread-self/ns/net') as outside, open('/proc/%d/ns/net' % self.pid) as inside:
            if libc.setns(inside.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'setns')
            try:
                yield
            finally:
                if libc.setns(outside.fileno(), CLONE_NEWNET):
                    os._exit(1)  # nothing may go on in the wrong namespace

    def packet_socket(self, interface):
        """A socket that sends whole frames on an interface."""
        with self.entered():
            sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sender.bind((interface, 0))
        return sender

    def flags(self, interface):
        """The interface's flags as the kernel has them: IFF_UP is 1, IFF_PROMISC 0x100."""
        return int(self.run('cat', '/sys/class/net/%s/flags' % interface), 16)

    def packet_sockets(self, interface):
        """The kernel's description of each packet socket on an interface, with its filter, if it has one."""
        found = []
        for line in self.run('ss', '--packet', '--bpf', '--extended', '--no-header', '--numeric').splitlines():
            if line[:1].isspace() and found:
                found[-1] += line
            else:
                found.append(line)
        return [told for told in found if ':%s ' % ('*' if interface == 'any' else interface) in told]

    def captures(self, interface, sockets):
        """Whether that many packet sockets are on an interface, all with filters, and each of these lets something through."""
        found = self.packet_sockets(interface)
        ready = [told for told in found if 'bpf filter' in told and not LETS_NOTHING_THROUGH.search(told)]
        return len(found) == len(ready) == sockets


def end(process):
    """Ends a process that the bed has started."""
    if process.stdin:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def line(one, interface, other, peer, mtu=WHOLE_MTU):
    """A line between two namespaces; no frame is on it but what is sent."""
    one.run('ip', 'link', 'add', 'name', interface, 'type', 'veth', 'peer', 'name', peer, 'netns', str(other.pid))
    for namespace, name in ((one, interface), (other, peer)):
        namespace.run('sysctl', '-q', '-w', 'net.ipv6.conf.%s.disable_ipv6=1' % name)
        namespace.run('ethtool', '-K', name, *(word for offload in OFFLOADS for word in (offload, 'off')))
        namespace.ip('link set dev %s mtu %d multicast off arp off up' % (name, mtu))


def routed_line(one, interface, other, peer, network, mtu=1500):
    """A line between two hosts: 10.NETWORK.0.1 and fd00:NETWORK::1 at its first end, .2 and ::2 at the other."""
    one.run('ip', 'link', 'add', 'name', interface, 'type', 'veth', 'peer', 'name', peer, 'netns', str(other.pid))
    for number, namespace, name in ((1, one, interface), (2, other, peer)):
        namespace.run('ethtool', '-K', name, *(word for offload in OFFLOADS for word in (offload, 'off')))
        namespace.ip('addr add 10.%d.0.%d/24 dev %s' % (network, number, name))
        namespace.ip('addr add fd00:%d::%d/64 dev %s nodad' % (network, number, name))
        namespace.ip('link set dev %s mtu %d up' % (name, mtu))
