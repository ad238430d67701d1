#!/usr/bin/env python3
"""damage_model.py - the rows of a capture's first packets, by the model of the shared directory.

damage_model.py TOOLS STATISTICS SPLT [CAPTURE IDLE ACTIVE]...

For each capture with its timeouts, and for each number of packets from none to all: a line "= PACKETS", then a line for each
row, as COPY writes it, after the number of the packet at which its flow left and a colon; 0 if that was at the end.
"""

import importlib
import sys


def text(value):
    if isinstance(value, tuple):
        return '{%s}' % ','.join(map(str, value))
    return repr(value).removesuffix('.0') if isinstance(value, float) else str(value)


def rows_of_first(model, frames, options):
    """The rows of these first frames, each with the number of the frame at which its flow left."""
    meter = model.Meter(options, model.OURS)
    places = []
    for number, frame in enumerate(frames, 1):
        meter.take(model.Decoder(frame, options['decode_tunnels'], model.OURS).run())
        places += [number] * (len(meter.emitted) - len(places))
    meter.finish()
    places += [0] * (len(meter.emitted) - len(places))
    return [(place, flow.row(number)) for number, (place, flow) in enumerate(zip(places, meter.emitted))]


def main():
    tools, statistics, splt, *captures = sys.argv[1:]
    sys.path.insert(0, tools)
    model = importlib.import_module('model')
    for path, idle, active in zip(*[iter(captures)] * 3):
        options = dict(
            model.DEFAULTS,
            idle_timeout=int(idle),
            active_timeout=int(active),
            statistical_analysis=bool(int(statistics)),
            splt_analysis=int(splt),
        )
        frames = list(model.read_capture(path, model.OURS))
        for packets in range(len(frames) + 1):
            print('= %d' % packets)
            for place, row in rows_of_first(model, frames[:packets], options):
                print('%d:%s' % (place, '\t'.join(map(text, row))))


main()
