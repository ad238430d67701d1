#!/usr/bin/env python3
"""wfeatures_expected.py - writes wfeatures_expected.h: what NFStream's own WFPlugin leaves of some flows.

    wfeatures_expected.py .../site-packages/nfstream/plugins/wfeatures.py > wfeatures_expected.h

The file is that of NFStream 6.6.0's wheel, run as it stands, by a Python that has NumPy 1.26 and PyWavelets 1.8 (later ones
of NumPy it cannot be imported with, which is why it is run here once and not in the test); `make format` lays it out.
"""

import random
import sys
import types

HEAD = """/*
 * wfeatures_expected.h
 *	  What NFStream's own WFPlugin leaves of some flows: made by wfeatures_expected.py.
 */
#ifndef WFEATURES_EXPECTED_H
#define WFEATURES_EXPECTED_H

#include <stdint.h>

typedef struct ExpectedPacket
{
	uint64_t time; /* ms since the first */
	uint8_t	 direction;
	uint32_t ip_size;
} ExpectedPacket;

typedef struct ExpectedFlow
{
	int64_t				  active_timeout;
	int64_t				  levels;
	const ExpectedPacket *packets;
	size_t				  packet_count;
	const double		 *values; /* in the order of udps */
	size_t				  value_count;
} ExpectedFlow;
"""


class NFPlugin:
    def __init__(self, **arguments):
        self.__dict__.update(arguments)


def plugin_of(path):
    sys.modules['nfstream'] = types.SimpleNamespace(NFPlugin=NFPlugin)
    module = types.ModuleType('wfeatures')
    with open(path) as file:
        exec(compile(file.read(), path, 'exec'), module.__dict__)
    return module.WFPlugin


def values(plugin, packets):
    flow = types.SimpleNamespace(udps=types.SimpleNamespace())
    for number, (time, direction, ip_size) in enumerate(packets):
        packet = types.SimpleNamespace(time=1_600_000_000_000 + time, direction=direction, ip_size=ip_size)
        (plugin.on_update if number else plugin.on_init)(packet, flow)
    plugin.on_expire(flow)
    return vars(flow.udps)


def spread(seed, count, window, both=True):
    """Packets in bursts, up to the last millisecond of the window."""
    rng = random.Random(seed)
    times = sorted(rng.choice((rng.randrange(window), rng.randrange(window // 50 + 1))) for _ in range(count))
    return [(0, 0, 60), *((time, rng.randrange(2) if both else 1, rng.randrange(20, 1501)) for time in times), (window - 1, 0, 40)]


FLOWS = (
    # The shortest flow; nothing but its first packet.
    (10, 1, [(0, 0, 1500)]),
    (10, 1, [(0, 0, 1500), (1, 0, 100), (4999, 1, 200), (5000, 1, 300), (9999, 0, 70000)]),
    # Bins of 1 s: a packet at each end of one.
    (4, 2, [(0, 0, 60), (999, 0, 10), (1000, 0, 100), (1999, 1, 1000), (2000, 1, 20), (3999, 1, 7)]),
    (8, 3, spread(3, 6, 8000)),
    # Bins that are no whole number of milliseconds.
    (7, 4, spread(4, 30, 7000)),
    (1800, 5, spread(5, 40, 1_800_000)),
    (120, 6, spread(6, 300, 120_000, both=False)),
    (1800, 10, spread(7, 120, 1_800_000)),
    # Bins shorter than a millisecond.
    (1, 12, spread(8, 50, 1000)),
)


def main():
    plugin_class = plugin_of(sys.argv[1])
    out = [HEAD]
    rows = []
    for number, (active_timeout, levels, packets) in enumerate(FLOWS):
        found = values(plugin_class(active_timeout=active_timeout, levels=levels), packets)
        names = ['%s_%s_k_%d' % (way, what, k) for way in 'fb' for what in ('p', 'u', 'sigma', 'S') for k in range(levels + 1)]
        assert list(found) == names
        out.append('static const ExpectedPacket packets_%d[] = {' % number)
        out += [', '.join('{%d, %d, %d}' % packet for packet in packets), '};', '']
        out += ['static const double values_%d[] = {' % number, ', '.join(repr(float(v)) for v in found.values()), '};', '']
        rows.append(
            '\t{%d, %d, packets_%d, %d, values_%d, %d},' % (active_timeout, levels, number, len(packets), number, len(found))
        )
    out += ['static const ExpectedFlow expected_flows[] = {', *rows, '};', '', '#endif /* WFEATURES_EXPECTED_H */']
    print('\n'.join(out))


if __name__ == '__main__':
    main()
