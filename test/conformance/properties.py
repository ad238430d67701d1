"""What must hold in any row, whatever the capture: sums, bounds, and that SPLT tells of the same packets as the counters."""

import itertools
import json
import math
import statistics

SIDES = ('bidirectional', 'src2dst', 'dst2src')
FLAGS = ('syn', 'cwr', 'ece', 'urg', 'ack', 'psh', 'rst', 'fin')
COUNTERS = ('packets', 'bytes')
TIMES = ('first_seen_ms', 'last_seen_ms', 'duration_ms')
KINDS = ('ps', 'piat_ms')  # of packet statistics
OF_KIND = ('min', 'mean', 'stddev', 'max')
SPLT = ('splt_direction', 'splt_ps', 'splt_piat_ms')


class Side:
    """The columns of one direction, or of both together, in one row."""

    def __init__(self, row, has_statistics):
        self.first, self.last, self.duration, self.packets, self.bytes = map(int, row[:5])
        self.statistics = {}
        if has_statistics:
            for number, kind in enumerate(KINDS):
                least, mean, deviation, greatest = row[5 + 4 * number : 9 + 4 * number]
                self.statistics[kind] = (int(least), float(mean), float(deviation), int(greatest))
        self.flags = list(map(int, row[13:]))


def column_names(has_statistics):
    """For each direction, the columns that a Side is made of."""
    names = [
        [*('%s_%s' % (side, name) for name in TIMES), *('%s_%s' % (side, name) for name in COUNTERS)] for side in SIDES
    ]
    if has_statistics:
        for side, found in zip(SIDES, names):
            found += ['%s_%s_%s' % (side, name, kind) for kind in KINDS for name in OF_KIND]
            found += ['%s_%s_packets' % (side, flag) for flag in FLAGS]
    return names


def broken(table):
    """The first row in which something does not hold, and what; None if all is well."""
    has_statistics = table.has(('bidirectional_min_ps',))
    has_splt = table.has(SPLT)
    names = column_names(has_statistics)
    width = len(names[0])
    wanted = sum(names, []) + list(SPLT if has_splt else ())
    for number, row in enumerate(table.only(wanted).rows):
        sides = [Side(row[at * width : (at + 1) * width], has_statistics) for at in range(3)]
        told = of_sides(*sides) or next(filter(None, map(of_statistics, sides)), None)
        if not told and has_splt:
            told = of_splt(sides, *map(json.loads, row[-3:]))
        if told:
            return 'row %d: %s' % (number, told)
    return None


def of_sides(both, out, back):
    """The two directions make up the flow."""
    if not out.packets:
        return 'no packet from source to destination, not even the first'
    if out.packets + back.packets != both.packets:
        return 'src2dst and dst2src packets are not the bidirectional ones'
    if out.bytes + back.bytes != both.bytes:
        return 'src2dst and dst2src bytes are not the bidirectional ones'
    if [a + b for a, b in zip(out.flags, back.flags)] != both.flags:
        return 'src2dst and dst2src flags are not the bidirectional ones'
    directions = [side for side in (out, back) if side.packets]
    if both.first != out.first or both.last != max(side.last for side in directions):
        return 'first or last seen are no packet of a direction'
    if not back.packets and (back.first or back.last or back.bytes):
        return 'values of a direction without packets'
    for side in (both, *directions):
        if side.last < side.first or side.duration != side.last - side.first:
            return 'a duration that is not from the first to the last packet'
        if any(count > side.packets for count in side.flags):
            return 'more packets with a flag than packets'
    return None


def of_statistics(side):
    """The bounds of a direction's sizes and inter-arrival times, and what they say of its sums."""
    for kind, (least, mean, deviation, greatest) in side.statistics.items():
        count, total = (side.packets, side.bytes) if kind == 'ps' else (side.packets - 1, side.duration)
        if count < 1:
            if (least, mean, deviation, greatest) != (0, 0, 0, 0):
                return '%s of no values' % kind
            continue
        if not least <= mean <= greatest:
            return 'min %s, mean %s, max %s of %s are out of order' % (least, mean, greatest, kind)
        most = (greatest - least) / 2 * math.sqrt(count / (count - 1)) if count > 1 else 0
        if not 0 <= deviation <= most * (1 + 1e-9):
            return 'standard deviation %s of %s does not go with min %s and max %s' % (deviation, kind, least, greatest)
        if not math.isclose(mean * count, total, rel_tol=1e-9):
            return 'mean %s of %d %s does not add up to %d' % (mean, count, kind, total)
    return None


def of_splt(sides, directions, sizes, gaps):
    """The first packets, of which there are as many as the lists are long, or all."""
    both, out, back = sides
    room = len(directions)
    shown = min(room, both.packets)
    if not room == len(sizes) == len(gaps):
        return 'SPLT lists of different lengths'
    if any(values[shown:] != [-1] * (room - shown) or min(values[:shown]) < 0 for values in (directions, sizes, gaps)):
        return 'SPLT has not %d entries and then -1' % shown
    if directions[0] != 0 or gaps[0] != 0 or max(directions[:shown]) > 1:
        return 'SPLT begins with direction %d and time %d' % (directions[0], gaps[0])
    packets = list(zip(directions, sizes, gaps))[:shown]
    of_side = [packets, [p for p in packets if p[0] == 0], [p for p in packets if p[0] == 1]]
    for side, found in zip(sides, of_side):
        size = sum(packet[1] for packet in found)
        if len(found) > side.packets or size > side.bytes:
            return 'SPLT has more packets or bytes than the flow'
        if shown == both.packets and (len(found), size) != (side.packets, side.bytes):
            return 'SPLT has %d packets of %d bytes, the counters %d of %d' % (
                len(found), size, side.packets, side.bytes,
            )
    if sum(gaps[:shown]) > both.duration or shown == both.packets and sum(gaps[:shown]) != both.duration:
        return "SPLT's times are not the flow's duration"
    if shown == both.packets and both.statistics:
        return of_recomputed(sides, of_side)
    return None


def of_recomputed(sides, of_side):
    """The packet statistics, computed again from an SPLT that has all packets."""
    moments = list(itertools.accumulate(packet[2] for packet in of_side[0]))
    for direction, (side, packets) in enumerate(zip(sides, of_side), -1):
        of_these = [t for t, packet in zip(moments, of_side[0]) if direction in (-1, packet[0])]
        values = {
            'ps': [packet[1] for packet in packets],
            'piat_ms': [later - earlier for earlier, later in itertools.pairwise(of_these)],
        }
        for kind, found in values.items():
            again = (min(found), statistics.fmean(found), deviation(found), max(found)) if found else (0, 0, 0, 0)
            if not all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in zip(again, side.statistics[kind])):
                return '%s is %s, of SPLT %s' % (kind, side.statistics[kind], again)
    return None


def deviation(values):
    return statistics.stdev(values) if len(values) > 1 else 0
