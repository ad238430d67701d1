"""damage.py - captures that are damaged or none: what was read before the damage is kept."""
import struct

from composed.story import Story, block, capture, enhanced_packet, interface, option, pcap, pcap_header, section
from composed.talk import ask, ethers, tcp


def good_part():
    """Two flows that end before the damage."""
    return Story().row(1, *ethers(tcp(1))).row(2, *ethers(ask(2)))


def damaged(change):
    """The good part as pcap, changed or with something behind it."""
    s = good_part()
    s.file = change(pcap(s.frames))
    return s


def damaged_ng(rest):
    """The good part as pcapng, with something behind it."""
    s = good_part()
    s.file = section() + interface() + b''.join(map(enhanced_packet, s.frames)) + rest
    return s


def no_capture(content):
    s = Story()
    s.file, s.fails = content, True
    return s


def record(captured, wire, data):
    return struct.pack('<IIII', 1_700_000_001, 0, captured, wire) + data


@capture('damage_empty.pcap')
def empty():
    """No byte at all: an error."""
    return no_capture(b'')


@capture('damage_text.pcap')
def text():
    """Not a capture: an error."""
    return no_capture(b'This is not a capture, whatever its name says.\n')


@capture('damage_file_header.pcap')
def file_header():
    """Ends inside the file's header: an error."""
    return no_capture(pcap_header()[:20])


@capture('damage_version.pcap')
def version():
    """pcap of version 3.0: an error."""
    return no_capture(pcap_header(major=3, minor=0) + record(60, 60, bytes(60)))


@capture('damage_ng_version.pcapng')
def ng_version():
    """pcapng of version 2.0: an error."""
    return no_capture(section(version=(2, 0)) + interface())


@capture('damage_no_packets.pcap')
def no_packets():
    """A header and no packet: no rows, no damage."""
    return Story()


@capture('damage_no_packets.pcapng')
def no_packets_ng():
    """A section and an interface without packets: no rows, no damage."""
    s = Story()
    s.file = section() + interface()
    return s


@capture('damage_record_header.pcap')
def record_header():
    """Ends inside a record's header."""
    return damaged(lambda whole: whole + record(60, 60, b'')[:10])


@capture('damage_packet.pcap')
def packet():
    """Ends inside a packet."""
    return damaged(lambda whole: whole + record(60, 60, bytes(59)))


@capture('damage_garbage.pcap')
def garbage():
    """Goes on with garbage: a captured length of 1.6 billion."""
    return damaged(lambda whole: whole + bytes((i * 151 + 227) % 256 for i in range(500)))


@capture('damage_captured_length.pcap')
def captured_length():
    """A record of 262,145 bytes, one more than libpcap reads, with a good record behind it."""
    return damaged(lambda whole: whole + record(262145, 262145, b'') + record(60, 60, bytes(60)))


@capture('damage_zeros.pcap')
def zeros():
    """Goes on with 64 zeros: four empty packets."""
    s = good_part()
    s.file = pcap(s.frames) + bytes(64)
    s.ignored += 4
    return s


@capture('damage_ng_block.pcapng')
def ng_block():
    """pcapng that ends inside a block."""
    return damaged_ng(block(6, bytes(80))[:60])


@capture('damage_ng_header.pcapng')
def ng_header():
    """pcapng that ends inside a block's header."""
    return damaged_ng(block(6, bytes(80))[:6])


@capture('damage_ng_lengths.pcapng')
def ng_lengths():
    """pcapng: a block whose two lengths differ, a good block behind it."""
    return damaged_ng(block(4, bytes(8))[:-4] + struct.pack('<I', 24) + enhanced_packet(good_part().frames[0]))


@capture('damage_ng_total.pcapng')
def ng_total():
    """pcapng: a block of total length 8, less than its own header."""
    return damaged_ng(struct.pack('<III', 6, 8, 8) + enhanced_packet(good_part().frames[0]))


@capture('damage_ng_unaligned.pcapng')
def ng_unaligned():
    """pcapng: a total length that is no multiple of 4."""
    unaligned = struct.pack('<II', 4, 14) + bytes(2) + struct.pack('<I', 14)
    return damaged_ng(unaligned + enhanced_packet(good_part().frames[0]))


@capture('damage_ng_interface.pcapng')
def ng_interface():
    """pcapng: a packet of an interface that was never described."""
    frames = good_part().frames
    frames[0].interface = 7
    return damaged_ng(enhanced_packet(frames[0]) + enhanced_packet(frames[1]))


@capture('damage_ng_captured.pcapng')
def ng_captured():
    """pcapng: a packet longer than its block."""
    frame = good_part().frames[0]
    body = struct.pack('<IIIII', 0, 0, 0, 5000, 5000) + frame.data
    return damaged_ng(block(6, body) + enhanced_packet(frame))


@capture('damage_ng_section_version.pcapng')
def ng_section_version():
    """pcapng: goes on with a section of version 1.1, big-endian."""
    return damaged_ng(section('>', (1, 1)) + interface(order='>') + enhanced_packet(good_part().frames[0], '>'))


@capture('damage_ng_resolutions.pcapng')
def ng_resolutions():
    """pcapng: an interface with two resolutions of time, and no more."""
    return damaged_ng(interface(1, '<', 0, (9, b'\6'), (9, b'\x09')))


@capture('damage_ng_option.pcapng')
def ng_option():
    """pcapng: an interface with an option that is longer than its block."""
    long = option(2, b'eth0')[:2] + struct.pack('<H', 9) + b'eth0'
    return damaged_ng(block(1, struct.pack('<HHI', 1, 0, 0) + long) + enhanced_packet(good_part().frames[0]))
