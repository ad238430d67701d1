"""The check of packets as rows: against the model, tshark, the rows of several meters, and the flows that they make."""

import csv
import functools
import io
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import bpf
import reference
from product import messages_of
from report import Group

# Profiles in which something about packets is another than in the first one: how flows end, sizes, what is metered.
PROFILES = ('plain', 'full', 'acct3', 'idle1_active2', 'idle0', 'notunnel', 'bpf_udp53', 'udps_slicer4', 'multi_full')
SIZES = ('raw_size', 'ip_size', 'transport_size', 'payload_size')
FLAGS = ('syn', 'cwr', 'ece', 'urg', 'ack', 'psh', 'rst', 'fin')
FLAG_BITS = dict(syn=0x02, cwr=0x80, ece=0x40, urg=0x20, ack=0x10, psh=0x08, rst=0x04, fin=0x01)
LINK_TYPES = {12: 101}  # libpcap's numbers that differ from those of files
SHOWN = (
    ('packet_number', 'first_packet', 'time', 'delta_time', 'direction')
    + SIZES
    + ('src_ip', 'src_mac', 'src_oui', 'dst_ip', 'dst_mac', 'dst_oui', 'src_port', 'dst_port', 'protocol', 'vlan_id', 'ip_version', 'tunnel_id')
    + FLAGS
    + ('captured_length', 'link_type', 'md5(ip_packet)', 'md5(frame)')
)

# A table of packets with the options of the table of flows.
CREATE = """
DROP FOREIGN TABLE IF EXISTS packets;
DO $do$ BEGIN
    EXECUTE (SELECT format('CREATE FOREIGN TABLE packets (packet_number bigint, first_packet bigint, time bigint, delta_time bigint,
        direction int, raw_size bigint, ip_size bigint, transport_size bigint, payload_size bigint, src_ip text, src_mac text, src_oui text,
        dst_ip text, dst_mac text, dst_oui text, src_port int, dst_port int, protocol int, vlan_id int, ip_version int, tunnel_id int,
        %s, captured_length int, link_type int, captured_at numeric, ip_packet bytea, frame bytea)
        SERVER nfstream OPTIONS (rows ''packets'', %s)', '{flags}', string_agg(format('%I %L', option_name, option_value), ', '))
    FROM pg_foreign_table, pg_options_to_table(ftoptions) WHERE ftrelid = to_regclass('flows'));
END $do$;
""".replace('{flags}', ', '.join(flag + ' int' for flag in FLAGS))
ROWS = 'COPY (SELECT %s FROM packets) TO STDOUT (FORMAT csv);' % ', '.join(SHOWN)
ONE_METER = CREATE + ROWS
THREE_METERS = "ALTER FOREIGN TABLE packets OPTIONS (SET n_meters '3');\n" + ROWS + "\nALTER FOREIGN TABLE packets OPTIONS (SET n_meters '1');"
TIMES = 'COPY (SELECT packet_number, captured_at, raw_size, captured_length FROM packets) TO STDOUT (FORMAT csv);'

# What flows of the packets there are that are no flows, and the other way round.
FLOWS = """
DO $do$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('flows') AND attname = 'first_packet') THEN
        ALTER FOREIGN TABLE flows ADD first_packet bigint;
    END IF;
END $do$;
SELECT count(*) FROM flows FULL JOIN (
    SELECT first_packet, count(*) AS packets, sum({size}) AS bytes, min(time) AS first_seen, max(time) AS last_seen,
        count(*) FILTER (WHERE direction = 1) AS packets_back, coalesce(sum({size}) FILTER (WHERE direction = 1), 0) AS bytes_back
    FROM packets GROUP BY first_packet) AS regrouped USING (first_packet)
WHERE (packets, bytes, first_seen, last_seen, packets_back, bytes_back) IS DISTINCT FROM (bidirectional_packets, bidirectional_bytes,
    bidirectional_first_seen_ms, bidirectional_last_seen_ms, dst2src_packets, dst2src_bytes);
"""
SPLT = """
SELECT count(*) FROM flows FULL JOIN (
    SELECT first_packet, array_agg(direction ORDER BY packet_number) AS directions, array_agg({size} ORDER BY packet_number) AS sizes,
        array_agg(since ORDER BY packet_number) AS times
    FROM (SELECT *, row_number() OVER flow AS number, time - coalesce(lag(time) OVER flow, time) AS since
        FROM packets WINDOW flow AS (PARTITION BY first_packet ORDER BY packet_number)) AS numbered
    WHERE number <= {length} GROUP BY first_packet) AS recomputed USING (first_packet)
WHERE (directions, sizes, times) IS DISTINCT FROM
    (array_remove(splt_direction, -1), array_remove(splt_ps, -1), array_remove(splt_piat_ms, -1));
"""


def size_of(profile):
    return SIZES[int(profile.options.get('accounting_mode', 0))]


def packets(run, profile):
    """(o) packets: the model's, in order, with each attribute; the same with 3 meters; flows and SPLT made of them are the table of flows'.

    In the first profile they are tshark's as well, where its fields mean the same.
    """
    group, found = Group('packets as rows, %s' % profile.name), run.captures_of(profile)
    is_first, splt = profile.name == 'plain', 'splt_analysis' in profile.options
    names = [] if 'max_nflows' in profile.options else ['flows', 'splt'] if splt else ['flows']
    texts = {'flows': FLOWS.format(size=size_of(profile)), 'splt': SPLT.format(size=size_of(profile), length=profile.options.get('splt_analysis'))}
    queries = [ONE_METER, THREE_METERS, *(texts[name] for name in names), *([TIMES] if is_first else [])]
    total = compared = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        dissected = {capture: threads.submit(tshark, capture.paths[0]) for capture in found if is_first and is_read_alike(capture)}
        models = run.sources.each(of_model, [(capture, profile.options) for capture in found]) if run.sources else iter([None] * len(found))
        for (capture, (one, three, *others)), model in zip(run.product.ask(found, profile.options, queries).items(), models):
            rows = list(csv.reader(io.StringIO(one.raw.decode())))
            total += len(rows)
            if model is not None:
                group.judge(capture, differing(rows, model))
            group.judge('%s, 3 meters' % capture.name, None if one.raw == three.raw else 'not the rows of one meter')
            for what, answer in zip(names, others):
                told = messages_of(answer.told, 'ERROR')
                if not (told and messages_of(one.told, 'ERROR')):
                    group.judge('%s, %s of packets' % (capture.name, what), other_flows(answer, told))
            if capture in dissected and not messages_of(one.told, 'ERROR'):
                count, told = as_tshark(dissected[capture].result(), rows, others[-1])
                compared += count
                group.judge('%s, tshark' % capture.name, told)
    group.note('%d packets' % total)
    if is_first:
        group.note('%d of them are compared with tshark, times and lengths of all' % compared)
    return group


def other_flows(answer, told):
    if told:
        return told[0]
    return None if answer.raw.strip() == b'0' else '%s flows differ' % answer.raw.strip().decode()


def differing(rows, model):
    for row, expected in zip(rows, model):
        if row != expected:
            told = ['%s %s, not %s' % (name, a, b) for name, a, b in zip(SHOWN, row, expected) if a != b]
            return 'packet %s: %s' % (row[0], '; '.join(told))
    return None if len(rows) == len(model) else '%d packets, not %d' % (len(rows), len(model))


# --------------------------------------------------------------------------------------------------------------- the model


def of_model(job):
    """The rows of a capture's packets, as its flows' packets come in the model; texts as COPY has them. In a process of the references'."""
    import hashlib

    capture, options = job
    model, read_capture = reference.process['model'], reference.process['read_capture']
    text, known = options.get('bpf_filter'), dict(model.DEFAULTS, **reference.model_options(model, options))
    meter, rows, number = model.Meter(known, model.OURS), [], 0
    meter.events, firsts, latest, seen = (lambda flow, packet: seen.append(flow) if packet is not None else None), {}, {}, []

    def frames():
        for path in capture.paths:
            passes = bpf.Filter(text, bpf.byte_order(path)).passes if text else (lambda frame: True)
            for frame in read_capture(path, model.OURS):
                yield frame, passes

    try:
        for number, (frame, passes) in enumerate(frames(), 1):
            if not passes(frame):
                continue
            try:
                packet = model.Decoder(frame, known['decode_tunnels'], model.OURS).run()
            except model.Ignored:
                continue
            seen.clear()
            meter.take(packet)
            flow = seen[-1]
            first = firsts.setdefault(id(flow), (number, flow))[0]
            back = is_back(flow.p, packet)
            macs = (flow.p.dmac, flow.p.smac) if back else (flow.p.smac, flow.p.dmac)
            ends = [
                value
                for address, mac in zip((packet.src, packet.dst), macs)
                for value in (model.ip_text(address), mac.hex(':'), mac.hex(':')[:8])
            ]
            row = [number, first, packet.ms, packet.ms - latest.get(id(flow), packet.ms), int(back), *packet.sizes, *ends]
            row += [packet.sport, packet.dport, packet.protocol, packet.vlan, packet.version, packet.tunnel]
            row += [int(bool(packet.flags & FLAG_BITS[flag])) for flag in FLAGS]
            row += [len(frame.data), LINK_TYPES.get(frame.dlt, frame.dlt), hashlib.md5(packet.bytes).hexdigest(), hashlib.md5(frame.data).hexdigest()]
            latest[id(flow)] = packet.ms
            rows.append([str(value) for value in row])
    except ValueError:  # no capture, or not from here on
        pass
    return rows


def is_back(first, packet):
    """As METERING.md, section 7, has it: the ports differ from the first packet's, else the addresses."""
    return (packet.sport, packet.dport) != (first.sport, first.dport) or (packet.src, packet.dst) != (first.src, first.dst)


# ------------------------------------------------------------------------------------------------------------------ tshark

# What Wireshark reads in another way: lengths that lie, and what is beyond a file's own snapshot length.
OTHERWISE = {
    'format_ng_blocks.pcapng': 'a packet of which the snapshot length leaves 4 bytes counts for 4 on the wire',
    'format_snapshot.pcap': 'packets that are longer than the snapshot length are read whole',
    'fuzz-2021-06-07-c6c72a0a56.pcap': 'a wire length has 31 bits',
    'ip_fragmented_garbage.pcap': 'a TCP header that says to be shorter than one is has ports all the same',
    'ip_lengths.pcap': 'a transport header that the IP length leaves no room for is read all the same',
    'ip_offload.pcap': 'a wire length has 31 bits',
    'reasm_crash_anon.pcapng': 'an IP length that is more than the frame counts for what is left of the frame',
    's_bad_ip4.pcap': 'a transport header that the IP length leaves no room for is read all the same',
    's_l4_kinds.pcap': 'the same',
    'wire_2g.pcap': 'a wire length has 31 bits',
}
FIELDS = (
    'frame.number frame.time_epoch frame.len frame.cap_len ip.src ip.dst ip.proto ip.len ipv6.src ipv6.dst tcp.srcport tcp.dstport '
    'udp.srcport udp.dstport tcp.flags tcp.len'
).split()
PREFERENCES = 'ip.defragment:FALSE tcp.desegment_tcp_streams:FALSE ip.check_checksum:FALSE tcp.analyze_sequence_numbers:FALSE'.split()


def is_read_alike(capture):
    """Random captures have all kinds of lengths that lie."""
    return capture.name not in OTHERWISE and capture.collection != 'random'


def tshark(path):
    arguments = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'separator=;', '-E', 'occurrence=a', '-E', 'aggregator=,']
    for preference in PREFERENCES:
        arguments += ['-o', preference]
    for field in FIELDS:
        arguments += ['-e', field]
    ran = subprocess.run(arguments, capture_output=True)
    return {int(line.split(';')[0]): dict(zip(FIELDS, line.split(';'))) for line in ran.stdout.decode('utf-8', 'replace').splitlines()}


def nanoseconds(epoch):
    """None where tshark has no time, or one that rows do not have: before 1970, after 2554."""
    seconds, _, fraction = epoch.partition('.')
    if not seconds.isdigit() or int(seconds) * 10**9 >= 2**64:
        return None
    return int(seconds) * 10**9 + int(fraction.ljust(9, '0')[:9])


def as_tshark(known, rows, times):
    """How many packets were compared with tshark's whole, and what differs, or None.

    Times and lengths are of each packet; addresses, ports, flags and lengths of those with one IP header, which Wireshark takes for TCP
    or UDP as well.
    """
    compared = 0
    for number, captured_at, raw_size, captured_length in csv.reader(io.StringIO(times.raw.decode())):
        fields = known.get(int(number))
        if fields is None:
            return compared, 'packet %s is none of tshark' % number
        time = nanoseconds(fields['frame.time_epoch'])
        told = (int(captured_at) if time is None else time), fields['frame.len'], fields['frame.cap_len']
        if told != (int(captured_at), raw_size, captured_length):
            return compared, 'packet %s: %s, tshark has %s' % (number, (captured_at, raw_size, captured_length), told)
    for row in rows:
        row = dict(zip(SHOWN, row))
        fields = known[int(row['packet_number'])]
        protocol = {'6': 'tcp', '17': 'udp'}.get(row['protocol'])
        ports = '%s.srcport' % protocol, '%s.dstport' % protocol
        if row['tunnel_id'] != '0' or protocol is None or any(',' in fields[name] for name in FIELDS) or not fields[ports[0]]:
            continue
        if bool(fields['ip.src']) == bool(fields['ipv6.src']):
            continue
        version = 'ip' if fields['ip.src'] else 'ipv6'
        pairs = [(name, row[name], fields[field]) for name, field in zip(('src_port', 'dst_port'), ports)]
        pairs += [('src_ip', row['src_ip'], fields[version + '.src']), ('dst_ip', row['dst_ip'], fields[version + '.dst'])]
        if version == 'ip' and fields['ip.len'] != '0':
            pairs.append(('ip_size', row['ip_size'], fields['ip.len']))
        if protocol == 'tcp' and fields['tcp.flags']:
            flags = int(fields['tcp.flags'], 16)
            pairs += [(flag, row[flag], str(int(bool(flags & bit)))) for flag, bit in FLAG_BITS.items()]
            if fields['tcp.len'] and version == 'ip' and fields['ip.len'] != '0':
                pairs.append(('payload_size', row['payload_size'], fields['tcp.len']))
        compared += 1
        for name, ours, theirs in pairs:
            if ours != theirs:
                return compared, 'packet %s: %s %s, tshark has %s' % (row['packet_number'], name, ours, theirs)
    return compared, None
