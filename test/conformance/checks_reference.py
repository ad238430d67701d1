"""The checks that need a reference from outside.

The model's rows, the peer's, nDPI's labels, NFStream's golden labels, ndpiReader.
"""

import math
import os

import compare
import ndpireader
import peer
import plugins
import reference
from report import Group
from table import LABELS, NAMES_APART, Table, from_csv_file

ASIDE = ('id', *LABELS)
# How many of the rows that are flows of their own for ndpiReader, and that it names, have the same application.
NDPIREADER_FLOOR = 0.99
NEAR = 1e-9


def refusal(found, outcome):
    """For a file that the model refuses: None if the product says so with an error, else what is wrong.

    '' for any other file.
    """
    if not found.refused:
        return ''
    if outcome.errors and not outcome.table.rows:
        return None
    return 'no error, but the model refuses the file: ' + found.refused


def rows(run, profile):
    """(a) every row and id, without labels, in order: the model's."""
    group, count = Group('rows and ids, %s' % profile.name), 0
    references, outcomes = run.references(profile), run.flows(profile)
    for capture, found in references.items():
        outcome = outcomes[capture]
        told = refusal(found, outcome)
        if told == '':
            features = [name for name in found.ours.columns if plugins.is_feature(name)]
            wanted, got = found.ours.without(features), outcome.table.without((*LABELS, *features))
            left = tuple(plugins.outputs(profile.options))
            expected_columns = found.ours.columns[: len(found.ours.columns) - len(left)]
            expected_columns += (LABELS if profile.dissections else ()) + left
            count += len(wanted.rows)
            if outcome.errors:
                told = outcome.errors[0]
            elif outcome.table.columns != expected_columns:
                told = compare.of_columns(Table(expected_columns), outcome.table)
            else:
                told = compare.in_order(wanted, got)
        group.judge(capture, told)
    group.note('%d rows' % count)
    return group


def features(run, profile):
    """(n) what wfeatures leaves: its formulas, to 1e-9."""
    group, count = Group('wavelet features, %s' % profile.name), 0
    references, outcomes = run.references(profile), run.flows(profile)
    names = plugins.outputs(profile.options)
    for capture, found in references.items():
        outcome = outcomes[capture]
        told = refusal(found, outcome)
        if told == '':
            wanted, got = found.ours.only(names).rows, outcome.table.only(names).rows if outcome.table.rows else []
            told = None if len(wanted) == len(got) else '%d rows expected, %d got' % (len(wanted), len(got))
            for number, (these, those) in enumerate(zip(wanted, got)):
                for name, expected, value in zip(names, map(float, these), map(float, those)):
                    if not math.isclose(expected, value, rel_tol=NEAR, abs_tol=NEAR):
                        told = told or 'row %d, column %s: expected %r, got %r' % (number, name, expected, value)
            count += len(got)
        group.judge(capture, told)
    group.note('%d rows of %d values' % (count, len(names)))
    return group


def against_peer(group, found, stored, outcome, capture):
    """Judges one capture by the peer's rows, a table. `found`: the model's reference, None where there is no model."""
    told = refusal(found, outcome) if found else ''
    if told != '':
        group.judge(capture, told)
        return
    columns = [name for name in outcome.table.columns if name not in ASIDE]
    if stored.rows and tuple(columns) != tuple(name for name in stored.columns if name not in ASIDE):
        group.judge(capture, compare.of_columns(stored.without(ASIDE), outcome.table.without(ASIDE)))
        return
    got, theirs = outcome.table.only(columns).rows, stored.only(columns).rows if stored.rows else []
    with_id = ['id', *columns]
    if not found or found.peer.rows == found.ours.rows:
        group.ordered += 1
        told = compare.as_bags(columns, theirs, got)
        if stored.rows:
            told = compare.in_order(stored.only(with_id), outcome.table.only(with_id))
    else:
        ours, peers = found.ours.without(ASIDE).rows, found.peer.without(ASIDE).rows
        if compare.as_bags(columns, peers, ours):
            group.departed += 1
        else:
            group.reordered += 1
        told = compare.as_bags(columns, theirs, got) and compare.less_departures(columns, theirs, peers, ours, got)
    group.judge(capture, told)
    group.rows += len(theirs)


def peer_group(name):
    group = Group(name)
    group.rows = group.ordered = group.reordered = group.departed = 0
    return group


def tell_of_peer(group):
    group.note(
        '%d rows of the peer; %d captures with ids and order, %d whatever the order, '
        '%d less the departures that the model knows' % (group.rows, group.ordered, group.reordered, group.departed)
    )
    return group


def stored_rows(run, profile):
    """(b) the peer's stored rows, labels aside."""
    group = peer_group("NFStream %s's stored rows, %s" % (peer.VERSION, profile.name))
    references, outcomes = run.references(profile), run.flows(profile)
    for capture, found in references.items():
        stored = reference.stored(run.shared, capture, profile)
        if stored is not None:
            against_peer(group, found, stored, outcomes[capture], capture)
    return tell_of_peer(group)


def live_peer(run, profile):
    """(f) NFStream itself, labels aside, on the captures of which no rows of it are stored.

    Without a model, what differs may be a departure that METERING.md wants: such a capture is not judged.
    """
    group = peer_group('NFStream %s itself, %s' % (peer.VERSION, profile.name))
    outcomes, unjudged = run.flows(profile), []
    references = run.references(profile) if run.shared else {}
    theirs_to_ask = [capture for capture in outcomes if capture.collection in peer.COLLECTIONS]
    for capture, theirs in peer.flows(run.build, theirs_to_ask, profile.options).items():
        found, outcome = references.get(capture), outcomes[capture]
        if theirs.table is None:
            told = None if not outcome.table.rows else 'NFStream refuses the file: ' + theirs.refused
            group.judge(capture, told)
        elif found:
            against_peer(group, found, theirs.table, outcome, capture)
        else:
            trial = peer_group('')
            against_peer(trial, None, theirs.table, outcome, capture)
            if trial.failures:
                unjudged.append(capture.name)
            else:
                group.passed, group.ordered, group.rows = group.passed + 1, group.ordered + 1, group.rows + trial.rows
    tell_of_peer(group)
    if unjudged:
        names = ', '.join(unjudged)
        group.note('%d captures with other rows, not judged for want of the model: %s' % (len(unjudged), names))
    return group


def labels(run, profile):
    """(c) the nine labels of every row, with one meter: labels.c with the same nDPI."""
    group, count = Group('labels, %s' % profile.name), 0
    references, outcomes = run.references(profile), run.flows(profile)
    for capture, found in references.items():
        if found.labels is None:
            continue
        columns, got = ('id', *LABELS), outcomes[capture].table
        if got.has(columns):
            told = compare.in_order(found.labels.only(columns), got.only(columns))
        else:
            told = '; '.join(outcomes[capture].errors) or 'label columns are missing'
        group.judge(capture, told)
        count += len(found.labels.rows)
    group.note('%d rows, each with nine labels' % count)
    return group


def names_apart(run, profile):
    """(l) application and protocol of every row, each by itself: labels.c with the same nDPI."""
    group, count = Group('applications and what carries them, %s' % profile.name), 0
    columns = ('id', *NAMES_APART)
    asked = {capture: found for capture, found in run.references(profile).items() if found.labels is not None}
    for capture, outcome in run.product.names_apart(list(asked), profile.options).items():
        wanted = asked[capture].labels.only(columns)
        if outcome.errors:
            told = '; '.join(outcome.errors)
        else:
            told = compare.in_order(wanted, outcome.table.only(columns))
        group.judge(capture, told)
        count += len(wanted.rows)
    group.note('%d rows' % count)
    return group


def golden_labels(run, profile):
    """(h) NFStream's own golden files: of nDPI at commit 4bb85138 only.

    Golden rows are in the peer's order, so the model's peer mode says which row is which.
    """
    group, count, other = Group("NFStream's golden labels"), 0, 0
    references, outcomes = run.references(profile), run.flows(profile)
    for capture, found in references.items():
        path = os.path.join(run.shared, 'data', 'nfstream-goldens', capture.name + '.csv')
        if capture.collection != 'pcaps' or not os.path.exists(path):
            continue
        golden = from_csv_file(path)
        columns = [name for name in golden.columns if name != 'id']
        got = outcomes[capture].table
        if not got.has(columns):
            group.judge(capture, '; '.join(outcomes[capture].errors) or 'columns are missing')
            continue
        if len(golden.rows) != len(found.peer.rows):
            group.judge(capture, '%d golden rows, but the peer has %d' % (len(golden.rows), len(found.peer.rows)))
            continue
        wanted = dict(zip(found.peer.without(ASIDE).rows, golden.only(columns).rows))
        told, seen = [], 0
        for number, (row, values) in enumerate(zip(got.without(ASIDE).rows, got.only(columns).rows)):
            if row not in wanted:
                other += 1
                continue
            seen += 1
            if values != wanted[row]:
                told.append('row %d, %s' % (number, compare.of_rows(columns, wanted[row], values)))
        absent = len(set(wanted) & set(found.ours.without(ASIDE).rows)) - seen
        if absent:
            told.append('%d rows absent' % absent)
        group.judge(capture, '; '.join(told[:3]) + ('; %d rows differ' % len(told) if told else ''))
        count += seen
    group.note('%d rows; %d rows more that NFStream has otherwise (METERING.md part one)' % (count, other))
    return group


def ndpireader_applications(run, profile):
    """(g) a cross-check: the applications of ndpiReader, which lists only flows that it has a name for.

    It has no idle timeout of ours and no VLAN in its key, so that several rows may be one flow of it; some link layers
    and tunnels it does not decode. What it guesses of random flows is not asked.
    """
    group = Group("ndpiReader's applications")
    program = ndpireader.program(run.ndpi)
    if not program:
        group.note('not run: the nDPI under test has no ndpiReader')
        return group
    outcomes = {
        capture: outcome.table
        for capture, outcome in run.flows(profile).items()
        if outcome.table.has(ndpireader.COLUMNS) and capture.collection != 'random'
    }
    found = ndpireader.compared(program, outcomes, run.build)
    path = os.path.join(run.build, 'ndpireader.txt')
    with open(path, 'w') as file:
        for kind in ndpireader.LISTED:
            file.writelines('%s: %s\n' % (kind, line) for line in found[kind])
    group.note(', '.join('%d %s' % (len(rows), kind) for kind, rows in found.items()))
    group.note('listed in ' + path)
    same, differ = len(found[ndpireader.SAME]), len(found[ndpireader.DIFFER])
    allowed = int((1 - NDPIREADER_FLOOR) * (same + differ))
    group.judge('all captures', None if differ <= allowed else '%d rows differ, at most %d may' % (differ, allowed))
    return group
