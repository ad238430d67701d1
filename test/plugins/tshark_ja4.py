#!/usr/bin/python3
"""JA4 fingerprints of ClientHellos as tshark has them: what the plugin ja4 is held against.

    tshark_ja4.py own test/pcaps/*.pcap* >> tshark_ja4.txt      writes known answers, of a collection of captures.py

Known answers are tshark 4.6.9's (Wireshark's own JA4, of Debian sid in November 2026), of all captures that have hellos. A tshark
with the field tls.handshake.ja4, from 4.2 on, is asked itself where there is one: TSHARK='chroot /srv/sid tshark' names one in
another place, which reads captures from its standard input.

Twice, as tshark takes ports 80 and 8080 for HTTP only unless it is told otherwise. One thing it has of its own: version 0x0100
of the first OpenSSL's DTLS is `s1`; FoxIO's description knows no such version, and has `00` for what it does not know.
"""

import gzip
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = os.path.join(HERE, 'tshark_ja4.txt')
FIELDS = ('frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.srcport', 'tcp.dstport', 'udp.srcport',
          'udp.dstport', 'tls.handshake.ja4', 'dtls.handshake.ja4')
AS_TLS = ('-d', 'tcp.port==80,tls', '-d', 'tcp.port==8080,tls')


def program():
    """The command of a tshark that knows JA4, or None."""
    command = shlex.split(os.environ.get('TSHARK', 'tshark'))
    try:
        fields = subprocess.run([*command, '-G', 'fields'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    except OSError:
        return None
    return command if b'\ttls.handshake.ja4\t' in fields else None


def hellos(command, path, arguments):
    """The ends of a flow and the fingerprint of each hello, in order."""
    shown = [word for name in FIELDS for word in ('-e', name)]
    with gzip.open(path) if path.endswith('.gz') else open(path, 'rb') as file:
        ran = subprocess.run(
            [*command, '-n', '-r', '-', *arguments, '-Y', 'tls.handshake.ja4 or dtls.handshake.ja4', '-T', 'fields', *shown],
            stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
    for line in ran.stdout.splitlines():
        row = [value.split(',') for value in line.split('\t')]
        innermost = [layer for layer in row[0][0].split(':') if layer in ('ip', 'ipv6')][-1]
        addresses = [row[at][-1] for at in ((1, 2) if innermost == 'ip' else (3, 4))]
        ports = [(row[at][-1] or row[at + 2][-1]) for at in (5, 6)]
        fingerprint = row[9][0] or re.sub('^ds1', 'd00', row[10][0])
        yield frozenset(zip(addresses, ports)), fingerprint


def answers(command, path):
    """The first hello of each flow, named by its ends."""
    found = {}
    for arguments in ((), AS_TLS):
        for ends, fingerprint in hellos(command, path, arguments):
            found.setdefault(ends, fingerprint)
    return found


def known():
    """By capture, the same."""
    found = {}
    with open(KNOWN) as file:
        for line in file:
            if not line.startswith('#'):
                capture, one, its_port, other, other_port, fingerprint = line.split()
                found.setdefault(capture, {})[frozenset([(one, its_port), (other, other_port)])] = fingerprint
    return found


def main():
    command = program()
    print('# %s' % subprocess.run([*command, '--version'], stdout=subprocess.PIPE, text=True).stdout.splitlines()[0])
    print('# capture, the two ends of a flow, JA4 of its first ClientHello')
    collection, *paths = sys.argv[1:]
    for path in paths:
        for ends, fingerprint in answers(command, path).items():
            print('%s/%s' % (collection, os.path.basename(path)), *(word for end in sorted(ends) for word in end), fingerprint)


if __name__ == '__main__':
    main()
