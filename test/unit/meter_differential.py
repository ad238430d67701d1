#!/usr/bin/env python3
"""meter_differential.py - random captures with random options through the engine and through the reference model: every row must agree.

  meter_differential.py [--captures N] [--seed S] --model PATH/model.py METER_DUMP

METER_DUMP is meter_dump.c, built with sanitizers.  A capture has few hosts and gaps around both timeouts, packets out of order, tunnels, frames that
are not IP, frames that are cut.  Rows are compared value by value (doubles to the last bit), ids and the account with them; two thirds of the runs
are made with several shards, whose merged records must be the rows of one meter.  The seed is printed; with it a run can be repeated.
"""
import argparse
import csv
import importlib.util
import os
import random
import struct
import subprocess
import sys
import tempfile

HOSTS4 = [bytes(a) for a in ([10, 0, 0, 1], [10, 0, 0, 2], [192, 168, 1, 7], [8, 8, 8, 8], [93, 184, 216, 34], [1, 1, 1, 1], [172, 32, 0, 1])]
HOSTS6 = [bytes.fromhex(a) for a in ('fe800000000000000000000000000001', '20010db8000000000000000000000001', '20010db8000000000000000000000002',
                                     '0a000001000000000000000000000000', '0a000002000000000000000000000000')]


class Builder:
    def __init__(self, rng):
        self.rng = rng

    def options(self):
        rng = self.rng
        return dict(idle_timeout=rng.choice([0, 1, 1, 2, 2, 3, 120]), active_timeout=rng.choice([0, 1, 2, 3, 5, 5, 1800]),
                    accounting_mode=rng.randrange(4), statistical_analysis=rng.randrange(2), splt_analysis=rng.choice([0, 0, 1, 3, 10, 255]),
                    decode_tunnels=int(rng.randrange(4) > 0), max_nflows=rng.choice([0, 0, 0, 1, 2, 5, 20]))

    def start(self, options):
        """A new conversation: its flows and gaps are drawn around what the options ask for."""
        rng, seconds = self.rng, [options['idle_timeout'], options['active_timeout']]
        near = [1000 * s + d for s in seconds if s < 100 for d in (-1, 0, 1)]
        part = [1000 * s // p + d for s in seconds if s < 100 for p in (2, 3) for d in (-1, 0, 1)]
        self.gaps = rng.choice([[0, 1, 2], [0, 1, 9, 10, 11], [0, 5] + part, [0, 1, 10] + near + part, [50, 200, 700]])
        self.flows = [self.flow() for _ in range(rng.choice([1, 2, 3, 6, 15]))]
        self.ms = rng.choice([0, 0, 1000, 1700000000000])

    def flow(self):
        """Everything that makes a key."""
        rng = self.rng
        hosts = HOSTS4 if rng.randrange(3) else HOSTS6
        ports = [rng.choice([53, 80, 40000 + rng.randrange(3)]) for _ in range(2)]
        return dict(ips=[rng.choice(hosts), rng.choice(hosts)], ports=ports, protocol=rng.choice([6, 6, 17, 17, 1, 47]),
                    vlan=rng.choice([None] * 4 + [1, 2]), tunnel=rng.randrange(8) == 0)

    def transport(self, flow, back):
        rng, body = self.rng, self.rng.randbytes(self.rng.choice([0, 0, 1, 10, 60, 300]))
        ports = flow['ports'][::-1] if back else flow['ports']
        if flow['protocol'] == 6:
            words = rng.choice([5, 5, 5, 8, 15, 0])
            return struct.pack('>HHIIBBHHH', *ports, 1, 1, words << 4, rng.randrange(256), 1, 0, 0) + bytes(max(0, 4 * words - 20)) + body
        if flow['protocol'] == 17:
            return struct.pack('>HHHH', *ports, 8 + len(body), 0) + body
        return bytes(8) + body

    def ip(self, ips, protocol, body):
        if len(ips[0]) == 4:
            return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(body) if self.rng.randrange(12) else 0, 1, self.rng.choice([0, 0x4000]), 64, protocol, 0) + ips[0] + ips[1] + body
        return struct.pack('>IHBB', 6 << 28, len(body) if self.rng.randrange(12) else 0, protocol, 64) + ips[0] + ips[1] + body

    def packet(self):
        rng = self.rng
        if rng.randrange(30) == 0:
            return rng.choice([bytes(12) + b'\x08\x06' + bytes(28), rng.randbytes(20), rng.randbytes(60)])     # ARP, too short, nonsense
        flow, back = rng.choice(self.flows), rng.randrange(3) == 0
        ips = flow['ips'][::-1] if back else flow['ips']
        packet = self.ip(ips, flow['protocol'], self.transport(flow, back))
        if flow['tunnel']:
            packet = self.ip([HOSTS4[0], HOSTS4[3]], 17, struct.pack('>HHHH', 2152, 2152, 16 + len(packet), 0) + b'\x30\xff' + bytes(6) + packet)
        kind = struct.pack('>H', 0x0800 if packet[0] >> 4 == 4 else 0x86DD)
        if flow['vlan'] is not None:
            kind = struct.pack('>HH', 0x8100, flow['vlan']) + kind
        macs = [bytes([2, 0, 0, 0, 0, x]) for x in (1, 2)]
        return b''.join(macs[::-1] if back else macs) + kind + packet + bytes(rng.choice([0, 0, 6]))

    def capture(self, count):
        rng = self.rng
        blob = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, rng.choice([65535, 65535, 100, 60]), 1)
        for _ in range(count):
            self.ms += rng.choice(self.gaps)
            ms = max(0, self.ms - (rng.choice([1, 5, 1000, 10000]) if rng.randrange(15) == 0 else 0))
            data = self.packet()
            wire = len(data) + (rng.choice([1, 1000, 70000, 2**32 - 1 - len(data)]) if rng.randrange(15) == 0 else 0)
            blob += struct.pack('<IIII', ms // 1000, ms % 1000 * 1000 + rng.randrange(1000), len(data), wire) + data
        if rng.randrange(8) == 0 and count:
            blob = blob[:-rng.randrange(1, 20)]                      # cut
        return blob

    def captures(self, options):
        """One capture, or several that are read as one; the later ones may be older."""
        self.start(options)
        blobs = [self.capture(self.rng.choice([0, 1, 5, 40, 40, 120]))]
        while self.rng.randrange(6) == 0 and len(blobs) < 3:
            if self.rng.randrange(2):
                self.ms = 1000
            blobs.append(self.capture(20))
        return blobs


def same(text, value):
    """Whether a field of the engine's is the model's value, to the last bit."""
    if isinstance(value, tuple):
        return text == '{%s}' % ','.join(map(str, value))
    if isinstance(value, float):
        return struct.pack('d', float(text)) == struct.pack('d', value)
    return text == str(value)


class Runs:
    """Writes captures and lines for METER_DUMP; knows what must come of them."""

    def __init__(self, model, builder, directory):
        self.model, self.builder, self.directory = model, builder, directory
        self.lines, self.expected = [], []

    def add(self, number):
        options, paths = self.builder.options(), []
        for i, blob in enumerate(self.builder.captures(options)):
            paths.append(os.path.join(self.directory, '%d.%d.pcap' % (number, i)))
            with open(paths[-1], 'wb') as f:
                f.write(blob)
        shards = self.builder.rng.choice([1, 2, 8])
        self.lines.append(' '.join(['%s=%d' % option for option in options.items()] + ['shards=%d' % shards] + paths))
        self.expected.append(self.expect(options, paths, shards))

    def expect(self, options, paths, shards):
        model, account, late = self.model, {}, [0]

        class Meter(model.Meter):
            def take(self, p):
                late[0] += p.ms < self.clock
                super().take(p)

        real, model.Meter = model.Meter, Meter
        try:
            rows = model.meter(paths, dict(options), model.OURS, account=account)
        finally:
            model.Meter = real
        metered = account.pop('metered', 0)
        totals = dict(read=metered + sum(account.values()), metered=metered, ignored=sum(account.values()), out_of_order=late[0])
        if not options['max_nflows'] or len(rows) < options['max_nflows']:
            totals['given_up'] = 0
            return model.columns(options), rows, totals
        return model.columns(options), rows, {} if shards > 1 else None   # the reading ends early: how early, the model does not say


def read_results(text):
    rows = []
    for row in csv.reader(text.splitlines()):
        if row[0].startswith('END '):
            yield rows, {k: int(v) for k, v in (pair.split('=') for pair in row[0].split()[1:])}
            rows = []
        else:
            rows.append(row)


def compare(names, want, totals, got, account):
    """What differs, or nothing."""
    if len(got) != len(want):
        return '%d rows, the model has %d' % (len(got), len(want))
    for g, w in zip(got, want):
        for name, text, value in zip(names, g, w, strict=True):
            if not same(text, value):
                return 'id %s, %s: %s, the model has %s' % (g[0], name, text, value)
    if totals is None:
        packets = sum(int(g[names.index('bidirectional_packets')]) for g in got)
        if packets + account['given_up'] != account['metered']:
            return 'the account %s, and %d packets in rows' % (account, packets)
    else:
        for name, value in totals.items():
            if account[name] != value:
                return 'the account: %s %d, the model has %d' % (name, account[name], value)
    return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--captures', type=int, default=300)
    arguments.add_argument('--seed', type=int, default=random.SystemRandom().getrandbits(32))
    arguments.add_argument('--model', required=True, help='the path of model.py')
    arguments.add_argument('--keep', help='a directory for the captures, which then stay')
    arguments.add_argument('program', help='meter_dump')
    arguments = arguments.parse_args()

    spec = importlib.util.spec_from_file_location('model', arguments.model)
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)

    print('seed %d' % arguments.seed, flush=True)
    with tempfile.TemporaryDirectory() as directory:
        runs = Runs(model, Builder(random.Random(arguments.seed)), arguments.keep or directory)
        for number in range(arguments.captures):
            runs.add(number)
        done = subprocess.run([arguments.program], input='\n'.join(runs.lines), capture_output=True, text=True)
    if done.returncode:
        sys.exit('%s ended with %d\n%s' % (arguments.program, done.returncode, done.stderr))

    differences = rows = expired = 0
    for line, (names, want, totals), (got, account) in zip(runs.lines, runs.expected, read_results(done.stdout), strict=True):
        rows += len(got)
        expired += sum(row[1] == '1' for row in got)
        difference = compare(names, want, totals, got, account)
        if difference:
            differences += 1
            if differences <= 5:
                print('%s\n  %s' % (line, difference))
    print('%d captures, %d rows, %d of them cut by the active timeout, %d differences' % (len(runs.lines), rows, expired, differences))
    sys.exit(1 if differences or not rows else 0)


if __name__ == '__main__':
    main()
