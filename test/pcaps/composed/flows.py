"""flows.py - captures about the clock and the life of a flow: timeouts' edges, time that goes back, order of rows."""
from scapy.layers.inet import UDP

from composed.links import ARP_REQUEST, ARP_TYPE
from composed.story import START, Story, capture
from composed.talk import SERVER, ask, ether, ether_bytes, ethers, ip, question, tcp

IDLE, ACTIVE = 0, 1                 # expiration_id


@capture('time_idle.pcap')
def idle():
    """Idle timeout (120 s): gaps of 119.999 s, 120 s, 120.001 s, and one of 119.9991 s that counts as 120 s."""
    s = Story()
    s.at('0').row(1, ether(question(1)))
    s.at('0.010').row('2', ether(question(2)), src_port=40002)
    s.at('0.020').row('3', ether(question(3)), src_port=40003)
    s.at('0.030999').row('4', ether(question(4)), src_port=40004)
    s.at('119.999').row(1, ether(question(1)), bidirectional_duration_ms=119999)
    s.at('120.010').row('2 again', ether(question(2)), src_port=40002, expiration_id=IDLE)
    s.at('120.021').row('3 again', ether(question(3)), src_port=40003)
    s.at('120.030099').row('4 again', ether(question(4)), src_port=40004)
    return s


@capture('time_active.pcap')
def active():
    """Active timeout (1800 s): a packet at 1799.999 s belongs to the flow, one at 1800 s starts the next; idle is
    looked at first."""
    s = Story()
    for second in range(0, 1800, 100):
        s.at(second).row(1, ether(question(1)))
        s.row('2', ether(question(2)), src_port=40002, expiration_id=ACTIVE)
        if second <= 1600:
            s.row('3', ether(question(3)), src_port=40003, expiration_id=IDLE)
    s.at('1799.999').row(1, ether(question(1)), bidirectional_duration_ms=1799999, expiration_id=IDLE)
    s.at('1800.001').row('2 again', ether(question(2)), src_port=40002, expiration_id=IDLE)
    s.at('1800.002').row('3 again', ether(question(3)), src_port=40003)
    return s


@capture('time_back.pcap')
def back():
    """Times that go back: a late packet takes the clock's time; what is ignored does not move the clock."""
    s = Story()
    second = START // 10**6
    s.at('10').row(1, ether(question(1)), bidirectional_first_seen_ms=second + 10000)
    s.at('5').row(1, ether(question(1)))
    s.at('4').row(2, ether(question(2)), bidirectional_first_seen_ms=second + 10000, bidirectional_duration_ms=0)
    s.at('900').ignore('ARP, from the future', ether_bytes(ARP_TYPE, ARP_REQUEST))
    s.at('11').row(1, ether(question(1)), bidirectional_last_seen_ms=second + 11000)
    s.at('0').row(3, *ethers(tcp(3)), bidirectional_first_seen_ms=second + 11000, bidirectional_duration_ms=0)
    return s


@capture('time_order.pcap')
def order():
    """Order of rows: idle flows leave at the next packet of anyone, although an older flow is still busy."""
    s = Story()
    s.at(0).row(1, ether(question(1)), id=4)
    for number in 2, 3, 4:
        s.row(number, ether(question(number)), id=number - 2)
    for second in range(60, 361, 60):
        s.at(second).row(1, ether(question(1)))
        if second == 60:
            s.at(100).row(5, ether(question(5)), id=3)
    s.at(420).row(6, ether(question(6)), id=5)
    return s


@capture('time_many_idle.pcap')
def many_idle():
    """1,100 flows that become idle at one packet: all leave there, in the order of their first packets."""
    s = Story()
    for number in range(1100):
        s.now = START + number * 10**5
        address = '10.9.%d.%d' % (number // 200, number % 200 + 1)
        packet = ip(4, address, SERVER[4]) / UDP(sport=5000, dport=7)
        s.row('flow %d' % number, ether(packet), id=number, src_ip=address)
    return s.at(200).row('last', ether(question(1)), id=1100)


@capture('time_far.pcap')
def far():
    """Seconds from 2^31 on: unsigned, up to 2106."""
    s = Story()
    s.now = (2**31 - 1) * 10**9 + 999_999_000
    s.row(1, ether(question(1)), bidirectional_first_seen_ms=(2**31 - 1) * 1000 + 999)
    s.now = 2**31 * 10**9
    s.row(1, ether(question(1)), bidirectional_duration_ms=1, bidirectional_last_seen_ms=2**31 * 1000)
    s.now = (2**32 - 1) * 10**9 + 999_999_000
    s.row(2, ether(question(2)), bidirectional_first_seen_ms=(2**32 - 1) * 1000 + 999)
    return s


@capture('time_zero.pcap')
def zero():
    """A capture that starts at second 0 of 1970."""
    s = Story()
    s.now = 0
    s.row(1, *ethers(ask(1)), bidirectional_first_seen_ms=0)
    return s.row(2, ether(question(2)), bidirectional_first_seen_ms=2)
