"""Frames that tests send themselves, where it counts which, when and how many."""

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

CLIENT, SERVER = '10.1.0.2', '192.0.2.1'  # a private address decides which of several meters gets a flow


def udp(client=CLIENT, port=40000, payload=b'x' * 20, back=False):
    """A datagram of a client's port to the server's port 9999, or back."""
    one, other = ((client, port), (SERVER, 9999))[:: -1 if back else 1]
    return bytes(
        Ether(src='02:00:00:00:00:0' + '12'[back], dst='02:00:00:00:00:0' + '21'[back])
        / IP(src=one[0], dst=other[0])
        / UDP(sport=one[1], dport=other[1])
        / Raw(payload)
    )


def ping(number=1, back=False):
    """An echo request, or its answer."""
    one, other = (CLIENT, SERVER)[:: -1 if back else 1]
    return bytes(
        Ether(src='02:00:00:00:00:0' + '12'[back], dst='02:00:00:00:00:0' + '21'[back])
        / IP(src=one, dst=other)
        / ICMP(type=0 if back else 8, id=7, seq=number)
        / Raw(b'p' * 48)
    )
