"""formats.py - captures about the file formats themselves: byte orders, resolutions, lengths, interfaces, blocks."""
from composed.links import RAW
from composed.story import (ETHERNET, MODIFIED, NANOSECONDS, START, Story, block, capture, enhanced_packet,
                            interface, old_packet, pcap, pcap_header, pcap_record, section, simple_packet)
from composed.talk import CLIENT_MAC, ask, ether, ethers, question, tcp

TIME_RESOLUTION, TIME_OFFSET, COMMENT = 9, 14, 1


def two_flows():
    """Times that a coarser clock than the file's must cut, not round."""
    s = Story()
    s.now = START + 999_999_999
    s.row(1, *ethers(tcp(1)), bidirectional_first_seen_ms=START // 10**6 + 999)
    return s.row(2, *ethers(ask(2, 6)))


@capture('format_big_endian.pcap')
def big_endian():
    """pcap, big-endian."""
    s = two_flows()
    s.file = pcap(s.frames, order='>')
    return s


@capture('format_nanoseconds.pcap')
def nanoseconds():
    """pcap with nanoseconds."""
    s = two_flows()
    s.file = pcap(s.frames, magic=NANOSECONDS)
    return s


@capture('format_nanoseconds_big_endian.pcap')
def nanoseconds_big_endian():
    """pcap with nanoseconds, big-endian."""
    s = two_flows()
    s.file = pcap(s.frames, order='>', magic=NANOSECONDS)
    return s


@capture('format_modified.pcap')
def modified():
    """pcap as Alexey Kuznetzov's libpcap wrote it: 8 bytes more before each packet."""
    s = two_flows()
    s.file = pcap(s.frames, magic=MODIFIED)
    return s


@capture('format_version_2_2.pcap')
def version_2_2():
    """pcap, version 2.2: the two lengths the other way round."""
    s = two_flows()
    s.row(3, ether(question(3)), wire=500, bidirectional_bytes=500)
    s.file = pcap_header(minor=2) + b''.join(pcap_record(f, swapped=True) for f in s.frames)
    return s


@capture('format_version_543_0.pcap')
def version_543_0():
    """pcap as DG/UX's tcpdump wrote it, version 543.0: the two lengths the other way round."""
    s = two_flows()
    s.row(3, ether(question(3)), wire=500, bidirectional_bytes=500)
    s.file = pcap_header(major=543, minor=0) + b''.join(pcap_record(f, swapped=True) for f in s.frames)
    return s


@capture('format_ng_1_2.pcapng')
def ng_1_2():
    """pcapng of version 1.2, which is 1.0."""
    s = two_flows()
    s.file = section(version=(1, 2)) + interface() + b''.join(map(enhanced_packet, s.frames))
    return s


@capture('format_snapshot.pcap')
def snapshot():
    """pcap with records longer than the file's snapshot length (56): cut to it."""
    s = Story()
    s.row(1, *ethers(tcp(1)))
    s.row(2, ether(question(2, 6)), dst_port=0, src_port=40002)     # the destination port is behind them
    s.file = pcap_header(snapshot=56) + b''.join(pcap_record(f) for f in s.frames)
    return s


def two_interfaces(order):
    """Ethernet and raw IP in turn; the times of the second are milliseconds."""
    s = Story()
    blocks = [section(order), interface(ETHERNET, order), interface(RAW, order, 0, (TIME_RESOLUTION, b'\3'))]
    for there, back in zip(ethers(tcp(1)), tcp(2)):
        s.row(1, there, interface=0, src_mac=CLIENT_MAC)
        s.row(2, back, interface=1, src_mac='00:00:00:00:00:00')
    for frame in s.frames:
        blocks.append(enhanced_packet(frame, order, frame.time // 10**6 if frame.interface else None))
    s.file = b''.join(blocks)
    return s


@capture('format_ng.pcapng')
def ng():
    """pcapng: two interfaces of different link types and resolutions."""
    return two_interfaces('<')


@capture('format_ng_big_endian.pcapng')
def ng_big_endian():
    """pcapng: the same, big-endian."""
    return two_interfaces('>')


@capture('format_ng_interfaces.pcapng')
def ng_interfaces():
    """pcapng: interfaces of one link type and different snapshot lengths, and raw IP three times: none is left out."""
    s = Story()
    blocks = [section(), interface(ETHERNET, '<', 96), interface(ETHERNET), interface(RAW), interface(RAW), interface(RAW, '<', 60)]
    for number in range(5):
        packets = ask(number + 1)
        s.row(number + 1, *(ethers(packets) if number < 2 else map(bytes, packets)), interface=number)
    s.file = b''.join(blocks + [enhanced_packet(f) for f in s.frames])
    return s


@capture('format_ng_simple.pcapng')
def ng_simple():
    """pcapng: simple packet blocks have no time (the clock stands), and no more bytes than the snapshot length."""
    s = Story()
    s.row(1, ether(question(1)), bidirectional_first_seen_ms=0)
    s.row(2, ether(question(2)), bidirectional_first_seen_ms=START // 10**6 + 1)
    s.row(3, ether(question(3)), bidirectional_first_seen_ms=START // 10**6 + 1)
    s.row(4, ether(question(4, size=100))[:96], wire=142, bidirectional_bytes=142)
    first, timed, third, cut = s.frames
    s.file = section() + interface(ETHERNET, '<', 96) + simple_packet(first) + enhanced_packet(timed) \
        + simple_packet(third) + simple_packet(cut)
    return s


@capture('format_ng_resolution.pcapng')
def ng_resolution():
    """pcapng: times in nanoseconds, in 1/1024 seconds, with an offset."""
    s = Story()
    base = START // 10**6
    s.row(1, ether(question(1)), interface=0, bidirectional_first_seen_ms=base + 1)
    s.row(2, ether(question(2)), interface=1, bidirectional_first_seen_ms=base + 1 + 998)
    s.row(3, ether(question(3)), interface=2, bidirectional_first_seen_ms=base + 2500)
    stamps = START + 1_999_999, START // 10**9 * 1024 + 1023, 2_500_000
    s.file = section() + interface(ETHERNET, '<', 0, (TIME_RESOLUTION, b'\x09')) \
        + interface(ETHERNET, '<', 0, (TIME_RESOLUTION, b'\x8a')) \
        + interface(ETHERNET, '<', 0, (TIME_OFFSET, (START // 10**9).to_bytes(8, 'little'))) \
        + b''.join(enhanced_packet(f, '<', stamp) for f, stamp in zip(s.frames, stamps))
    return s


@capture('format_ng_blocks.pcapng')
def ng_blocks():
    """pcapng: names, statistics, custom and unknown blocks between packets, options, the old packet block."""
    s = Story()
    s.row(1, *ethers(tcp(1)))
    names, statistics, custom, unknown = 4, 5, 0x0BAD, 0x80000123
    between = [block(names, bytes.fromhex('0100080001020304676f6f00') + bytes(4)), block(statistics, bytes(12)),
               block(custom, b'\0\0\x7d\x79abcd'), block(unknown, b'whatever'), interface(RAW)]
    parts = [section(), interface()]
    for i, frame in enumerate(s.frames):
        parts.append(old_packet(frame) if i % 2 else enhanced_packet(frame, '<', None, (COMMENT, b'packet %d' % i)))
        parts += between[i:i + 1]
    s.file = b''.join(parts)
    return s


@capture('format_ng_sections.pcapng')
def ng_sections():
    """pcapng: two sections of different byte orders; interfaces are counted from 0 in each."""
    s = Story()
    s.row(1, *ethers(tcp(1)), src_mac=CLIENT_MAC)
    first = s.frames[:]
    s.row(2, *tcp(2), src_mac='00:00:00:00:00:00')
    s.file = section('<') + interface(ETHERNET, '<') + b''.join(enhanced_packet(f, '<') for f in first) \
        + section('>') + interface(RAW, '>') + b''.join(enhanced_packet(f, '>') for f in s.frames[len(first):])
    return s


