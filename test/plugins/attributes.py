#!/usr/bin/env python3
"""Tests, in TAP, of all attributes of flow and packet at each hook of a plugin in Python, against NFStream's.

Of two plugins: one that looks only, and one that writes over attributes; with what then stands in the row.

    attributes.py --program nfstream_meter_python              beside what NFStream 6.6.0 gave once: nfstream/attributes.json
    attributes.py --program ... [CAPTURE ...] --peer PYTHON    beside NFStream itself, which this Python has
    attributes.py --store --peer PYTHON                        writes that file anew

What is kept is a hash of all calls of a flow, in the flow's order. Captures are of the project's own if none are named.
"""

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
STORED = os.path.join(HERE, 'nfstream', 'attributes.json')
PLUGINS = ('attributes', 'writes')  # NAME_plugin.py
# Of a row, what is in it as NFStream and the meter print it.
ROW = 'expiration_id src_ip dst_ip src_mac dst_mac src_oui src_port dst_port protocol vlan_id bidirectional_packets'
ROW = (ROW + ' bidirectional_bytes bidirectional_first_seen_ms src2dst_first_seen_ms dst2src_first_seen_ms src2dst_min_ps').split()
PCAPS = os.path.join(os.path.dirname(HERE), 'pcaps')
CAPTURES = ('dhcp', 'http', 'icmp', 'ipv6', 'quic', 'tls', 'tunnel_gtp', 'ip_direction', 'ip6_extensions')
SETTINGS = ((0, 0), (3, 1), (1, 2), (5, 3))  # limit, accounting_mode
OPTIONS = ('--n_dissections=0', '--statistical_analysis', '--splt_analysis=5')

PEER = """
import json, sys
from nfstream import NFPlugin, NFStreamer
names = {'NFPlugin': NFPlugin}
exec(open(sys.argv[1]).read(), names)
plugin = names['Attributes'](limit=int(sys.argv[3]))
row = sys.argv[5].split()
flows = NFStreamer(source=sys.argv[2], n_meters=1, udps=plugin, n_dissections=0, statistical_analysis=True, splt_analysis=5,
                   accounting_mode=int(sys.argv[4]))
print(json.dumps([[*flow.udps.calls, [str(getattr(flow, name)) for name in row]] for flow in flows]))
"""


def digests(flows):
    return [hashlib.sha256(json.dumps(calls).encode()).hexdigest()[:16] for calls in flows]


def file_of(plugin):
    return os.path.join(HERE, plugin + '_plugin.py')


def of_peer(python, plugin, path, limit, mode):
    told = [python, '-I', '-c', PEER, file_of(plugin), path, str(limit), str(mode), ' '.join(ROW)]
    return digests(json.loads(subprocess.run(told, capture_output=True, check=True, timeout=300).stdout))


def of_meter(program, plugin, path, limit, mode):
    told = [program, '--udps', '%s limit=%d' % (file_of(plugin), limit), *OPTIONS, '--accounting_mode=%d' % mode, path]
    done = subprocess.run(told, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return [done.stderr]
    rows = csv.DictReader(done.stdout.splitlines(True))
    return digests([*json.loads(row['udps'])['calls'], [row[name] for name in ROW]] for row in rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--program')
    parser.add_argument('--peer')
    parser.add_argument('--store', action='store_true')
    parser.add_argument('captures', nargs='*')
    arguments = parser.parse_args()
    csv.field_size_limit(1 << 30)
    paths = arguments.captures or [os.path.join(PCAPS, name + '.pcap') for name in CAPTURES]
    cases = [(plugin, path, limit, mode) for plugin in PLUGINS for path in paths for limit, mode in SETTINGS]
    names = ['%s, %s, limit %d, accounting_mode %d' % (case[0], os.path.basename(case[1]), *case[2:]) for case in cases]
    if arguments.peer:
        theirs = dict(zip(names, (of_peer(arguments.peer, *case) for case in cases)))
    else:
        with open(STORED) as file:
            theirs = json.load(file)
    if arguments.store:
        with open(STORED, 'w') as file:
            json.dump(theirs, file, indent=0)
            file.write('\n')
        return 0
    failed = 0
    for number, (name, case) in enumerate(zip(names, cases), 1):
        ours = of_meter(arguments.program, *case)
        same = ours == theirs[name] and len(ours) > 0
        failed += not same
        print('%s %d - attributes at each hook are those of NFStream: %s, %d flows' % ('ok' if same else 'not ok', number, name, len(ours)))
        if not same:
            print('# theirs: %s\n# ours: %s' % (theirs[name][:8], ours[:8]))
    print('1..%d' % len(cases))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
