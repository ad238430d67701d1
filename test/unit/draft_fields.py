#!/usr/bin/env python3
"""draft_fields.py - pcap and pcapng field by field: what the drafts say, what the engine makes of it, and whether tcpdump and capinfos agree.

  draft_fields.py CAPTURE_DUMP

CAPTURE_DUMP is capture_dump.c.  Each row of TABLE is a statement of draft-ietf-opsawg-pcap or draft-ietf-opsawg-pcapng and a file that puts it
to the test: how many packets there are to be read, and whether that ends well (END), in damage (DAMAGED), or is none at all (NONE).  tcpdump and
capinfos read each file too, and must count as many packets; where one of them does not (as of libpcap 1.10.3 and Wireshark 4.0), the row says what it
counts, and why the engine does otherwise.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

PACKET = bytes.fromhex('020000000002020000000001080045000034000100004011b7b00a0000010a00000203e8003500200000') + b'q' * 24
SECONDS = 1_700_000_000


def pcap(*records, version=(2, 4), zone=0, accuracy=0, snapshot=262144, link=1):
    return struct.pack('<IHHIIII', 0xa1b2c3d4, *version, zone, accuracy, snapshot, link) + b''.join(records)


def record(data=PACKET, captured=None, wire=None, fraction=0):
    return struct.pack('<IIII', SECONDS, fraction, *lengths(data, captured, wire)) + data


def lengths(data, captured, wire):
    return len(data) if captured is None else captured, len(data) if wire is None else wire


def block(kind, body, order='<', total=None, again=None):
    body += bytes(-len(body) % 4)
    total = len(body) + 12 if total is None else total
    return struct.pack(order + 'II', kind, total) + body + struct.pack(order + 'I', total if again is None else again)


def section(order='<', version=(1, 0), length=-1, options=b'', magic=0x1a2b3c4d):
    return block(0x0a0d0d0a, struct.pack(order + 'IHHq', magic, *version, length) + options, order)


def option(code, value, length=None):
    return struct.pack('<HH', code, len(value) if length is None else length) + value + bytes(-len(value) % 4)


def interface(*options, link=1, snapshot=0, order='<', reserved=0):
    return block(1, struct.pack(order + 'HHI', link, reserved, snapshot) + b''.join(options), order)


def enhanced(data=PACKET, captured=None, wire=None, options=b'', number=0, order='<'):
    stamp = SECONDS * 10**6
    head = struct.pack(order + 'IIIII', number, stamp >> 32, stamp & 0xFFFFFFFF, *lengths(data, captured, wire))
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def old(data=PACKET, drops=0, options=b'', number=0):
    stamp = SECONDS * 10**6
    head = struct.pack('<HHIIII', number, drops, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data))
    return block(2, head + data + bytes(-len(data) % 4) + options)


def simple(data=PACKET, wire=len(PACKET)):
    return block(3, struct.pack('<I', wire) + data)


def ng(*blocks):
    return section() + interface() + b''.join(blocks)


def described(*options):
    """Two packets of an interface with these options."""
    return section() + interface(*options) + enhanced() * 2


END_OF_OPTIONS, NAME, COMMENT, RESOLUTION, FCS_LENGTH, OFFSET, FLAGS = 0, 2, 1, 9, 13, 14, 2
LAST, MICROSECONDS, HOUR = option(0, b''), option(RESOLUTION, b'\6'), option(OFFSET, struct.pack('<q', 3600))
NAMES, STATISTICS, JOURNAL, SECRETS, CUSTOM, CUSTOM_NOT_COPIED, LOCAL = 4, 5, 9, 10, 0xBAD, 0x40000BAD, 0x80000001
UNKNOWN_LINK, USB, RAW = 60000, 249, 101

# Why the engine does otherwise than one of the two.
LENIENT = 'the draft leaves it to the reader to ignore an option of a wrong length, and so does Wireshark'
SMALL_CLOCK = 'a time in such units can be told all the same'
UNREAD = 'what is in a block that is passed over is not looked at'
FIRST_INTERFACE = "libpcap knows one link type, one snapshot length and one byte order for a file"
DISSECTORS = "tcpdump has no dissector"
MAY_SKIP = 'the draft has a reader skip unknown blocks, of any length'


class Row:
    def __init__(self, says, blob, packets, end, why=None, tcpdump=None, capinfos=None):
        self.says, self.blob, self.packets, self.end, self.why = says, blob, packets, end, why
        self.tools = {'tcpdump': packets if tcpdump is None else tcpdump, 'capinfos': packets if capinfos is None else capinfos}


TABLE = [
    # ------------------------------------------------------------------------------------------- pcap, file header
    Row('versions 2.0 to 2.4, by the magic number in either byte order', pcap(record(), record()), 2, 'END'),
    Row('version: a major one other than 2 is not read', pcap(record(), version=(3, 0)), 0, 'NONE', capinfos=1,
        why='the fields may be others; Wireshark does not look'),
    Row('Reserved1 (once the time zone) MUST be ignored', pcap(record(), record(), zone=3600), 2, 'END'),
    Row('Reserved2 (once the accuracy) MUST be ignored', pcap(record(), record(), accuracy=6), 2, 'END'),
    Row('SnapLen MUST NOT be 0; where it is, there is no limit', pcap(record(), snapshot=0), 1, 'END'),
    Row('SnapLen: a longer record is cut, not refused', pcap(record(), record(), snapshot=40), 2, 'END'),
    Row('FCS len with P: the checksum stays a part of the packet', pcap(record(), link=0x24000001), 1, 'END'),
    Row('FCS len without P means nothing', pcap(record(), link=0x20000001), 1, 'END'),
    Row('R MUST NOT be interpreted', pcap(record(), link=0x08000001), 1, 'END'),
    Row('Reserved3: SHOULD be treated as an error', pcap(record(), link=0x00010001), 0, 'NONE'),
    Row('Reserved3: SHOULD be treated as an error', pcap(record(), link=0x02000001), 0, 'NONE'),
    Row('LinkType: one that nobody knows is read, and ignored', pcap(record(), link=UNKNOWN_LINK), 1, 'END', tcpdump=0, capinfos=0,
        why='its packets can be counted without knowing what is in them'),
    # ------------------------------------------------------------------------------------------- pcap, packet record
    Row('fraction of a second: one of more than a second counts on', pcap(record(fraction=5_000_000)), 1, 'END'),
    Row('Original Packet Length SHOULD NOT be less than the captured: kept', pcap(record(wire=10)), 1, 'END'),
    Row('Original Packet Length 0', pcap(record(wire=0)), 1, 'END'),
    Row('Captured Packet Length beyond 262,144', pcap(record(bytes(262145)), snapshot=0), 0, 'DAMAGED'),
    Row('Captured Packet Length beyond 262,144 of what is no frame', pcap(record(bytes(300000)), link=USB), 1, 'END'),
    Row('Captured Packet Length beyond the end of the file', pcap(record(), record(captured=67)), 1, 'DAMAGED'),
    Row('Packet Records are not padded', pcap(record(PACKET[:-1]), record()), 2, 'END'),
    # ------------------------------------------------------------------------------------------- pcapng, blocks
    Row('Block Total Length MUST be a multiple of 4', ng(enhanced(), block(STATISTICS, bytes(14))[:26], enhanced()), 1, 'DAMAGED'),
    Row('Block Total Length MUST be a multiple of 4', ng(enhanced(), block(STATISTICS, bytes(12), total=26), enhanced()), 1, 'DAMAGED'),
    Row('Block Total Length is at least 12', ng(enhanced(), struct.pack('<III', STATISTICS, 8, 8), enhanced()), 1, 'DAMAGED'),
    Row('Block Total Length is repeated at the end', ng(enhanced(), block(STATISTICS, bytes(12), again=28), enhanced()), 1, 'DAMAGED'),
    Row('Block Total Length is repeated at the end of a packet', ng(enhanced(), enhanced()[:-4] + struct.pack('<I', 88)), 1, 'DAMAGED'),
    Row('Block Total Length beyond the end of the file', ng(enhanced(), enhanced()[:-4]), 1, 'DAMAGED'),
    Row('zeros behind the last block', ng(enhanced(), bytes(64)), 1, 'DAMAGED'),
    Row('padding MUST be zeros: it is not looked at', ng(enhanced()[:-6] + b'\1\1' + enhanced()[-4:], enhanced()), 2, 'END'),
    Row('unknown and local blocks can be skipped', ng(block(0x12345, b'abcd'), block(LOCAL, b''), block(0, b''), enhanced()), 1, 'END'),
    Row('a block of 20 MB can be skipped', ng(block(0x12345, bytes(20_000_000)), enhanced()), 1, 'END', tcpdump=0, why=MAY_SKIP),
    # ------------------------------------------------------------------------------------------- pcapng, options
    Row('an option list without opt_endofopt ends with its block', described(MICROSECONDS), 2, 'END'),
    Row('what follows opt_endofopt is no option', described(LAST, option(NAME, b'x', 50)), 2, 'END'),
    Row('opt_endofopt twice', described(MICROSECONDS, LAST, LAST), 2, 'END'),
    Row('opt_endofopt has the length 0', described(option(END_OF_OPTIONS, b'abcd')), 2, 'END', tcpdump=0, why=LENIENT),
    Row("an option longer than its interface's block", described(option(NAME, b'eth0', 5)), 0, 'DAMAGED'),
    Row("an option longer than its packet's block", ng(enhanced(options=option(COMMENT, b'abcd', 50)), enhanced()), 2, 'END', capinfos=0,
        why='options of a packet change nothing, and are not looked at'),
    Row("an option longer than its section header", section(options=option(4, b'abcd', 50)) + interface() + enhanced(), 1, 'END', capinfos=0,
        why='options of a section change nothing, and are not looked at'),
    Row("a packet's flags have the length 4", ng(enhanced(options=option(FLAGS, b'\1\0')), enhanced()), 2, 'END', capinfos=0, why=LENIENT),
    Row('a comment more than once', described(option(COMMENT, b'a') * 2), 2, 'END'),
    Row('a name more than once', described(option(NAME, b'eth0') * 2), 2, 'END'),
    # ------------------------------------------------------------------------------------------- pcapng, section header
    Row('the file MUST begin with a section header', interface() + enhanced(), 0, 'NONE'),
    Row('a section without an interface', section(), 0, 'END'),
    Row('Byte-Order Magic is one of two', section(magic=0x11223344) + interface() + enhanced(), 0, 'NONE'),
    Row('Byte-Order Magic is one of two, later as well', ng(enhanced(), section(magic=0x11223344), interface(), enhanced()), 1, 'DAMAGED'),
    Row('Byte-Order Magic: each section has its own', ng(enhanced(), section('>'), interface(order='>'), enhanced(order='>')), 2, 'END', tcpdump=1,
        why=FIRST_INTERFACE),
    Row('a Minor Version of 2 MUST be treated as 0', section(version=(1, 2)) + interface() + enhanced(), 1, 'END'),
    Row('another version', section(version=(1, 1)) + interface() + enhanced(), 0, 'NONE'),
    Row('another version, later', ng(enhanced(), section(version=(2, 0)), interface(), enhanced()), 1, 'DAMAGED'),
    Row('Section Length -2', section(length=-2) + interface() + enhanced(), 1, 'END'),
    Row('Section Length that is not the length', section(length=8) + interface() + enhanced(), 1, 'END'),
    Row('Section Length that is no multiple of 4', section(length=13) + interface() + enhanced(), 1, 'END'),
    Row('a section header is at least 28 bytes long', block(0x0a0d0d0a, struct.pack('<IHH', 0x1a2b3c4d, 1, 0)) + interface() + enhanced(), 0, 'DAMAGED'),
    Row('a section header is at least 28 bytes long, later as well',
        ng(enhanced(), block(0x0a0d0d0a, struct.pack('<IHHI', 0x1a2b3c4d, 1, 0, 0)), interface(), enhanced()), 1, 'DAMAGED'),
    # ------------------------------------------------------------------------------------------- pcapng, interface
    Row('Reserved MUST be ignored', section() + interface(reserved=0x1234) + enhanced(), 1, 'END'),
    Row('an interface is at least 20 bytes long', ng(enhanced(), block(1, bytes(4)), enhanced()), 1, 'DAMAGED'),
    Row('an interface may stand anywhere before its packets', ng(enhanced(), interface(link=RAW), enhanced(PACKET[14:], number=1)), 2, 'END', tcpdump=1,
        why=FIRST_INTERFACE),
    Row('an interface is valid in its section alone', ng(enhanced(), section(), enhanced()), 1, 'DAMAGED'),
    Row('SnapLen: a longer packet is kept', section() + interface(snapshot=40) + enhanced(), 1, 'END', tcpdump=0, why='all of it is there'),
    Row('LinkType: one that nobody knows is read, and ignored', section() + interface(link=UNKNOWN_LINK) + enhanced(), 1, 'END', tcpdump=0,
        why=DISSECTORS),
    Row('if_tsresol: multiple not allowed', described(MICROSECONDS, MICROSECONDS), 0, 'DAMAGED', capinfos=2, why='which of them counts is not said'),
    Row('if_tsresol has the length 1', described(option(RESOLUTION, b'')), 2, 'END', tcpdump=0, why=LENIENT),
    Row('if_tsresol has the length 1', described(option(RESOLUTION, b'\6\0\0\0')), 2, 'END', tcpdump=0, why=LENIENT),
    Row('if_tsresol 10^-19', described(option(RESOLUTION, b'\x13')), 2, 'END'),
    Row('if_tsresol 10^-20', described(option(RESOLUTION, b'\x14')), 2, 'END', tcpdump=0, why=SMALL_CLOCK),
    Row('if_tsresol 10^-127', described(option(RESOLUTION, b'\x7f')), 2, 'END', tcpdump=0, why=SMALL_CLOCK),
    Row('if_tsresol 2^-63', described(option(RESOLUTION, b'\xbf')), 2, 'END'),
    Row('if_tsresol 2^-127', described(option(RESOLUTION, b'\xff')), 2, 'END', tcpdump=0, why=SMALL_CLOCK),
    Row('if_tsoffset', described(HOUR), 2, 'END'),
    Row('if_tsoffset has the length 8', described(option(OFFSET, bytes(4))), 2, 'END', tcpdump=0, why=LENIENT),
    Row('if_tsoffset: multiple not allowed', described(HOUR, HOUR), 2, 'END', tcpdump=0, why='the last counts, as in Wireshark'),
    Row('if_fcslen: multiple not allowed', described(option(FCS_LENGTH, b'\4') * 2), 2, 'END'),
    # ------------------------------------------------------------------------------------------- pcapng, packets
    Row('enhanced packet: its interface MUST exist', ng(enhanced(), enhanced(number=1)), 1, 'DAMAGED'),
    Row('enhanced packet before any interface', section() + enhanced(), 0, 'DAMAGED'),
    Row('enhanced packet of less than 32 bytes', ng(enhanced(), block(6, bytes(16))), 1, 'DAMAGED'),
    Row('enhanced packet: Captured Packet Length beyond the block', ng(enhanced(), enhanced(captured=69)), 1, 'DAMAGED'),
    Row('enhanced packet: Captured Packet Length beyond 262,144', ng(enhanced(), enhanced(bytes(262148))), 1, 'DAMAGED'),
    Row('enhanced packet: Captured Packet Length beyond 262,144 of what is no frame',
        section() + interface(link=USB, snapshot=400_000) + enhanced(bytes(300_000)), 1, 'END'),
    Row('enhanced packet: Original Packet Length less than the captured', ng(enhanced(wire=10)), 1, 'END'),
    Row('simple packet: of the first interface', ng(interface(link=RAW), simple()), 1, 'END', tcpdump=0, why=FIRST_INTERFACE),
    Row('simple packet before any interface', section() + simple(), 0, 'DAMAGED'),
    Row('simple packet: SnapLen is its length where it is the less', section() + interface(snapshot=40) + simple(PACKET[:40]), 1, 'END'),
    Row('simple packet longer than its block', ng(enhanced(), simple(wire=200)), 1, 'DAMAGED'),
    Row('simple packet of less than 16 bytes', ng(enhanced(), block(3, b'')), 1, 'DAMAGED'),
    Row('simple packet with more in its block', ng(simple(wire=60), enhanced()), 2, 'END', capinfos=0,
        why='its length is the least of SnapLen and Original Packet Length'),
    Row('obsolete packet: Drops Count 0xFFFF', ng(old(drops=0xFFFF), old(options=option(FLAGS, bytes(4)) + LAST)), 2, 'END'),
    Row('obsolete packet: its interface MUST exist', ng(enhanced(), old(number=1)), 1, 'DAMAGED'),
    # ------------------------------------------------------------------------------------------- pcapng, other blocks
    Row('custom blocks, copied and not', ng(block(CUSTOM, b'\xd9\x7e\0\0abcd'), block(CUSTOM_NOT_COPIED, b'\xd9\x7e\0\0'), enhanced()), 1, 'END'),
    Row('custom block without its number', ng(block(CUSTOM, b''), enhanced()), 1, 'END', capinfos=0, why=UNREAD),
    Row('decryption secrets', ng(block(SECRETS, struct.pack('<II', 0x544c534b, 5) + b'hello'), enhanced()), 1, 'END'),
    Row('decryption secrets longer than their block', ng(block(SECRETS, struct.pack('<II', 0x544c534b, 500)), enhanced()), 1, 'END', capinfos=0, why=UNREAD),
    Row('names longer than their block', ng(block(NAMES, struct.pack('<HH', 1, 400)), enhanced()), 1, 'END', capinfos=0, why=UNREAD),
    Row('statistics', ng(block(STATISTICS, bytes(12)), enhanced()), 1, 'END'),
    Row('statistics: their interface MUST exist', ng(block(STATISTICS, struct.pack('<III', 7, 0, 0)), enhanced()), 1, 'END'),
    Row('statistics of less than 24 bytes', ng(block(STATISTICS, b''), enhanced()), 1, 'END', capinfos=0, why=UNREAD),
    Row('a journal entry of systemd is no packet of a network', ng(block(JOURNAL, b'__REALTIME_TIMESTAMP=1\n'), enhanced()), 1, 'END'),
]


def by_engine(program):
    """Of each file how many packets the engine reads, and how that ends."""
    blob = b''.join(struct.pack('<I', len(row.blob)) + row.blob for row in TABLE)
    done = subprocess.run([program], input=blob, stdout=subprocess.PIPE, check=True)
    count = 0
    for line in done.stdout.decode().splitlines():
        if line in ('END', 'DAMAGED', 'NONE'):
            yield count, line
            count = 0
        else:
            count += 1


def by_tcpdump(path):
    done = subprocess.run(['tcpdump', '--count', '-r', path], capture_output=True, text=True)
    found = re.search(r'^(\d+) packet', done.stdout, re.M)
    if found:
        return int(found[1])
    # After damage it gives no sum.
    done = subprocess.run(['tcpdump', '-n', '-t', '-q', '-r', path], capture_output=True, text=True)
    return len(re.findall(r'^\S', done.stdout, re.M))


def by_capinfos(path):
    done = subprocess.run(['capinfos', '-McrT', path], capture_output=True, text=True)
    found = re.search(r'after reading (\d+) packets', done.stderr) or re.search(r'\t(\d+)\s*$', done.stdout)
    return int(found[1]) if found else 0


def main():
    wrong = agreed = 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'capture')
        for row, (packets, end) in zip(TABLE, by_engine(sys.argv[1]), strict=True):
            with open(path, 'wb') as file:
                file.write(row.blob)
            faults = []
            if (packets, end) != (row.packets, row.end):
                faults.append('the engine reads %d packets, %s; expected are %d, %s' % (packets, end, row.packets, row.end))
            for tool, count in (('tcpdump', by_tcpdump(path)), ('capinfos', by_capinfos(path))):
                if count not in (row.tools[tool], row.packets):
                    faults.append('%s reads %d packets, expected are %d' % (tool, count, row.tools[tool]))
                agreed += count == packets
            if (row.why is None) != (set(row.tools.values()) == {row.packets}):
                faults.append('a reason is told where there is no difference, or none where there is one')
            if faults:
                wrong += 1
                print('%s\n  %s' % (row.says, '\n  '.join(faults)))
    print('%d statements, %d of %d answers of tcpdump and capinfos are the same, %d differences' % (len(TABLE), agreed, 2 * len(TABLE), wrong))
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
