"""Tests, in TAP, of what a meter that captures has, and of what somebody could do who has taken it over."""

import errno
import os
import pwd
import re
import signal
import socket
import struct
import subprocess
import sys

from frames import udp
from live import main
from stage import FAR, FLOWS, LINE, Stage
from taken_over import CAN, Ended, TakenOver

ETH_P_ALL = 3
FRAME = b'\x02\0\0\0\0\x02' + b'\x02\0\0\0\0\x01' + b'\x88\xb5' + b'taken over' * 10  # of a type for experiments
ALL = struct.pack('<HBBI', 6, 0, 0, 0xFFFFFFFF)  # BPF: return all of a packet

SYS_READ, SYS_WRITE, SYS_IOCTL, SYS_SENDTO, SYS_SENDMSG, SYS_BIND, SYS_SETSOCKOPT, SYS_SOCKET = 0, 1, 16, 44, 46, 49, 54, 41
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
SOL_SOCKET, SOL_PACKET = 1, 263
SO_ATTACH_FILTER, SO_LOCK_FILTER = 26, 44
PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, PACKET_TX_RING, PACKET_FANOUT = 1, 1, 13, 18
SIOCSIFFLAGS = 0x8914
PTRACE_ATTACH = 16


def descriptors(pid):
    """What each descriptor of a process is."""
    place = '/proc/%d/fd' % pid
    return {int(name): os.readlink(os.path.join(place, name)) for name in os.listdir(place)}


def packet_socket_of(stage, pid):
    """The number of the descriptor that is a packet socket."""
    inodes = re.findall(r'ino:(\d+)', ' '.join(stage.near.packet_sockets(LINE)))
    return next(number for number, what in descriptors(pid).items() if what[8:-1] in inodes)


def what_it_has(tap, bed, arguments):
    stage = Stage(bed)
    stream = stage.stream()
    pid = stage.cluster.meters()[0]
    capture = packet_socket_of(stage, pid)
    others = {number: what for number, what in descriptors(pid).items() if number != capture}
    tap.equal(
        'its descriptors beside the packet socket',
        [(number, what.split(':')[0]) for number, what in sorted(others.items())],
        [(0, 'socket'), (1, '/dev/null'), (2, '/dev/null')],
    )
    with open('/proc/%d/environ' % pid) as file:
        tap.equal('its environment', file.read(), '')
    with open('/proc/%d/status' % pid) as file:
        status = file.read()
    tap.check('no new privileges', [] if re.search(r'^NoNewPrivs:\t1$', status, re.M) else [status])
    with open('/proc/%d/limits' % pid) as file:
        limits = file.read()
    for name in ('Max core file size', 'Max processes'):
        tap.check('%s: 0' % name, [] if re.search(r'^%s +0 +0 ' % name, limits, re.M) else [limits])
    tap.check('what it has is not the server\'s user\'s to take', taken_by_user(stage, pid, capture))
    stream.cancel()


def taken_by_user(stage, pid, capture):
    """What another process of the server's user can take of a meter: nothing, by ptrace, pidfd_getfd or /proc."""
    script = """if True:
        import ctypes, os, sys
        pid, capture = int(sys.argv[1]), int(sys.argv[2])
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(%d, pid, 0, 0) != -1:
            print('attached')
        process = libc.syscall(%d, pid, 0)
        if process < 0 or libc.syscall(%d, process, capture, 0) != -1:
            print('has its packet socket, or cannot try')
        for name in ('environ', 'maps', 'mem', 'fd/%%d' %% capture):
            try:
                open('/proc/%%d/%%s' %% (pid, name), 'rb').read(1)
                print('reads its ' + name)
            except OSError:
                pass
    """ % (PTRACE_ATTACH, SYS_PIDFD_OPEN, SYS_PIDFD_GETFD)
    user = pwd.getpwnam(stage.cluster.user)
    ran = subprocess.run(
        ['/usr/bin/python3', '-c', script, str(pid), str(capture)],
        capture_output=True, text=True, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd='/',
    )
    return (ran.stdout + ran.stderr).splitlines()


def deeds(program, capture):
    """What ends a meter that is taken over: names, and calls. Each has its data written by the time it is made."""
    ring = struct.pack('<7I', 4096, 1, 2048, 2, 0, 0, 0)
    promiscuous = struct.pack('<iHH8s', 1, PACKET_MR_PROMISC, 0, b'')
    address = struct.pack('<HHiHBB8s', socket.AF_PACKET, ETH_P_ALL << 8, 1, 1, 0, 6, b'')
    flags = struct.pack('<16sh22s', LINE.encode(), 0, b'')

    return {
        'write() to the packet socket': lambda: program.call(SYS_WRITE, capture, program.room(FRAME), len(FRAME)),
        'sendto()': lambda: program.call(SYS_SENDTO, capture, program.room(FRAME), len(FRAME)),
        'sendmsg()': lambda: program.call(SYS_SENDMSG, capture, program.room(bytes(56)), 0),
        'a ring to send': lambda: program.call(SYS_SETSOCKOPT, capture, SOL_PACKET, PACKET_TX_RING, program.room(ring), len(ring)),
        'promiscuous mode': lambda: program.call(
            SYS_SETSOCKOPT, capture, SOL_PACKET, PACKET_ADD_MEMBERSHIP, program.room(promiscuous), len(promiscuous)
        ),
        'a group': lambda: program.call(SYS_SETSOCKOPT, capture, SOL_PACKET, PACKET_FANOUT, program.room(bytes(4)), 4),
        'another interface': lambda: program.call(SYS_BIND, capture, program.room(address), len(address)),
        'an interface set down': lambda: program.call(SYS_IOCTL, capture, SIOCSIFFLAGS, program.room(flags)),
        'a new socket': lambda: program.call(SYS_SOCKET, socket.AF_PACKET, socket.SOCK_RAW, 0),
        'read()': lambda: program.call(SYS_READ, capture, program.room(bytes(8)), 8),
    }


def taken_over(tap, bed, arguments):
    if not CAN:
        tap.skip('a meter that is taken over', 'registers are those of x86-64')
        return
    stage = Stage(bed)
    with stage.far.entered():
        far = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        far.bind((FAR, ETH_P_ALL))
    far.setblocking(False)

    for name in deeds(None, None):
        stream = stage.stream()
        pid = stage.cluster.meters()[0]
        capture = packet_socket_of(stage, pid)
        ended = 'by nothing'
        try:
            with TakenOver(pid) as program:
                deeds(program, capture)[name]()
        except Ended as error:
            ended = error.args[0]
        tap.equal('taken over, %s: it is ended' % name, ended, signal.SIGSYS)
        stream.join(20)
        tap.check('and its statement fails', [] if stream.error and 'signal 31' in stream.error else [stream.error or 'no error'])
    tap.note((stream.error or '').strip().replace('\n', ' | '))
    sent = []
    while True:
        try:
            sent.append(far.recv(65536).hex())
        except BlockingIOError:
            break
    tap.check('nothing was sent', sent)
    far.close()

    # What is let through, and does not help: the filter is locked.
    stage.declare(bpf_filter='udp port 40001')
    stream = stage.stream()
    pid = stage.cluster.meters()[0]
    capture = packet_socket_of(stage, pid)
    with TakenOver(pid) as program:
        room = program.room(struct.pack('<HxxxxxxQ', 1, 0) + ALL)
        program.room(struct.pack('<HxxxxxxQ', 1, room + 16) + ALL)
        results = [program.call(SYS_SETSOCKOPT, capture, SOL_SOCKET, SO_ATTACH_FILTER, room, 16)]
        results.append(program.call(SYS_SETSOCKOPT, capture, SOL_SOCKET, SO_LOCK_FILTER, program.room(bytes(4)), 4))
    tap.equal('it cannot exchange its filter, nor open its lock', results, [-errno.EPERM, -errno.EPERM])
    stage.send(udp(), udp(port=40001))
    rows = stream.wait_for_rows(1)
    tap.equal('and goes on with it', [row['src_port'] for row in rows], ['40001'])
    stream.cancel()
    tap.check('nothing is left', stage.left())


PLUGIN = r'''
import ctypes, errno, os

LIBC = ctypes.CDLL(None, use_errno=True)

def call(*arguments):
    ctypes.set_errno(0)
    result = LIBC.syscall(*[ctypes.c_long(value) if isinstance(value, int) else value for value in arguments])
    return errno.errorcode[ctypes.get_errno()] if result == -1 else 'done'

class Escape(NFPlugin):
    def on_init(self, packet, flow):
        frame = ctypes.create_string_buffer(bytes(100))
        program = ctypes.create_string_buffer(bytes.fromhex('06000000ffffffff'))
        whole = ctypes.create_string_buffer(bytes([1, 0, 0, 0, 0, 0, 0, 0]) + ctypes.addressof(program).to_bytes(8, 'little'))
        results = {'attach': [], 'send': []}
        for descriptor in range(4, 16):
            results['send'] += [call(1, descriptor, frame, 100), call(44, descriptor, frame, 100, 0, 0, 0), call(46, descriptor, frame, 0)]
            results['attach'].append(call(54, descriptor, 1, 26, whole, 16))
        flow.udps.send, flow.udps.attach = sorted(set(results['send'])), sorted(set(results['attach']))
'''

# The same before the filter is in its place: the body of the module attaches one of its own, and locks it.
EARLY = r'''
import ctypes

LIBC = ctypes.CDLL(None)
program = ctypes.create_string_buffer(bytes.fromhex('06000000ffffffff'))
whole = ctypes.create_string_buffer(bytes([1, 0, 0, 0, 0, 0, 0, 0]) + ctypes.addressof(program).to_bytes(8, 'little'))
for descriptor in range(4, 16):
    LIBC.setsockopt(descriptor, 1, 26, whole, 16)
    LIBC.setsockopt(descriptor, 1, 44, whole, 4)

class Early(NFPlugin):
    pass
'''


def plugin(tap, bed, arguments):
    """A plugin in Python that calls the system past Python, once the filter is in its place."""
    if not CAN:
        tap.skip('a plugin in Python', 'the numbers of calls are those of x86-64')
        return
    stage = Stage(bed)
    error = stage.session.error("SELECT nfstream_create_plugin('escape', $source$%s$source$)" % PLUGIN)
    if error and 'nfstream_meter_python' in error[1]:
        tap.skip('a plugin in Python', 'there is no meter with Python')
        return
    tap.check('a plugin is made', [error[1]] if error else [])
    stage.declare(udps='escape')
    stream = stage.stream('SELECT udps FROM live LIMIT 1')
    stage.send(udp())
    rows = stream.wait_for_rows(1)
    tap.equal('a plugin in Python can neither send nor exchange the filter', [row['udps'] for row in rows], ['{"send": ["EPERM"], "attach": ["EPERM"]}'])
    stream.wait()
    stage.session.run("SELECT nfstream_create_plugin('early', $source$%s$source$)" % EARLY)
    stage.declare(udps='early')
    code, told = stage.session.error(FLOWS) or (None, 'no error')
    tap.check('nor keep its own filter', [] if 'Operation not permitted' in told else [told])
    tap.note(told.strip().replace('\n', ' | '))
    tap.check('nothing is left', stage.left())


if __name__ == '__main__':
    sys.exit(main(__doc__, what_it_has, taken_over, plugin))
