#!/usr/bin/env python3
"""filter_differential.py - BPF filters on captures of all link types, byte orders and formats: the packets that pass must be tcpdump's.

  filter_differential.py [--model PATH/model.py] FILTER_DUMP

FILTER_DUMP is filter_dump.c, built with sanitizers.  Each filter is run by the engine and by libpcap on the opened file, on
 - the captures of test/pcaps, and those of the shared directory that the model is from (data/pcaps, data/synthetic, data/found),
 - for each link type the first packets of those that have it, as pcap and pcapng in both byte orders;
and by tcpdump itself on one of these four.  What libpcap refuses to compile the engine must refuse as well, with the same reason.
"""
import argparse
import concurrent.futures
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
PACKETS_OF_EACH = 25        # that a capture gives to the one of its link type
FILTERS = """
ip
ip6
arp
not ip and not ip6
tcp
udp
icmp
icmp6
sctp
igmp
ip or ip6
tcp or udp
tcp port 80
tcp port 443
port 53
udp port 53
port domain
src port 53
dst port 80
tcp port http or https
port 443 or port 80
portrange 1000-5000
udp portrange 50-domain
host 10.0.0.1
host 192.168.1.1 or host 10.1.0.2
src host 10.1.0.2
dst host 198.51.100.10
net 10.0.0.0/8
src net 192.168.0.0/16
dst net 192.168.0.0 mask 255.255.0.0
not net 10
ip6 host 2001:db8::1
net fe80::/10
src net 2001:db8::/32
ip6 net ff00::/8
ip proto 17
ip proto \\udp
ip6 proto 17
ip6 proto ipv6-icmp
proto ospf
ip proto gre
greater 100
less 100
len > 200
len = 60
len <= 1514 and ip
tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn
tcp[13] = 18
tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420
udp[8:2] = 1
ip[8] < 64
ip[6:2] & 0x1fff = 0
ip[6:2] & 0x1fff != 0
ip[2:2] > 1000
ip6[6] = 6
icmp[icmptype] = icmp-echo
link[0] = 0
ether[0] & 1 = 1
ether[12:2] = 0x0800
ether host 02:00:00:00:01:01
ether src 02:00:00:00:01:02
ether proto 0x0800
ether proto \\arp
ether broadcast
ether multicast
ip multicast
ip6 multicast
broadcast
multicast
vlan
vlan 10
vlan and ip
vlan and vlan
mpls
mpls and ip
mpls 100
pppoes
pppoes and ip
pppoed
geneve
atalk
ipx
iso
isis
stp
llc
wlan type data
type mgt
type data subtype qos-data
wlan addr1 02:00:00:00:01:01
wlan host 02:00:00:00:01:01
dir tods
inbound
outbound
not inbound
ifindex 1
ifname eth0
on eth0
rset 1
tcp and udp
ip and ip6
ip protochain 6
ip6 protochain 17
decnet host 1.1
lat
gateway 10.0.0.1
1 = 1
1 = 2
len > 0
len < 0xffffffff
ip[0:3] = 1
tcp port
host 10.0.0.256
port 70000
tcp.port == 443
tcp and (udp
this is no filter
port nosuchservice
proto nosuchprotocol
host 1:2:3:::4
""".strip('\n').split('\n')

# tcpdump has no netmask for a file, NFStream 255.255.255.0.
AS_TCPDUMP = {'ip broadcast': 'ip and (ip[19] = 0 or ip[19] = 255)'}
FILTERS += list(AS_TCPDUMP)


class Capture:
    """The packets of a pcap or pcapng file, up to what is not understood: (link type, time in us, bytes, length on the wire)."""

    def __init__(self, path):
        self.packets = []
        blob = path.read_bytes()
        try:
            self.read_pcapng(blob) if blob[:4] == b'\n\r\r\n' else self.read_pcap(blob)
        except (struct.error, IndexError, ValueError):
            pass

    def read_pcap(self, blob):
        order = {b'\xd4\xc3\xb2\xa1': '<', b'\x4d\x3c\xb2\xa1': '<', b'\xa1\xb2\xc3\xd4': '>', b'\xa1\xb2\x3c\x4d': '>'}.get(blob[:4])
        if order is None or struct.unpack_from(order + 'H', blob, 6)[0] != 4:
            return
        link, at = struct.unpack_from(order + 'I', blob, 20)[0] & 0xFFFF, 24
        while at + 16 <= len(blob):
            _, _, captured, wire = struct.unpack_from(order + 'IIII', blob, at)
            if captured > 262144 or at + 16 + captured > len(blob):
                return
            self.packets.append((link, blob[at + 16:at + 16 + captured], wire))
            at += 16 + captured

    def read_pcapng(self, blob):
        at, order, links = 0, '<', []
        while at + 12 <= len(blob):
            kind = struct.unpack_from('<I', blob, at)[0]
            if kind == 0x0A0D0D0A:
                order, links = ('<' if blob[at + 8:at + 12] == b'\x4d\x3c\x2b\x1a' else '>'), []
            kind, total = struct.unpack_from(order + 'II', blob, at)
            if total < 12 or total % 4:
                return
            if kind == 1:
                links.append(struct.unpack_from(order + 'H', blob, at + 8)[0])
            if kind == 6:
                number, _, _, captured, wire = struct.unpack_from(order + 'IIIII', blob, at + 8)
                self.packets.append((links[number], blob[at + 28:at + 28 + captured], wire))
            at += total


def swap_null(data):
    """A packet of link type NULL from a machine of the other byte order."""
    return data[3::-1] + data[4:]


def write_pcap(path, link, packets, order):
    with open(path, 'wb') as to:
        to.write(struct.pack(order + 'IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for number, (data, wire) in enumerate(packets):
            to.write(struct.pack(order + 'IIII', 1700000000 + number, 0, len(data), wire) + data)


def write_pcapng(path, link, packets, order):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack(order + 'II', kind, len(body) + 12) + body + struct.pack(order + 'I', len(body) + 12)

    with open(path, 'wb') as to:
        to.write(block(0x0A0D0D0A, struct.pack(order + 'IHHq', 0x1A2B3C4D, 1, 0, -1)))
        to.write(block(1, struct.pack(order + 'HHI', link, 0, 262144)))
        for number, (data, wire) in enumerate(packets):
            time = (1700000000 + number) * 1000000
            to.write(block(6, struct.pack(order + 'IIIII', 0, time >> 32, time & 0xFFFFFFFF, len(data), wire) + data))


def compose(captures, directory):
    """For each link type a capture in both formats and byte orders, of the first packets of those that have it."""
    of_link = {}
    for path in captures:
        taken = {}
        for link, data, wire in Capture(path).packets:
            taken[link] = taken.get(link, 0) + 1
            if taken[link] <= PACKETS_OF_EACH:
                of_link.setdefault(link, []).append((data, wire))
    # Those that no capture has: what they carry is read as Ethernet's or IP's, as it comes.
    ethernet = of_link[1][:200]
    raw = [(data[14:], wire - 14) for data, wire in ethernet if len(data) > 14]
    for link in (0, 9, 12, 50, 101, 104, 105, 108, 113, 119, 127, 147, 192, 195, 228, 229, 249, 276):
        of_link.setdefault(link, raw)
    for family in (2, 10, 24, 28, 30):
        of_link[0] = of_link[0] + [(struct.pack(order + 'I', family) + data, wire + 4) for data, wire in raw[:20] for order in '<>']
    composed = []
    for link, packets in sorted(of_link.items()):
        for order, name in (('<', 'little'), ('>', 'big')):
            for write, ending in ((write_pcap, 'pcap'), (write_pcapng, 'pcapng')):
                path = pathlib.Path(directory, 'link_%d_%s.%s' % (link, name, ending))
                write(path, link, packets, order)
                composed.append(path)
    return composed


def records(blob):
    """The packets in tcpdump's pcap file: their bytes and lengths."""
    found, at = [], 24
    while at < len(blob):
        captured, wire = struct.unpack_from('<II', blob, at + 8)
        found.append((blob[at + 16:at + 16 + captured], wire))
        at += 16 + captured
    return found


def tcpdump(path, text):
    """(packets, None), or (None, reason) where the filter does not compile."""
    ran = subprocess.run(['tcpdump', '-n', '-Z', 'root', '-r', str(path), '-w', '-'] + ([text] if text else []), capture_output=True)
    if len(ran.stdout) >= 24:
        return records(ran.stdout), None
    said = ran.stderr.decode(errors='replace').strip().split('\n')[-1]
    return None, said.removeprefix('tcpdump: ')


def run(dump, path, *options):
    """(a line for each filter, the number of packets), or None where it is no capture."""
    ran = subprocess.run([dump, *options, str(path)], input='\n'.join(FILTERS) + '\n', capture_output=True, text=True)
    lines = ran.stdout.split('\n')
    if ran.returncode == 0 and len(lines) == len(FILTERS) + 2:
        return lines[:-2], int(lines[-2])
    if ran.returncode == 1 and ran.stderr.count('\n') == 1:
        return None
    raise RuntimeError('%s: %s' % (path, ran.stderr[:2000]))


def understood(line, limit):
    """(the packets that passed up to a number, why the filter does not fit one of these or the file)"""
    numbers, unfit, reason = line.partition('unfit at ')
    number, _, reason = reason.partition(': ')
    return [number for number in map(int, numbers.split()) if number <= limit], reason if unfit and int(number) <= max(limit, 1) else None


def compared_with_libpcap(dump, path):
    """How many filters were compared, how many packets passed, how many filters did not compile; and what differs."""
    ours, libpcaps = run(dump, path), run(dump, path, '--libpcap')
    if ours is None or libpcaps is None:
        return 0, 0, 0, []          # what is read at all is compared elsewhere
    # Where one of the two reads on, after damage or an interface of another link type, only what both have read.
    limit = min(ours[1], libpcaps[1])
    passed = unfit = 0
    found = []
    for text, *lines in zip(FILTERS, ours[0], libpcaps[0]):
        got, wanted = (understood(line, limit) for line in lines)
        passed += len(wanted[0])
        unfit += wanted[1] is not None
        if got != wanted and not (limit == 0 and wanted[1] is None):
            found.append('%s: %s: %s; libpcap: %s' % (path.name, text, str(got)[:100], str(wanted)[:100]))
    return len(FILTERS), passed, unfit, found


def compared_with_tcpdump(dump, path):
    """The same."""
    everything, _ = tcpdump(path, None)
    passed = unfit = 0
    found = []
    for text, line in zip(FILTERS, run(dump, path)[0]):
        wanted, reason = tcpdump(path, AS_TCPDUMP.get(text, text))
        numbers, misfit = understood(line, len(everything))
        if wanted is None:
            unfit += 1
            same = misfit == reason
        else:
            passed += len(wanted)
            same = misfit is None and [everything[number - 1] for number in numbers] == wanted
        if not same:
            found.append('%s: %s: %s; tcpdump: %s' % (path.name, text, line[:100], reason or '%d packets' % len(wanted)))
    return len(FILTERS), passed, unfit, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--model')
    parser.add_argument('dump')
    arguments = parser.parse_args()
    captures = sorted((TREE / 'test' / 'pcaps').glob('*.pcap*'))
    if arguments.model:
        data = pathlib.Path(arguments.model).resolve().parents[1] / 'data'
        for directory in ('pcaps', 'found', 'synthetic/pcaps'):
            captures += sorted(path for path in (data / directory).iterdir() if path.is_file() and path.suffix in ('.pcap', '.pcapng', '.cap'))
    differs = False
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        composed = compose(captures, directory)
        for name, compare, paths in (
            ('libpcap', compared_with_libpcap, captures + composed),
            ('tcpdump', compared_with_tcpdump, [composed[i] for i in range(len(composed)) if i % 4 == i // 4 % 4]),
        ):
            totals, found = [0, 0, 0], []
            for *counts, different in pool.map(lambda path: compare(arguments.dump, path), paths):
                totals = [sum(pair) for pair in zip(totals, counts)]
                found += different
            for line in found[:60]:
                print('not ok', line)
            print('%s: %d captures, %d filters: %d runs, in which %d packets passed and %d filters did not compile; %d differences'
                  % (name, len(paths), len(FILTERS), *totals, len(found)), flush=True)
            differs |= bool(found)
    sys.exit(differs)


if __name__ == '__main__':
    main()
