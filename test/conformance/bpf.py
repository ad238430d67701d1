"""Packet filters for the model, which has none: libpcap's own, compiled as METERING.md 24 and section 1 say: as for a file."""

import ctypes
import struct
import tempfile

NETMASK = 0xFFFFFF00
SNAPSHOT = 262144


class Program(ctypes.Structure):
    """struct bpf_program"""

    _fields_ = [('length', ctypes.c_uint), ('instructions', ctypes.c_void_p)]


class Header(ctypes.Structure):
    """struct pcap_pkthdr"""

    _fields_ = [
        ('seconds', ctypes.c_long),
        ('microseconds', ctypes.c_long),
        ('captured', ctypes.c_uint32),
        ('wire', ctypes.c_uint32),
    ]


def load_libpcap():
    libpcap = ctypes.CDLL('libpcap.so.0.8')
    libpcap.pcap_open_offline.restype = ctypes.c_void_p
    libpcap.pcap_open_offline.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    libpcap.pcap_geterr.restype = ctypes.c_char_p
    libpcap.pcap_geterr.argtypes = libpcap.pcap_close.argtypes = [ctypes.c_void_p]
    libpcap.pcap_compile.argtypes = [
        ctypes.c_void_p,
        ctypes.POINTER(Program),
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_uint32,
    ]
    libpcap.pcap_offline_filter.argtypes = [ctypes.POINTER(Program), ctypes.POINTER(Header), ctypes.c_char_p]
    return libpcap


def byte_order(path):
    """'>' where a capture's first bytes are those of a big-endian file, else '<'."""
    with open(path, 'rb') as capture:
        start = capture.read(12)
    return '>' if start[:2] == b'\xa1\xb2' or start[:4] == b'\n\r\r\n' and start[8:12] == b'\x1a\x2b\x3c\x4d' else '<'


class Filter:
    """A filter's text, with its program for each link type that was asked for, in files of one byte order."""

    def __init__(self, text, order):
        self.text, self.order, self.programs, self.libpcap = text.encode(), order, {}, load_libpcap()

    def open(self, link_type):
        """libpcap's handle of a file of this link type without a packet."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(struct.pack(self.order + 'IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, SNAPSHOT, link_type))
            file.flush()
            return self.libpcap.pcap_open_offline(file.name.encode(), ctypes.create_string_buffer(256))

    def program(self, link_type):
        """Raises ValueError where the filter does not compile, or not for this link type."""
        if link_type not in self.programs:
            handle, program = self.open(link_type), Program()
            if self.libpcap.pcap_compile(handle, program, self.text, 1, NETMASK) != 0:
                raise ValueError(self.libpcap.pcap_geterr(handle).decode())
            self.libpcap.pcap_close(handle)
            self.programs[link_type] = program
        return self.programs[link_type]

    def passes(self, frame):
        """Whether one of the model's frames passes."""
        header = Header(0, 0, len(frame.data), frame.wire & 0xFFFFFFFF)
        return self.libpcap.pcap_offline_filter(self.program(frame.dlt), header, frame.data) != 0
