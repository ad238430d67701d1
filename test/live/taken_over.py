"""A program that somebody has taken over: it is stopped, and made to call the system, as its own code could. Needs root.

The kernel asks the program's filter about such a call as about any other. x86-64 alone: registers differ.
"""

import ctypes
import os
import platform
import signal
import struct

CAN = platform.machine() == 'x86_64'

PTRACE_POKEDATA, PTRACE_SINGLESTEP, PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_ATTACH, PTRACE_DETACH = 5, 9, 12, 13, 16, 17
WALL = 0x40000000
SYSCALL = b'\x0f\x05'
WORD = 8
BELOW_STACK = 4096  # bytes, where nothing of the program's stands

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long

FIELDS = ('r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs').split()


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in FIELDS]


def ptrace(request, pid, address=0, data=0):
    if LIBC.ptrace(request, pid, address, data) == -1:
        raise OSError(ctypes.get_errno(), 'ptrace %d' % request)


class Ended(Exception):
    """The program was ended by a signal, its number."""


class TakenOver:
    """`with TakenOver(pid) as program: program.call(number, ...)`"""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        ptrace(PTRACE_ATTACH, self.pid)
        os.waitpid(self.pid, WALL)
        self.before = self.registers()
        # It waits in poll(), after the instruction that calls the system.
        self.instruction = self.before.rip - len(SYSCALL)
        with open('/proc/%d/mem' % self.pid, 'rb') as memory:
            memory.seek(self.instruction)
            if memory.read(len(SYSCALL)) != SYSCALL:
                raise RuntimeError('the program does not wait in a call to the system')
        return self

    def __exit__(self, kind, *_):
        if kind is not Ended:
            ptrace(PTRACE_SETREGS, self.pid, 0, ctypes.addressof(self.before))
            ptrace(PTRACE_DETACH, self.pid)

    def registers(self):
        registers = Registers()
        ptrace(PTRACE_GETREGS, self.pid, 0, ctypes.addressof(registers))
        return registers

    def room(self, data):
        """Writes bytes into the program's memory, for the next call; their address."""
        address = (self.before.rsp - BELOW_STACK) & ~15
        data += bytes(-len(data) % WORD)
        for i in range(0, len(data), WORD):
            ptrace(PTRACE_POKEDATA, self.pid, address + i, struct.unpack_from('<Q', data, i)[0])
        return address

    def call(self, number, *arguments):
        """What the call returns, an error negative. Raises Ended where the program ends instead."""
        registers = self.registers()
        registers.rax, registers.orig_rax, registers.rip = number, 2**64 - 1, self.instruction
        for name, value in zip(('rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'), [*arguments, 0, 0, 0, 0, 0, 0]):
            setattr(registers, name, value & (2**64 - 1))
        ptrace(PTRACE_SETREGS, self.pid, 0, ctypes.addressof(registers))
        ptrace(PTRACE_SINGLESTEP, self.pid)
        _, status = os.waitpid(self.pid, WALL)
        if os.WIFSIGNALED(status):
            raise Ended(os.WTERMSIG(status))
        if os.WSTOPSIG(status) != signal.SIGTRAP:
            raise RuntimeError('stopped by signal %d' % os.WSTOPSIG(status))
        return ctypes.c_longlong(self.registers().rax).value
