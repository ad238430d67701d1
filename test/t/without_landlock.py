#!/usr/bin/python3 -SE
"""without_landlock.py - the program beside it called METER, as on a kernel that has no Landlock: its calls answer ENOSYS."""
import ctypes
import errno
import os
import struct
import sys

METER = 'nfstream_meter_python'
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, IS, RETURN = 0x20, 0x15, 0x06         # BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K
ALLOW, FAIL = 0x7fff0000, 0x00050000
LANDLOCK_CREATE_RULESET = 444               # on every architecture

program = b''.join(struct.pack('HBBI', *step) for step in (
    (LOAD, 0, 0, 0), (IS, 0, 1, LANDLOCK_CREATE_RULESET), (RETURN, 0, 0, FAIL | errno.ENOSYS), (RETURN, 0, 0, ALLOW)))
steps = ctypes.create_string_buffer(program, len(program))
filter_ = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(program) // 8, ctypes.addressof(steps)))
libc = ctypes.CDLL(None)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0) != 0:
    sys.exit('no filter')
os.execv(METER, [METER])
