#!/usr/bin/env python3
"""Programs with a socket each, for tests of which process it is.

    talkers.py serve SOCKET ADDRESS PORT [NAME]                         answers whatever comes, and says "ready"
    talkers.py talk SOCKET ADDRESS PORT SECONDS [NAME [FROM_PORT]]      says something, and ends that long after the answer

SOCKET is tcp; udp, which the talker connects; or free, which is UDP that it does not. An ADDRESS of * is all of both families.
NAME, in hexadecimal, is what the process calls itself.
"""

import socket
import sys
import time

WAIT = 20


def open_socket(kind, address):
    family = socket.AF_INET6 if ':' in address or address == '*' else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address != '*')
    return opened


def call_oneself(name):
    with open('/proc/self/comm', 'wb') as file:
        file.write(bytes.fromhex(name))


def serve(kind, address, port, name=''):
    call_oneself(name or b'server'.hex())
    server = open_socket(kind, address)
    server.bind(('::' if address == '*' else address, int(port)))
    if kind == 'tcp':
        server.listen()
    print('ready', flush=True)
    while kind != 'tcp':
        said, client = server.recvfrom(4096)
        server.sendto(said, client)
    held = []
    while True:
        held.append(server.accept()[0])  # until the end: so it is found
        held[-1].sendall(held[-1].recv(4096))


def talk(kind, address, port, seconds, name='', from_port='0'):
    call_oneself(name or b'client'.hex())
    client = open_socket(kind, address)
    client.settimeout(WAIT)
    if int(from_port):
        client.bind(('', int(from_port)))
    if kind == 'free':
        client.sendto(b'hello', (address, int(port)))
    else:
        client.connect((address, int(port)))
        client.send(b'hello')
    client.recv(4096)
    time.sleep(float(seconds))


if __name__ == '__main__':
    {'serve': serve, 'talk': talk}[sys.argv[1]](*sys.argv[2:])
