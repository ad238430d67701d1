"""A capture in which every packet is a flow of its own: a scan of ports, a thousand a second."""
import struct

PER_SECOND = 1000
HEADER = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
ETHERNET = bytes.fromhex('020000000002' '020000000001' '0800')
IPV4 = struct.pack('>BBHHHBBH', 0x45, 0, 40, 0, 0, 64, 6, 0)
LENGTH = 14 + 20 + 20


def frames(flows):
    for number in range(flows):
        # 10.0.0.0 and up, each with 1024 flows: one of four servers, one of 256 ports of its own, 1024 of the server's.
        addresses = struct.pack('>II', 0x0a000000 + (number >> 10), 0xc0000200 + (number & 3))
        tcp = struct.pack('>HHIIBBHHH', 40000 + (number & 255), 1 + number % 1024, number, 0, 0x50, 2, 1024, 0, 0)
        record = struct.pack('<IIII', 1700000000 + number // PER_SECOND, number % PER_SECOND * (1000000 // PER_SECOND),
                             LENGTH, LENGTH)
        yield record + ETHERNET + IPV4 + addresses + tcp


def write_dense(path, flows):
    with open(path, 'wb', buffering=1 << 20) as file:
        file.write(HEADER)
        file.writelines(frames(flows))
