"""Tests, in TAP, of what happens to interfaces in a capture and of how they are captured: deleted, down, renamed; lengths,
promiscuity, filters; who may, and a meter that is killed.
"""

import os
import signal
import struct
import sys

import psycopg2
from scapy.utils import RawPcapReader

from bed import WHOLE_MTU, wait_until
from cluster import Session, Stream
from frames import ping, udp
from live import main
from replay import LABELS, MODELLED, NEVER, Model, of_file, query_of, send, table_of, without_times
from stage import FLOWS, LINE, Stage

import compare

IFF_PROMISC = 0x100
SNAPSHOT = 64
NO_PRIVILEGE = '42501'
LONG_IDLE = {'idle_timeout': 60}  # so that the end of the interface is what ends a flow


def ended_by(stage, what, happens, meters):
    """A capture with an active flow, to whose interface something happens: its rows, and the stream."""
    stage.declare(n_meters=meters, **LONG_IDLE)
    stream = stage.stream(meters=meters)
    stage.send(udp(), udp(back=True), ping())
    wait_until(lambda: stage.cluster.namespace.packet_sockets(LINE), 5, 'the capture goes on')
    happens()
    stream.join(20)
    if stream.is_alive():
        stream.cancel()
        raise TimeoutError('the capture went on although its interface was ' + what)
    return stream


def interface_ends(tap, bed, arguments):
    stage = Stage(bed)

    def delete():
        stage.near.ip('link del dev ' + LINE)

    def set_down():
        stage.near.ip('link set dev %s down' % LINE)

    for meters in (1, 2):
        for what, happens, word in (('set down', set_down, 'down'), ('deleted', delete, 'gone')):
            name = '%s in mid-capture, %d meters' % (what, meters)
            stream = ended_by(stage, what, happens, meters)
            rows = sorted((row['protocol'], row['bidirectional_packets']) for row in stream.rows)
            tap.equal('%s: its flows are flushed' % name, rows, [('1', '1'), ('17', '2')])
            told = stream.error or 'no error'
            tap.check('%s: then an error says so' % name, [] if LINE in told and word in told else [told])
            tap.note(told.strip().replace('\n', ' | '))
            tap.check('%s: nothing is left' % name, stage.left())
            if happens is set_down:
                code, told = stage.session.error(FLOWS) or (None, 'no error')
                tap.check('an interface that is down is an error before the first row', [] if 'is down' in told and 'ip link set %s up' % LINE in told else [told])
                stage.near.ip('link set dev %s up' % LINE)
            else:
                code, told = stage.session.error(FLOWS) or (None, 'no error')
                tap.check('an interface that is not there is an error', [] if LINE in told else [told])
                stage.make_line()


def renamed(tap, bed, arguments):
    """The kernel knows the interface by its number: the capture goes on, as far as the kernel renames one that is up."""
    stage = Stage(bed)
    stream = stage.stream()
    stage.near.run('ip', 'link', 'set', 'dev', LINE, 'name', 'other0', check=False)
    if 'other0' in stage.near.run('ls', '/sys/class/net'):
        stage.send(udp())
        rows = stream.wait_for_rows(1)
        tap.equal('renamed in mid-capture: flows go on', [row['src_port'] for row in rows], ['40000'])
        tap.check('without an error', [stream.error] if stream.error else [])
        stream.cancel()
    else:
        stage.near.ip('link set dev %s down' % LINE)
        stage.near.ip('link set dev %s name other0' % LINE)
        stage.near.ip('link set dev other0 up')
        stream.join(20)
        told = stream.error or 'no error'
        tap.check('renamed in mid-capture, which this kernel does to what is down: an error', [] if LINE in told else [told])
    tap.check('nothing is left of it', stage.left())


def rights(tap, bed, arguments):
    stage = Stage(bed)
    told = dict(unknown='nosuch0', empty='interface:', dots='interface:..', slash='interface:a/b', long='interface:' + 'x' * 16)
    for name, source in told.items():
        try:
            stage.declare(name, source)
            code, text = stage.session.error('SELECT * FROM ' + name) or (None, 'no error')
        except psycopg2.Error as error:
            code, text = error.pgcode, str(error)
        tap.check('an interface called "%s" is an error' % source, [] if code and not code.startswith('XX') else [text])
        tap.note('%s: %s' % (code, text.strip().replace('\n', ' | ')))

    stage.session.run('CREATE ROLE analyst; CREATE ROLE reader; GRANT USAGE ON FOREIGN SERVER nfstream TO analyst; GRANT CREATE ON SCHEMA public TO analyst')
    stage.session.run('SET ROLE analyst')
    options = "(source 'interface:%s', idle_timeout '1')" % LINE
    stage.session.run('CREATE FOREIGN TABLE theirs (id bigint, src_port int) SERVER nfstream OPTIONS ' + options)
    code, told = stage.session.error('SELECT * FROM theirs') or (None, 'no error')
    tap.equal('a user without rights may not capture', code, NO_PRIVILEGE)
    tap.note(told.strip().replace('\n', ' | '))
    stage.session.run('RESET ROLE')
    stage.session.run("ALTER SERVER nfstream OPTIONS (ADD interfaces '{%s}')" % LINE)
    stage.session.run('GRANT SELECT ON theirs TO reader; SET ROLE reader')
    stream = Stream(stage.cluster, 'SELECT * FROM theirs LIMIT 1', options='-c role=reader')
    stage.cluster.wait_for_capture(LINE)
    stage.send(udp())
    tap.equal('who has USAGE on a server with this interface may, and SELECT is all that a reader needs', [row['src_port'] for row in stream.wait()], ['40000'])
    stage.session.run('RESET ROLE')
    stage.session.run("ALTER SERVER nfstream OPTIONS (SET interfaces '{lo}')")
    stage.session.run('SET ROLE analyst')
    code, _ = stage.session.error('SELECT * FROM theirs') or (None, '')
    tap.equal('but not one that the server does not name', code, NO_PRIVILEGE)
    tap.check('nothing is left of it', stage.left())


def without_capability(tap, bed, arguments):
    stage = Stage(bed, capable=False)
    for meters in (1, 2):
        stage.declare(n_meters=meters)
        code, told = stage.session.error(FLOWS) or (None, 'no error')
        tap.equal('a meter without the capability is refused, n_meters %d' % meters, code, NO_PRIVILEGE)
        tap.check('and the hint says which command gives it', [] if 'make install-capture' in told else [told])
    tap.note(told.strip().replace('\n', ' | '))
    tap.check('nothing is left of it', stage.left())
    stage.session.declare('of_file', os.path.join(arguments.captures, 'dns.pcap'))
    tap.equal('files are metered as ever', stage.session.value('SELECT count(*) FROM of_file'), 11)


def confined(tap, bed, arguments):
    """What the kernel says of meters that capture."""
    stage = Stage(bed, n_meters=2)
    stream = stage.stream(meters=2)
    for pid in stage.cluster.meters():
        with open('/proc/%d/status' % pid) as file:
            status = dict(row.rstrip('\n').split(':\t', 1) for row in file if ':\t' in row)
        tap.equal('a live meter: Seccomp 2', status['Seccomp'], '2')
        for which in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb'):
            tap.equal('a live meter: %s 0' % which, int(status[which], 16), 0)
        tap.check('a live meter does not run as root', [] if '0' not in status['Uid'].split() else [status['Uid']])
    tap.equal('both were looked at', len(stage.cluster.meters()), 2)
    stream.cancel()


def promiscuous(tap, bed, arguments):
    stage = Stage(bed)
    for mode, expected in (('true', IFF_PROMISC), ('false', 0)):
        stage.declare(promiscuous_mode=mode)
        tap.equal('before: the interface is not promiscuous', stage.near.flags(LINE) & IFF_PROMISC, 0)
        stream = stage.stream()
        tap.equal('promiscuous_mode %s is seen in its flags' % mode, stage.near.flags(LINE) & IFF_PROMISC, expected)
        stream.cancel()
        stage.cluster.wait_for_no_capture(LINE)
        tap.equal('after: nor is it', stage.near.flags(LINE) & IFF_PROMISC, 0)


def cut(path, target, most):
    """A copy of a capture of microseconds, with no more than so many bytes of each packet."""
    with open(target, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for data, about in RawPcapReader(path):
            file.write(struct.pack('<IIII', about.sec, about.usec, min(most, len(data)), about.wirelen) + data[:most])


def compared(tap, name, expected, got):
    expected, got = without_times(expected), without_times(got)
    told = compare.of_columns(expected, got) or compare.as_bags(expected.columns, expected.rows, got.rows)
    tap.check(name, [told] if told else [])


def replayed(stage, path, due, **options):
    """The flows of a capture that is sent over the line."""
    stage.declare(**{'active_timeout': NEVER} | MODELLED | options)
    stream = stage.stream(query_of(stage.session, 'live'))
    send(stage.far, 'out0', path, '--pps=2000')
    stream.wait_for_rows(due)
    stream.cancel()
    return table_of(stream.columns, stream.rows)


def what_is_seen(tap, bed, arguments):
    """Lengths and filters: as of a file that was captured so."""
    stage = Stage(bed)
    model = arguments.shared and Model(os.path.join(arguments.shared, 'tools', 'model.py'))
    for name in ('tls.pcap', 'gtpu.pcap'):
        path, short = os.path.join(arguments.captures, name), bed.path(name)
        cut(path, short, SNAPSHOT)
        of_short = of_file(stage.session, short)
        got = replayed(stage, path, len(of_short.rows), snapshot_length=SNAPSHOT)
        compared(tap, '%s with snapshot_length %d: as a file that was captured so' % (name, SNAPSHOT), of_short, got)
        if model:
            compared(tap, '%s with snapshot_length %d: the model' % (name, SNAPSHOT), model.flows(short)[0], got.without(LABELS))
    path = os.path.join(arguments.captures, 'busy.pcap')
    for text in ('udp port 53', 'tcp and not port 80', 'ip6', 'host 198.51.100.10 and tcp[tcpflags] & tcp-syn != 0'):
        expected = of_file(stage.session, path, bpf_filter=text)
        compared(tap, 'bpf_filter "%s": as of the file' % text, expected, replayed(stage, path, max(1, len(expected.rows)) if expected.rows else 0, bpf_filter=text))
    stage.declare(bpf_filter='udp prot 53')
    code, told = stage.session.error(FLOWS) or (None, 'no error')
    tap.check('a filter that does not compile is an error before the first row', [] if code and 'syntax error' in told else [told])


def killed(tap, bed, arguments):
    stage = Stage(bed, n_meters=2)
    stream = stage.stream(meters=2)
    stage.send(*(udp(client='10.1.0.%d' % number) for number in range(10, 30)))
    stream.wait_for_rows(20)
    tap.equal('two meters share an interface: each packet is seen once', sorted(row['bidirectional_packets'] for row in stream.rows), ['1'] * 20)
    os.kill(stage.cluster.meters()[0], signal.SIGKILL)
    stream.join(20)
    told = stream.error or 'no error'
    tap.check('one of two meters is killed: the statement ends with an error', [] if stream.error and not stream.is_alive() else [told])
    tap.note(told.strip().replace('\n', ' | '))
    tap.check('and nothing is left of the other', stage.left())
    tap.equal('and the server goes on', stage.session.value('SELECT 1'), 1)


if __name__ == '__main__':
    sys.exit(
        main(
            __doc__,
            interface_ends,
            renamed,
            rights,
            without_capability,
            confined,
            promiscuous,
            what_is_seen,
            killed,
        )
    )
