"""story.py - a capture as it is told: frames one after another, each with what must become of it.

The words: a story is one capture file; a frame belongs to a row (a flow that must come out, with the columns that are
worth stating) or is ignored, with the reason in a word.  check.py compares what the stories say with the model.
"""
import struct

START = 1_700_000_000 * 10**9       # nanoseconds; 2023-11-14 22:13:20 UTC
STEP = 1_000_000                    # from frame to frame, where nothing else is said
ETHERNET = 1
WHOLE = 262144                      # libpcap's longest packet, tcpdump's default snapshot length

STORIES = {}                        # file name -> function that tells it, in the order of definition


def capture(name):
    """Registers a function that returns a Story as the maker of the file `name`; its docstring says what it asks."""
    def register(function):
        STORIES[name] = function
        return function
    return register


class Frame:
    """One record: time in ns, captured bytes, length on the wire, number of the interface (pcapng)."""

    def __init__(self, time, data, wire, interface):
        self.time, self.data, self.wire, self.interface = time, data, wire, interface


class Story:
    def __init__(self, link=ETHERNET):
        self.link, self.now = link, START
        self.frames = []
        self.rows = {}              # key -> columns that the row must show
        self.ignored = 0
        self.file = None            # bytes of the file where it is not just a pcap of the frames
        self.fails = False          # no capture at all: an error, not rows

    def at(self, seconds):
        """The next frame's time, in seconds from the start; exact to the nanosecond if given as a string."""
        whole, _, part = str(seconds).partition('.')
        self.now = START + int(whole) * 10**9 + int((part + '0' * 9)[:9])
        return self

    def add(self, data, wire=None, interface=0):
        data = bytes(data)
        self.frames.append(Frame(self.now, data, len(data) if wire is None else wire, interface))
        self.now += STEP

    def row(self, key, *frames, wire=None, interface=0, **columns):
        """These frames are metered, all in one row.  A number as key is the conversation's (see talk.py), and so the
        row's source port; any other key only tells rows apart."""
        expected = self.rows.setdefault(key, {'bidirectional_packets': 0})
        if isinstance(key, int):
            expected['src_port'] = 40000 + key
        expected['bidirectional_packets'] += len(frames)
        expected.update(columns)
        for frame in frames:
            self.add(frame, wire, interface)
        return self

    def ignore(self, why, *frames, wire=None, interface=0):
        """These frames are not metered; `why` is for the reader."""
        self.ignored += len(frames)
        for frame in frames:
            self.add(frame, wire, interface)
        return self

    def bytes(self):
        return self.file if self.file is not None else pcap(self.frames, self.link)


# --------------------------------------------------------------------------------------------------- classic pcap files
#
#	 magic (4)  major (2)  minor (2)  zone (4)  accuracy (4)  snapshot length (4)  link type (4)
#	 then for each packet: seconds (4)  fraction (4)  captured (4)  wire (4)  bytes
#
# draft-ietf-opsawg-pcap

MICROSECONDS, NANOSECONDS, MODIFIED = 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34


def pcap_header(link=ETHERNET, order='<', magic=MICROSECONDS, minor=4, snapshot=WHOLE, major=2):
    return struct.pack(order + 'IHHiIII', magic, major, minor, 0, 0, snapshot, link)


def pcap_record(frame, order='<', magic=MICROSECONDS, swapped=False):
    fraction = frame.time % 10**9 // (1 if magic == NANOSECONDS else 1000)
    lengths = (frame.wire, len(frame.data)) if swapped else (len(frame.data), frame.wire)
    record = struct.pack(order + 'IIII', frame.time // 10**9, fraction, *lengths)
    if magic == MODIFIED:
        record += struct.pack(order + 'IHBB', 0, 0, 0, 0)       # interface, protocol, packet type, padding
    return record + frame.data


def pcap(frames, link=ETHERNET, order='<', magic=MICROSECONDS):
    return pcap_header(link, order, magic) + b''.join(pcap_record(f, order, magic) for f in frames)


# -------------------------------------------------------------------------------------------------------------- pcapng
#
#	 type (4)  total length (4)  body, padded to 4  total length (4)
#
# draft-ietf-opsawg-pcapng

def block(kind, body, order='<'):
    body += bytes(-len(body) % 4)
    total = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + total + body + total


def option(code, value, order='<'):
    return struct.pack(order + 'HH', code, len(value)) + value + bytes(-len(value) % 4)


def options(order, *pairs):
    return b''.join(option(code, value, order) for code, value in pairs) + (option(0, b'', order) if pairs else b'')


def section(order='<', version=(1, 0)):
    return block(0x0A0D0D0A, struct.pack(order + 'IHHq', 0x1A2B3C4D, *version, -1), order)


def interface(link=ETHERNET, order='<', snapshot=WHOLE, *pairs):
    return block(1, struct.pack(order + 'HHI', link, 0, snapshot) + options(order, *pairs), order)


def enhanced_packet(frame, order='<', stamp=None, *pairs):
    """`stamp` is the time in the interface's units; microseconds where it is not given."""
    stamp = frame.time // 1000 if stamp is None else stamp
    head = struct.pack(order + 'IIIII', frame.interface, stamp >> 32, stamp & 0xFFFFFFFF, len(frame.data), frame.wire)
    return block(6, head + frame.data + bytes(-len(frame.data) % 4) + options(order, *pairs), order)


def simple_packet(frame, order='<'):
    return block(3, struct.pack(order + 'I', frame.wire) + frame.data, order)


def old_packet(frame, order='<'):
    stamp = frame.time // 1000
    head = struct.pack(order + 'HHIIII', frame.interface, 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame.data),
                       frame.wire)
    return block(2, head + frame.data, order)
