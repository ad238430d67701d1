"""texts.py - captures about the texts that nDPI finds: at their greatest lengths, beyond them, and not all of it UTF-8.

What nDPI makes of each, and so what a label must be, no story tells: it depends on its version.
"""
import struct

from scapy.layers.inet import TCP, UDP
from scapy.packet import Raw

from composed.story import Story, capture
from composed.talk import ethers, tcp, to_client, to_server, word

SERVER_NAME, FINGERPRINT, USER_AGENT, CONTENT_TYPE = 79, 47, 255, 63    # METERING.md section 11, bytes
CHARACTERS = 'ö', '日', '😀'                                             # of two, three and four bytes
# A byte that is none, one that goes on from nothing, a surrogate, two too long, one above U+10FFFF, one cut short.
NOT_UTF8 = b'a\xffb\x80c\xed\xa0\x80d\xc0\xaf\xe0\x80\xafe\xf4\x90\x80\x80f\xe6\x97g'


def texts(most):
    """Texts around a greatest length, and with a character of several bytes that it cuts at each of them, or just not."""
    for length in 1, most - 1, most, most + 1, most + 60:
        yield (b'abcdefghi-' * 40)[:length]
    for character in CHARACTERS:
        encoded = character.encode()
        for before in range(1, len(encoded) + 1):
            yield b'x' * (most - before) + encoded * 3
        yield encoded * 100
    yield NOT_UTF8
    yield b'y' * (most - len(NOT_UTF8) // 2) + NOT_UTF8


def http(number, host=b'www.example.org', agent=b'compose', kind=b'text/plain'):
    request = b'GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n\r\n' % (host, agent)
    reply = b'HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 6\r\n\r\nhello\n' % kind
    packets = tcp(number, request=request, reply=reply)
    received = packets[4].copy()                # nDPI reads a reply only behind the server's ACK of the request
    received[TCP].flags = 'A'
    received[TCP].remove_payload()
    return packets[:4] + [received] + packets[4:]


@capture('text_http.pcap')
def http_texts():
    """HTTP: hosts, user agents and content types as long as they are kept, longer, cut inside a character, not UTF-8."""
    s = Story()
    conversations = [{'host': text} for text in texts(SERVER_NAME)]
    conversations += [{'agent': text} for text in texts(USER_AGENT)]
    conversations += [{'kind': text} for text in texts(CONTENT_TYPE)]
    conversations += [{'kind': b'text/' + text} for text in texts(CONTENT_TYPE - 5)]
    for number, what in enumerate(conversations, 1):
        s.row(number, *ethers(http(number, **what)))
    return s


def dns_name(text):
    """Labels of up to 60 bytes, without regard for where characters begin."""
    parts = [text[at:at + 60] for at in range(0, len(text), 60)] + [b'org']
    return b''.join(bytes([len(part)]) + part for part in parts) + b'\0'


@capture('text_dns.pcap')
def dns_texts():
    """DNS: the same of the names that are asked for."""
    s = Story()
    for number, text in enumerate(texts(SERVER_NAME), 1):
        query = struct.pack('>HHHHHH', number, 0x0100, 1, 0, 0, 0) + dns_name(text) + word(1) + word(1)
        answer = struct.pack('>HHHHHH', number, 0x8180, 1, 1, 0, 0) + query[12:]
        answer += b'\xc0\x0c' + word(1) + word(1) + bytes(4) + word(4) + bytes([203, 0, 113, 5])
        there = to_server(number) / UDP(sport=40000 + number, dport=53) / Raw(query)
        back = to_client(number) / UDP(sport=53, dport=40000 + number) / Raw(answer)
        s.row(number, *ethers([there, back]), dst_port=53)
    return s


def client_hello(name):
    """TLS 1.2, RFC 5246 and RFC 6066: three cipher suites, two groups, the server's name."""
    names = b'\0' + word(len(name)) + name
    extensions = b'\0\0' + word(len(names) + 2) + word(len(names)) + names
    extensions += bytes.fromhex('000a000600040017001d') + bytes.fromhex('000b00020100')
    body = bytes.fromhex('0303') + bytes(range(32)) + b'\0' + bytes.fromhex('0006c02bc02f009c') + b'\1\0'
    body += word(len(extensions)) + extensions
    message = b'\1' + struct.pack('>I', len(body))[1:] + body
    return bytes.fromhex('160301') + word(len(message)) + message


# TLS 1.2, a cipher suite, no extension.
SERVER_HELLO = bytes.fromhex('160303002a020000260303') + bytes(range(32)) + bytes.fromhex('00c02f00')


@capture('text_tls.pcap')
def tls_texts():
    """TLS: the same of server names; and the name of an application that is as long as any here with nDPI 4.2."""
    s = Story()
    for number, name in enumerate([*texts(SERVER_NAME), b'mask.icloud.com'], 1):
        packets = tcp(number, request=client_hello(name), reply=SERVER_HELLO, port=443)
        s.row(number, *ethers(packets), dst_port=443)
    return s


@capture('text_dhcp.pcap')
def dhcp_texts():
    """DHCP: lists of wanted options, which are the fingerprint, and host names; as long as they are kept, and longer."""
    s = Story()
    # Written with commas between, one digit each makes two characters less the last comma.
    wanted = [bytes([1, 3, 6] * 20)[:count] for count in (1, 23, 24, 25, 40)]
    wanted += [bytes([121, 249, 252] * 20)[:count] for count in (11, 12, 13, 40)]
    wanted += [bytes([121] * 11) + bytes([last]) for last in (3, 15, 121)]
    requests = [(want, b'host') for want in wanted] + [(b'\1\3\6', text[:250]) for text in texts(SERVER_NAME)]
    for number, (want, host) in enumerate(requests, 1):
        options = b'\x35\1\1' + b'\x0c' + bytes([len(host)]) + host + b'\x37' + bytes([len(want)]) + want + b'\xff'
        head = bytes([1, 1, 6, 0]) + struct.pack('>I', number) + bytes(20) + bytes([2, 0, 0, 0, 0, 1]) + bytes(202)
        message = head + bytes.fromhex('63825363') + options
        # Each from a host of its own: they all have the same ports.
        packet = to_server(number) / UDP(sport=68, dport=67) / Raw(message)
        packet.src = '10.9.1.%d' % number
        s.row('request %d' % number, *ethers([packet]), src_port=68, src_ip=packet.src)
    return s
