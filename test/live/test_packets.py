"""Tests, in TAP, that the packets of an interface are rows as tcpdump has them: frames, lengths and times; as a foreign table, as a
call and as a capture that is written; how such a query ends; and who may.
"""

import contextlib
import os
import subprocess
import sys

from scapy.utils import RawPcapNgReader, RawPcapReader

from bed import in_background, wait_until
from cluster import Session, Stream
from frames import ping, udp
from live import main
from replay import send
from stage import FAR, LINE, Stage

CAPTURE = 'tls.pcap'
MOST = 262144  # bytes of a packet
NO_PRIVILEGE = '42501'
ARP = bytes.fromhex('ffffffffffff0200000000010806' + '0001080006040001' + '020000000001' + '0a010002' + '000000000000' + '0a010001') + bytes(18)
TAGGED = udp()[:12] + bytes.fromhex('8100' + '2007') + udp()[12:]  # of VLAN 7, with a priority
# Of the table as a row of tcpdump's capture; and its packets as rows.
AS_CAPTURED = 'ns, link_type, captured_length, raw_size, frame'
CALLABLE = "SELECT array_agg(oid::regprocedure::text) FROM pg_proc WHERE proname IN ('nfpackets', 'nfstreamer')"
CALL = "nfpackets('interface:%s', idle_timeout => 1)" % LINE


class Tcpdump:
    """tcpdump, which captures on the line beside the server."""

    def __init__(self, stage, path):
        self.stage, self.path = stage, path
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        self.process = stage.near.start(
            *('tcpdump', '-i', LINE, '-n', '-U', '-Z', 'root', '-s', str(MOST), '--time-stamp-precision=nano', '-w', path), stdout=subprocess.DEVNULL
        )
        wait_until(lambda: stage.near.captures(LINE, 1), 20, 'tcpdump captures')

    def packets(self, count):
        """What it has captured, as soon as it is that many packets: (ns, length on the wire, frame)."""
        wait_until(lambda: len(read(RawPcapReader, self.path)) >= count, 20, 'tcpdump has %d packets' % count)
        self.process.terminate()
        self.process.wait()
        return read(RawPcapReader, self.path)


def read(reader, path):
    """The packets of a capture of nanoseconds."""
    if not os.path.getsize(path):
        return []
    with contextlib.closing(reader(path)) as packets:
        return [(of_time(about), about.wirelen, frame) for frame, about in packets]


def of_time(about):
    if hasattr(about, 'sec'):
        return about.sec * 10**9 + about.usec
    return ((about.tshigh << 32) + about.tslow) * 10**9 // int(about.tsresol)


def declare(stage):
    stage.session.run('DROP FOREIGN TABLE IF EXISTS packets')
    stage.session.run(
        "IMPORT FOREIGN SCHEMA nfpacket FROM SERVER nfstream INTO public OPTIONS (source '%s', idle_timeout '1', snapshot_length '%d')" % (LINE, MOST)
    )
    stage.session.run("ALTER FOREIGN TABLE packets ADD COLUMN ns bigint OPTIONS (attribute 'captured_at')")


def number_of_packets(path):
    with contextlib.closing(RawPcapReader(path)) as packets:
        return sum(1 for _ in packets)


def as_tcpdump(tap, bed, arguments):
    """A table, a call and a capture that is written, at the same time: each packet is the one that tcpdump has."""
    stage = Stage(bed)
    declare(stage)
    path, written = os.path.join(arguments.captures, CAPTURE), os.path.join(stage.cluster.directory, 'data', 'written.pcapng')
    count = 2 + number_of_packets(path)  # an ARP, which is no row, a frame of a VLAN, and the capture's packets
    tcpdump = Tcpdump(stage, bed.path('tcpdump.pcap'))
    table = Stream(stage.cluster, 'SELECT packet_number, %s FROM packets LIMIT %d' % (AS_CAPTURED, count - 1))
    stage.cluster.wait_for_capture(LINE, 2)
    call = Stream(stage.cluster, 'SELECT packet_number, captured_at, raw_size, frame FROM %s LIMIT %d' % (CALL, count - 1))
    stage.cluster.wait_for_capture(LINE, 3)
    writer = Session(stage.cluster)
    with in_background(lambda: writer.value('SELECT nfstream_to_pcap(%s, %s)', ('SELECT * FROM packets LIMIT %d' % (count - 1), written))) as wrote:
        stage.cluster.wait_for_capture(LINE, 4)
        stage.send(ARP, TAGGED)
        send(stage.far, FAR, path, '--pps=2000')
        rows, called = table.wait(), call.wait()
        tap.equal('nfstream_to_pcap() of an interface, with LIMIT: its number of packets', wrote.result(), count - 1)
    seen = tcpdump.packets(count)
    tap.equal('tcpdump has what was sent', len(seen), count)
    seen = seen[1:]
    tap.equal('the frame of a VLAN, as tcpdump has it, is the one that was sent', seen[0][2], TAGGED)
    tap.equal('a table: each packet as tcpdump has it', [(int(row['ns']), int(row['raw_size']), bytes.fromhex(row['frame'][2:])) for row in rows], seen)
    tap.equal('all of them captured as a whole', {(row['captured_length'] == row['raw_size'], row['link_type']) for row in rows}, {(True, '1')})
    numbers = [str(number) for number in range(2, count + 1)]
    tap.equal('numbers count the packet that is no row', [row['packet_number'] for row in rows], numbers)
    tap.equal('a call: the same frames', [(int(row['raw_size']), bytes.fromhex(row['frame'][2:])) for row in called], [packet[1:] for packet in seen])
    tap.equal('and numbers', [row['packet_number'] for row in called], numbers)
    tap.equal('the capture that was written: the same, to the nanosecond', read(RawPcapNgReader, written), seen)
    tap.check('nothing is left of it', stage.left())


def endings(tap, bed, arguments):
    stage = Stage(bed)
    declare(stage)
    for what, source in (('a table', 'packets'), ('a call', CALL)):
        stream = stage.stream('SELECT src_port FROM %s WHERE protocol = 17' % source)
        stage.send(ping(), udp(port=40001), udp(port=40002))
        tap.equal('%s: a packet is a row at once, while the query goes on' % what, [row['src_port'] for row in stream.wait_for_rows(2)], ['40001', '40002'])
        stream.cancel()
        tap.equal('%s: it ends when it is cancelled' % what, stream.code, '57014')
        tap.check('%s: and nothing is left of it' % what, stage.left())
        tap.equal('%s: EXPLAIN opens no interface' % what, bool(stage.session.run('EXPLAIN SELECT * FROM ' + source)), True)
        tap.equal('%s: LIMIT 0 neither' % what, stage.session.run('SELECT * FROM %s LIMIT 0' % source), [])
    flows = stage.stream("SELECT src_port FROM nfstreamer('interface:%s', idle_timeout => 1) LIMIT 1" % LINE)
    stage.send(udp(port=40003))
    tap.equal('a call of flows: the flow that was idle, and its end with LIMIT', [row['src_port'] for row in flows.wait()], ['40003'])
    written = os.path.join(stage.cluster.directory, 'data', 'cancelled.pcapng')
    writer = Session(stage.cluster)
    with in_background(lambda: writer.error("SELECT nfstream_to_pcap('SELECT * FROM packets', '%s')" % written)) as wrote:
        stage.cluster.wait_for_capture(LINE)
        stage.send(*(udp(port=port) for port in range(40000, 40100)))
        writer.connection.cancel()
        tap.equal('nfstream_to_pcap() of an interface ends when it is cancelled', (wrote.result() or [None])[0], '57014')
    tap.equal('and leaves no file', [name for name in os.listdir(os.path.dirname(written)) if 'cancelled' in name], [])
    tap.check('nothing is left of it', stage.left())


def rights(tap, bed, arguments):
    """A call is of no server that could name interfaces for whoever calls."""
    stage = Stage(bed)
    declare(stage)
    stage.session.run('CREATE ROLE analyst; GRANT SELECT ON packets TO analyst')
    flows = "nfstreamer('interface:%s')" % LINE
    queries = ['SELECT * FROM ' + CALL, 'SELECT * FROM ' + flows, 'SELECT (%s).src_port' % CALL]
    with Session(stage.cluster, options='-c role=analyst') as session:
        for query in queries:
            tap.equal('%s: refused to who may not call' % query, (session.error(query) or [None])[0], NO_PRIVILEGE)
        stage.session.run('GRANT EXECUTE ON FUNCTION %s TO analyst' % ', '.join(map(str, stage.session.value(CALLABLE))))
        stage.session.run('GRANT pg_read_server_files TO analyst')
        for query in queries:
            code, told = session.error(query) or (None, 'no error')
            tap.equal('%s: refused to who may call, and read files' % query, code, NO_PRIVILEGE)
            tap.check('because of the interface', [] if 'from an interface' in told else [told])
    stream = Stream(stage.cluster, 'SELECT src_port FROM packets LIMIT 1', options='-c role=analyst')
    stage.cluster.wait_for_capture(LINE)
    stage.send(udp(port=40004))
    tap.equal('SELECT on a table is all that its reader needs', [row['src_port'] for row in stream.wait()], ['40004'])
    tap.check('nothing is left of it', stage.left())


if __name__ == '__main__':
    sys.exit(main(__doc__, as_tcpdump, endings, rights))
