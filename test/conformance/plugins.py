"""Plugins of a profile, its option udps: how each side is asked for them, and the model of what they do.

The model of the shared directory has no plugins. flow_slicer is added to its life of flows in both modes, so that whatever else
METERING.md's part one has otherwise than NFStream, as the order of rows and their ids, is told apart as in the other profiles: rows
and ids are the model's own mode's, and NFStream's where the two modes agree. What splt and wfeatures leave is computed here from the
packets that the model gives to each flow.
"""

import json
import math

CLASSES = {'flow_slicer': 'FlowSlicer', 'splt': 'SPLT'}  # of nfstream.plugins: wfeatures cannot be imported with its NumPy
# What wfeatures leaves is compared with this tolerance, by a check of its own.
FEATURES = ('p', 'u', 'sigma', 'S')


def listed(options):
    """The plugins of a profile's options: pairs of a name and its arguments."""
    found = json.loads(options.get('udps', '[]'))
    return [(plugin['plugin'], {k: v for k, v in plugin.items() if k != 'plugin'}) for plugin in found]


def option(*plugins):
    """The option udps of these plugins, each a name and its arguments."""
    return {'udps': json.dumps([{'plugin': name} | arguments for name, arguments in plugins])}


def by_hand(options):
    """The option as the program by hand takes it."""
    return '; '.join(' '.join([name, *('%s=%s' % pair for pair in arguments.items())]) for name, arguments in listed(options))


def for_peer(options):
    """The plugins as peer_run.py takes them: the names of classes with their arguments; None if NFStream has not all of them."""
    plugins = listed(options)
    if any(name not in CLASSES for name, _ in plugins):
        return None
    return [[CLASSES[name], arguments] for name, arguments in plugins]


def outputs(options):
    """The columns of what the plugins leave."""
    found = []
    for name, arguments in listed(options):
        if name == 'splt':
            found += ['udps.splt_direction', 'udps.splt_ps', 'udps.splt_piat_ms']
        if name == 'wfeatures':
            found += [
                'udps.%s_%s_k_%d' % (way, what, k) for way in 'fb' for what in FEATURES for k in range(arguments['levels'] + 1)
            ]
    return found


def is_feature(column):
    return column.startswith(('udps.f_', 'udps.b_'))


def slicing(meter):
    """The model's meter, with flows that end at their packet number opts['limit']; 0: at none."""

    class Slicing(meter):
        def take(self, packet):
            # Idle flows leave after the flow that a plugin has ended.
            last_scan, self.last_scan = self.last_scan, math.inf
            super().take(packet)
            self.last_scan = last_scan
            key = self.key(packet)
            if self.table[key].both.packets == self.opts.get('limit'):
                self.leave(key, -1)
            if self.clock - self.last_scan >= 10:
                self.last_scan = self.clock
                self.idle_out() if self.exact else self.scan()

    return Slicing


def limit(options):
    """After how many packets flows end; 0: never."""
    return next((arguments['limit'] for name, arguments in listed(options) if name == 'flow_slicer'), 0)


class Left:
    """What plugins leave in each flow of the model, which tells of its packets."""

    def __init__(self, options):
        self.plugins, self.flows = listed(options), {}
        self.rows = []  # in the order in which flows leave

    def keep(self, flow, packet):
        """A packet has joined a flow; None: the flow leaves."""
        if packet is None:
            self.rows.append(self.row(self.flows.pop(flow.number)[1]))
            return
        backs, packets = self.flows.get(flow.number, (0, []))
        packets.append((packet.ms, flow.back.packets - backs, packet.sizes))
        self.flows[flow.number] = flow.back.packets, packets

    def row(self, packets):
        values = []
        for name, arguments in self.plugins:
            if name == 'splt':
                values += sequences(packets, arguments['sequence_length'], arguments.get('accounting_mode', 0))
            if name == 'wfeatures':
                values += features(packets, arguments['active_timeout'], arguments['levels'])
        return values


def sequences(packets, length, accounting):
    shown = packets[:length]
    times = [packets[0][0], *(packet[0] for packet in shown)]
    lists = (
        [packet[1] for packet in shown],
        [packet[2][accounting] for packet in shown],
        [later - earlier for earlier, later in zip(times, times[1:])],
    )
    return [tuple(values + [-1] * (length - len(values))) for values in lists]


def features(packets, active_timeout, levels):
    """PLUGINS.md of the shared directory: an undecimated Haar transform of bytes in time, and four numbers of each row."""
    n = 2**levels
    bins = ([0.0] * n, [0.0] * n)
    for ms, back, sizes in packets[1:]:
        place = int((ms - packets[0][0]) // (active_timeout / n * 1000))
        if place < n:
            bins[back][place] += sizes[1]
    return [value for x in bins for value in of_list(x, levels)]


def of_list(x, levels):
    n, r, rows = len(x), math.sqrt(0.5), []
    if not any(x):
        return [0.0] * (3 * (levels + 1)) + [-0.0] * (levels + 1)
    for j in range(levels):
        s = 2**j
        rows.insert(0, [r * (x[i] - x[(i + s) % n]) for i in range(n)])
        x = [r * (x[i] + x[(i + s) % n]) for i in range(n)]
    rows.insert(0, x)
    energies = [sum(c * c for c in row) for row in rows]
    p = [energy / (sum(energies) + 1e-7) for energy in energies]
    u = [math.fsum(map(abs, row)) / n for row in rows]
    means = [math.fsum(row) / n for row in rows]
    sigma = [math.sqrt(sum((c - mean) ** 2 for c in row) / n) for row, mean in zip(rows, means)]
    s = []
    for row, energy in zip(rows, energies):
        q = [c * c / (energy + 1e-7) for c in row]
        s.append(-sum(v * math.log(v + 1e-7) for v in q))
    return p + u + sigma + s
