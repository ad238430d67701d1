"""probe_plugin.py - a plugin that tries to get out of its sandbox, and leaves in flow.udps what became of each attempt.

An attempt that fails leaves the exception's class and, of an OSError, the error's name; one that does not leaves what it got.
"""
import ctypes
import errno
import fcntl
import importlib
import io
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)

# What the sandbox lets through when every argument is 0, on x86-64.
LET_THROUGH = {
    'write': 1, 'open': 2, 'stat': 4, 'fstat': 5, 'lstat': 6, 'lseek': 8, 'mmap': 9, 'mprotect': 10, 'munmap': 11,
    'brk': 12, 'rt_sigaction': 13, 'rt_sigprocmask': 14, 'pread64': 17, 'sched_yield': 24, 'mremap': 25, 'madvise': 28,
    'getpid': 39, 'recvmsg': 47, 'uname': 63, 'getcwd': 79, 'gettimeofday': 96, 'getrlimit': 97, 'getrusage': 98,
    'sysinfo': 99, 'getuid': 102, 'getgid': 104, 'geteuid': 107, 'getegid': 108, 'getppid': 110, 'gettid': 186, 'time': 201,
    'futex': 202, 'sched_getaffinity': 204, 'getdents64': 217, 'restart_syscall': 219, 'clock_gettime': 228,
    'clock_getres': 229, 'clock_nanosleep': 230, 'openat': 257, 'newfstatat': 262, 'prlimit64': 302, 'getrandom': 318}
# These end the program: exit, exit_group, rt_sigreturn; and the kernel's own for probes, where it asks no filter.
ENDING = {60, 231, 15, 335, 336}


def call(*arguments):
    """A system call, past all of Python and the C library."""
    ctypes.set_errno(0)
    result = LIBC.syscall(*[ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments])
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def calls_that_are_not_refused():
    found = []
    for number in range(512):
        if number in ENDING:
            continue
        try:
            call(number, 0, 0, 0, 0, 0, 0)
            found.append(number)
        except OSError as error:
            if error.errno != errno.EPERM:
                found.append(number)
    return sorted(set(found) ^ set(LET_THROUGH.values()))


def start_thread():
    threading.Thread(target=print).start()


def map_code():
    return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def connect():
    socket.create_connection(('127.0.0.1', 9), timeout=1)


def look_up():
    return socket.gethostbyname('localhost')


def write_into_own_library():
    open(os.__file__, 'a')


def load_from_elsewhere(directory):
    sys.path.insert(0, directory)
    try:
        return importlib.import_module('elsewhere')
    finally:
        del sys.path[0]


def attempts(directory):
    """Names of attempts, and what does them; `directory` is the server's data directory."""
    version = directory + '/PG_VERSION'
    parent = os.getppid()
    os_ways = {
        'reads_passwd': lambda: open('/etc/passwd').read(),
        'reads_data': lambda: open(version).read(),
        'reads_by_io': lambda: io.FileIO(version).read(),
        'opens_data': lambda: os.open(version, os.O_RDONLY),
        'opens_path': lambda: os.open(version, os.O_PATH),
        'lists_data': lambda: os.listdir(directory),
        'lists_root': lambda: os.listdir('/'),
        'lists_home': lambda: os.listdir('/home'),
        'lists_own_files': lambda: os.listdir('/proc/self/fd'),
        'reads_own_memory': lambda: open('/proc/self/mem', 'rb'),
        'reads_parents_environment': lambda: open('/proc/%d/environ' % parent, 'rb'),
        'looks_at_data': lambda: os.stat(version),
        'looks_at_data_as_link': lambda: os.lstat(version),
        'looks_where_parent_is': lambda: os.readlink('/proc/%d/cwd' % parent),
        'goes_there': lambda: os.chdir(directory),
        'opens_device': lambda: open('/dev/zero', 'rb'),
        'loads_from_data': lambda: load_from_elsewhere(directory),
        'loads_library_from_data': lambda: ctypes.CDLL(directory + '/elsewhere.so'),
        'writes_data': lambda: open(directory + '/left', 'w'),
        'writes_tmp': lambda: open('/tmp/left', 'w'),
        'writes_library': write_into_own_library,
        'makes_directory': lambda: os.mkdir('/tmp/left'),
        'removes': lambda: os.unlink(version),
        'renames': lambda: os.rename(version, version + '.left'),
        'links': lambda: os.symlink('/etc/passwd', '/tmp/left'),
        'changes_mode': lambda: os.chmod(version, 0o777),
        'socket': socket.socket,
        'unix_socket': lambda: socket.socket(socket.AF_UNIX),
        'connects': connect,
        'looks_up_host': look_up,
        'forks': os.fork,
        'executes': lambda: os.execv('/bin/true', ['true']),
        'runs': lambda: subprocess.run(['/bin/true']),
        'spawns': lambda: os.posix_spawn('/bin/true', ['true'], {}),
        'starts_thread': start_thread,
        'ends_itself': lambda: os.kill(os.getpid(), signal.SIGKILL),
        'ends_parent': lambda: os.kill(parent, signal.SIGKILL),
        'ends_all': lambda: os.kill(-1, signal.SIGTERM),
        'raises_signal': lambda: signal.raise_signal(signal.SIGTERM),
        'handles_signal': lambda: signal.signal(signal.SIGTERM, print),
        'copies_descriptor': lambda: os.dup2(1, 0),
        'closes_channel': lambda: os.close(0),
        'closes_page': lambda: os.close(3),
        'pipe': os.pipe,
        'memory_file': lambda: os.memfd_create('left'),
        'maps_code': map_code,
        'lifts_limit': lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1)),
        'gets_priority': lambda: os.nice(-5),
        'becomes_root': lambda: os.setuid(0),
        'controls': lambda: fcntl.ioctl(0, 0x5413, b'\0' * 8),
        'owns_descriptor': lambda: fcntl.fcntl(0, fcntl.F_SETOWN, parent),
    }
    name = ctypes.c_char_p(version.encode())
    raw_ways = {
        'raw_open': lambda: call(2, name, os.O_RDONLY, 0),
        'raw_openat2': lambda: call(437, -100, name, ctypes.create_string_buffer(24), 24),
        'raw_open_by_handle': lambda: call(304, -100, ctypes.create_string_buffer(128), 0),
        'raw_stat': lambda: call(4, name, ctypes.create_string_buffer(256)),
        'raw_statx': lambda: call(332, -100, name, 0, 0xfff, ctypes.create_string_buffer(256)),
        'raw_socket': lambda: call(41, 2, 1, 0),
        'raw_clone': lambda: call(56, 17, 0, 0, 0, 0),
        'raw_vfork': lambda: call(58),
        'raw_execveat': lambda: call(322, -100, name, 0, 0, 0),
        'raw_ptrace': lambda: call(101, 16, parent, 0, 0),
        'raw_process_vm_readv': lambda: call(310, parent, 0, 0, 0, 0, 0),
        'raw_process_vm_writev': lambda: call(311, parent, 0, 0, 0, 0, 0),
        'raw_pidfd_open': lambda: call(434, parent, 0),
        'raw_kill': lambda: call(62, parent, 9),
        'raw_tgkill': lambda: call(234, os.getpid(), os.getpid(), 9),
        'raw_io_uring': lambda: call(425, 1, ctypes.create_string_buffer(120)),
        'raw_memfd': lambda: call(319, name, 0),
        'raw_bpf': lambda: call(321, 0, 0, 0),
        'raw_userfaultfd': lambda: call(323, 0),
        'raw_prctl': lambda: call(157, 4, 1, 0, 0, 0),
        'raw_seccomp': lambda: call(317, 1, 0, 0),
        'raw_mprotect': lambda: call(10, 0, 4096, 5),
        'raw_pwrite': lambda: call(18, 0, name, 1, 0),
        'raw_sendmsg': lambda: call(46, 0, 0, 0),
        'raw_prlimit': lambda: call(302, parent, 7, 0, 0),
        'raw_close_with_high_bits': lambda: call(3, 1 << 32),
    }
    return {**os_ways, **(raw_ways if platform.machine() == 'x86_64' else {})}


def outcome(act):
    try:
        return 'got ' + repr(act())[:100]
    except OSError as error:
        return type(error).__name__ + ' ' + errno.errorcode.get(error.errno, str(error))
    except BaseException as error:
        return type(error).__name__ + ': ' + str(error)[:100]


class Probe(NFPlugin):
    def on_init(self, packet, flow):
        if not hasattr(self, 'done'):
            self.done = True
            for name, act in attempts(self.directory).items():
                setattr(flow.udps, name, outcome(act))
            if platform.machine() == 'x86_64':
                flow.udps.calls = calls_that_are_not_refused()
            flow.udps.path = sys.path
            flow.udps.environment = sorted(os.environ)
