"""The bench's tables."""

import statistics
from dataclasses import dataclass
from typing import Callable


def table(contestants, compared=()):
    """A line each: median, least and greatest time, median of the processor time, memory, flows, and the median as a ratio to those that are compared with."""
    yield '%-44s %8s %17s %9s %8s %9s' % ('', 'seconds', 'least - greatest', 'processor', 'MB', 'flows') + \
        ''.join(' %13s' % ('/ ' + words) for _, words in compared)
    for one in contestants:
        yield '%-44s %8.3f %8.3f-%8.3f %9.3f %8s %9s' % (
            one.name, one.median(), min(one.times), max(one.times), statistics.median(one.processor), megabytes(one.memory), one.count) + \
            ''.join(' %13.3f' % (one.median() / other.median()) for other, _ in compared)


def megabytes(memory):
    return '%.1f' % (memory / 1e6) if memory else ''


@dataclass
class Bound:
    """What a contestant's median is held against: `limit` makes the greatest allowed value of the medians, by their names."""

    name: str
    words: str
    limit: Callable


def bounds(values, limits):
    """A line for each bound whose values are all there: `values` are medians by name, seconds."""
    yield '%-44s %9s   %-40s %9s' % ('', 'measured', 'bound', '')
    for bound in limits:
        try:
            value, limit = values[bound.name], bound.limit(values)
        except KeyError:
            continue
        yield '%-44s %9.3f   %-40s %9.3f   %s' % (
            bound.name, value, bound.words, limit, 'kept' if value <= limit else 'NOT KEPT')
