"""What the linked nDPI says of each flow: builds labels.c of the shared tools and gives it the events of the model."""

import os
import shlex
import subprocess

from table import LABELS, NAMES_APART, from_csv


def flags(ndpi):
    """What compiler and linker need for the nDPI at a prefix, or for the one that pkg-config knows."""
    if not ndpi:
        ask = lambda what: subprocess.check_output(['pkg-config', what, 'libndpi'], text=True)
        return shlex.split(ask('--cflags')), shlex.split(ask('--libs'))
    lib = os.path.join(ndpi, 'lib')
    return ['-I' + os.path.join(ndpi, 'include', 'ndpi')], ['-L' + lib, '-Wl,-rpath,' + lib, '-lndpi', '-lm']


def build(source, ndpi, directory):
    """Compiles labels.c into the directory; returns the program's path."""
    program = os.path.join(directory, 'labels')
    compiler, linker = flags(ndpi)
    subprocess.run(['cc', '-O2', '-w', *compiler, '-o', program, source, *linker], check=True)
    return program


def of_events(program, events, dissections):
    """The id and the nine labels of each flow, in NFStream's names, and the names of application and protocol apart."""
    ran = subprocess.run([program, str(dissections), 'short'], input=events, stdout=subprocess.PIPE, check=True)
    found = from_csv(ran.stdout)
    if found.columns != ('id', *LABELS, *NAMES_APART):
        raise RuntimeError('labels.c printed the columns %s' % (found.columns,))
    return found
