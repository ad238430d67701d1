#!/usr/bin/python3
"""tunnel.py - one end of an IP-in-IP tunnel, for kernels without ipip, sit and ip6tnl devices.

    tunnel.py DEVICE LOCAL REMOTE

The kernel writes both headers: the inner packet comes out of a TUN device, the outer header is put on by a raw socket.
This program only carries the bytes from the one to the other, until it is ended by a signal.  Inner IPv4 goes as
protocol 4 (RFC 2003), inner IPv6 as protocol 41 (RFC 4213); LOCAL and REMOTE are both IPv4 or both IPv6.
"""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000      # linux/if_tun.h
PROTOCOL_OF_VERSION = {4: 4, 6: 41}


def open_device(name):
    device = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main():
    name, local, remote = sys.argv[1:]
    family = socket.AF_INET6 if ':' in local else socket.AF_INET
    sockets = {}
    for version, protocol in PROTOCOL_OF_VERSION.items():
        sockets[version] = socket.socket(family, socket.SOCK_RAW, protocol)
        sockets[version].bind((local, 0))
    device = open_device(name)

    while True:
        for ready in select.select([device, *sockets.values()], [], [])[0]:
            if ready == device:
                packet = os.read(device, 65536)
                sockets[packet[0] >> 4].sendto(packet, (remote, 0))
                continue
            packet, sender = ready.recvfrom(65536)
            if sender[0] == remote:
                # A raw IPv4 socket hands over the outer header as well.
                os.write(device, packet[(packet[0] & 15) * 4:] if family == socket.AF_INET else packet)


if __name__ == '__main__':
    main()
