"""Captures as one source with separate_files: the rows that the model gives of each by itself, and their labels alone."""

import compare
import product
from captures import Capture
from report import Group
from table import LABELS, Table

METERS = (1, 3, 8)
# How many captures make one source.
TOGETHER = 60


def same_as_alone(run, profile):
    """(m) each capture's rows are the model's, and with their labels what it gives alone; ids count on from file to file."""
    group, alone = Group('files apart, %s' % profile.name), run.flows(profile)
    references = run.references(profile) if run.shared else {}
    one_file = [capture for capture in alone if len(capture.paths) == 1]
    batches = [one_file[start : start + TOGETHER] for start in range(0, len(one_file), TOGETHER)]
    sources = {
        Capture('batch %d' % number, tuple(capture.paths[0] for capture in batch), 'apart'): batch
        for number, batch in enumerate(batches)
    }
    queries = [product.with_meters(meters, product.ALL_COLUMNS) for meters in METERS]
    count = 0
    for source, answers in run.product.ask(list(sources), profile.options | {'separate_files': 'true'}, queries).items():
        for meters, answer in zip(METERS, answers):
            outcome, at = answer.outcome(), 0
            if outcome.errors:
                group.judge('%s, %d meters' % (source.name, meters), outcome.errors[0])
                continue
            for capture in sources[source]:
                rows = len(alone[capture].table.rows)
                told = differs(alone[capture], references.get(capture), outcome.table, at, rows)
                group.judge('%s, %d meters' % (capture.name, meters), told)
                at += rows
            count += at
            group.judge(
                '%s, %d meters' % (source.name, meters),
                None if at == len(outcome.table.rows) else '%d rows, alone they are %d' % (len(outcome.table.rows), at),
            )
    group.note('%d rows' % count)
    return group


def differs(alone, reference, table, at, count):
    """What `count` rows from row `at` on have otherwise than the capture alone and the model; None if nothing."""
    if not count and not (reference and reference.ours and reference.ours.rows):
        return None
    found = Table(table.columns, numbered(table, table.rows[at : at + count], -at))
    told = compare.in_order(alone.table, found)
    if not told and reference and not reference.refused:
        told = compare.in_order(reference.ours, found.without(LABELS))
    return told


def numbered(table, rows, offset):
    """Rows with their ids moved."""
    at = table.columns.index('id')
    return [row[:at] + (str(int(row[at]) + offset),) + row[at + 1 :] for row in rows]
