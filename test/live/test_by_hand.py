"""Tests, in TAP, of a meter by hand on an interface: flows as CSV as they expire, and all that are active at Ctrl-C."""

import fcntl
import os
import signal
import struct
import subprocess
import sys
import time

from bed import line, routed_line, wait_until
from cluster import PROGRAMS
from frames import CLIENT, SERVER, ping, udp
from live import main
from replay import LABELS, Model, send, without_times

import compare
from table import from_csv

METER = os.path.join(PROGRAMS, 'nfstream_meter')
CAPTURES = ('busy', 'gre', 'gtpu', 'ip6ip6', 'ip_fragments', 'qinq', 'qinq_8021ad', 'quic', 'tls', 'vlan')
LATENESS = 1.0  # seconds after its timeout in which a row is there
IDLE = 1
ETHERNET = 14  # bytes of its header
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
INTERRUPTED = 128 + signal.SIGINT  # the status of a program that a signal has ended


class ByHand:
    """The program on an interface, its output in a file."""

    def __init__(self, bed, namespace, interface, *arguments, sockets=1):
        self.path = bed.path('by_hand.csv')
        self.output = open(self.path, 'wb')
        self.errors = open(bed.path('by_hand.err'), 'w+b')
        self.process = namespace.start(METER, *arguments, 'interface:' + interface, stdout=self.output, stderr=self.errors)
        captures = lambda: self.process.poll() is not None or namespace.captures(interface, sockets)
        wait_until(captures, 20, 'the meter captures')

    def table(self):
        with open(self.path, 'rb') as file:
            whole = file.read()
        return from_csv(whole[: whole.rfind(b'\n') + 1])

    def end(self):
        """Ctrl-C, after what was sent has come out of the ring."""
        time.sleep(0.2)
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(20)
        self.errors.seek(0)
        return status, self.errors.read().decode()


def as_they_expire(tap, bed, arguments):
    near, far = bed.namespace(), bed.namespace()
    line(near, 'in0', far, 'out0')
    sender = far.packet_socket('out0')
    meter = ByHand(bed, near, 'in0', '--idle_timeout=%d' % IDLE)
    sender.send(ping())
    sender.send(ping(back=True))
    last = time.monotonic()
    wait_until(lambda: meter.table().rows, 20, 'a row')
    late = time.monotonic() - last - IDLE
    tap.check('a row is printed within 1 s of its timeout', ['%.3f s' % late] if late > LATENESS else [])
    tap.note('%.3f s after it' % late)
    sender.send(udp())
    sender.send(udp(port=40001))
    status, told = meter.end()
    tap.equal('Ctrl-C prints what is active', [row[0] for row in meter.table().only(['src_port']).rows], ['0', '40000', '40001'])
    tap.check('and says so', [] if status == INTERRUPTED and 'interrupted' in told else [(status, told)])


def replayed(tap, bed, arguments):
    near, far = bed.namespace(), bed.namespace()
    line(near, 'in0', far, 'out0')
    model = arguments.shared and Model(os.path.join(arguments.shared, 'tools', 'model.py'))
    options = ('--statistical_analysis=true', '--splt_analysis=10', '--snapshot_length=262144')
    for name in CAPTURES:
        path = os.path.join(arguments.captures, name + '.pcap')
        meter = ByHand(bed, near, 'in0', *options)
        sent = send(far, 'out0', path, '--pps=4000')
        status, told = meter.end()
        tap.equal('%s: Ctrl-C ends it in order' % name, status, INTERRUPTED)
        received = '%d packets received, 0 of them dropped by the kernel and 0 left unread' % sent
        tap.check('%s: and it tells that nothing was lost' % name, [] if received in told and len(told.splitlines()) == 2 else [told])
        got = without_times(meter.table())
        if model:
            expected = without_times(model.flows(path)[0])
            less = got.without(LABELS)
            difference = compare.of_columns(expected, less) or compare.as_bags(expected.columns, expected.rows, less.rows)
            tap.check("%s: the model's flows, of %d packets" % (name, sent), [difference] if difference else [])
        of_file = subprocess.run([METER, *options[:2], path], capture_output=True, check=True).stdout
        expected = without_times(from_csv(of_file))
        difference = compare.of_columns(expected, got) or compare.as_bags(expected.columns, expected.rows, got.rows)
        tap.check('%s: the flows of the file, with labels' % name, [difference] if difference else [])


def tunnel(namespace, name):
    """A tun device, which is the one end, and the descriptor that is the other: packets begin with IP's header."""
    with namespace.entered():
        descriptor = os.open('/dev/net/tun', os.O_RDWR)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TUN | IFF_NO_PI))
    namespace.bed.stack.callback(os.close, descriptor)
    namespace.run('sysctl', '-q', '-w', 'net.ipv6.conf.%s.disable_ipv6=1' % name)
    namespace.ip('link set dev %s up' % name)
    return descriptor


def other_links(tap, bed, arguments):
    """Loopback, where each packet leaves and arrives; all interfaces at once; one without a link layer."""
    near, far = bed.namespace(), bed.namespace()
    routed_line(near, 'in0', far, 'out0', 5)
    echo = lambda namespace, address: namespace.run('ping', '-c', '3', '-i', '0.2', '-W', '2', address)
    of_pings = ['src_ip', 'dst_ip', 'bidirectional_packets', 'src2dst_packets']

    def pings(meter):
        rows = meter.table().only([*of_pings, 'protocol']).rows
        return sorted(row[:-1] for row in rows if row[-1] == '1')

    meter = ByHand(bed, near, 'lo')
    echo(near, '127.0.0.1')
    meter.end()
    tap.equal('lo: each packet counts once', pings(meter), [('127.0.0.1', '127.0.0.1', '6', '6')])

    meter = ByHand(bed, near, 'any', sockets=1)
    echo(near, '127.0.0.1')
    echo(far, '10.5.0.1')
    meter.end()
    tap.equal('any: all interfaces, each packet once', pings(meter), [('10.5.0.2', '10.5.0.1', '6', '3'), ('127.0.0.1', '127.0.0.1', '6', '6')])

    device = tunnel(near, 'tun0')
    meter = ByHand(bed, near, 'tun0')
    for number in range(3):
        os.write(device, ping(number)[ETHERNET:])
        os.write(device, ping(number, back=True)[ETHERNET:])
    meter.end()
    tap.equal('tun0, which has no link layer', pings(meter), [(CLIENT, SERVER, '6', '3')])
    tap.equal('and no MAC addresses', meter.table().only(['src_mac', 'dst_mac']).rows, [('00:00:00:00:00:00',) * 2])


if __name__ == '__main__':
    sys.exit(main(__doc__, as_they_expire, replayed, other_links))
