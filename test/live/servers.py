#!/usr/bin/env python3
"""Small servers of real protocols, which answer after a while, as a busy one does; and a resolver that asks by sendto().

    servers.py https PORT CERTIFICATE KEY    pages over TLS, one dual-stack socket
    servers.py dns PORT                      an address for any name, over UDP, one dual-stack socket that is not connected
    servers.py ask ADDRESS PORT NAME         asks a name server, by a socket that is not connected
"""

import http.server
import ipaddress
import random
import socket
import ssl
import struct
import sys
import time

WHILE = 0.3  # seconds, many times what it takes to look which sockets there are


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(WHILE)
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(b'<!DOCTYPE html><title>hello</title><p>hello, world\n')

    def log_message(self, *_):
        pass


class DualStack(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def https(port, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = DualStack(('::', int(port)), Pages)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


def end_of_question(message):
    """Where the first question of a DNS message ends (RFC 1035, 4.1.2)."""
    at = 12
    while message[at]:
        at += 1 + message[at]
    return at + 5


def dns(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(('::', int(port)))
    while True:
        asked, client = server.recvfrom(4096)
        question = asked[12 : end_of_question(asked)]
        (kind,) = struct.unpack('>H', question[-4:-2])
        address = ipaddress.ip_address('192.0.2.1' if kind == 1 else '2001:db8::1').packed
        time.sleep(WHILE)
        answer = b'\xc0\x0c' + question[-4:] + struct.pack('>IH', 60, len(address)) + address
        server.sendto(asked[:2] + struct.pack('>HHHHH', 0x8180, 1, 1, 0, 0) + question + answer, client)


def ask(address, port, name):
    client = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10)
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'
    header = struct.pack('>HHHHHH', random.getrandbits(16), 0x0100, 1, 0, 0, 0)
    client.sendto(header + labels + struct.pack('>HH', 1, 1), (address, int(port)))
    client.recvfrom(4096)


if __name__ == '__main__':
    {'https': https, 'dns': dns, 'ask': ask}[sys.argv[1]](*sys.argv[2:])
