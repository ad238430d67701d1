"""The checks in which one thing of the product is held against another, or against capinfos.

Any number of meters, the account of packets, and the program by hand.
"""

import captures
import compare
import product
from report import Group
from table import LABELS, Table

METERS = (2, 3, 8)
MANY = METERS[-1]
# In how many rows of data/pcaps with 8 meters: those that nDPI labels from its caches across hosts.
LABELS_THAT_MAY_DIFFER = 5


def any_number_of_meters(run, profile):
    """(d) the same output, byte for byte and labels aside, from 1, 2, 3 and 8 meters; and as many start."""
    group, one = Group('meters 1, 2, 3 and 8, %s' % profile.name), run.flows(profile)
    found = list(one)
    shared = any(capture.collection == 'pcaps' for capture in found)
    for meters in METERS:
        many = run.product.flows(found, profile.options, meters)
        for capture in found:
            group.judge('%s, %d meters' % (capture.name, meters), other_output(one[capture], many[capture]))
    if shared:
        differ = sum(
            other_labels(one[capture].table, many[capture].table) for capture in found if capture.collection == 'pcaps'
        )
        group.note("labels that differ from one meter's with %d meters: of %d rows of data/pcaps" % (MANY, differ))
        told = '%d rows differ, at most %d may' % (differ, LABELS_THAT_MAY_DIFFER)
        group.judge('labels', told if differ > LABELS_THAT_MAY_DIFFER else None)
    # A scan that ends in an error does not wait for its workers: the next one might not find enough free slots.
    sound = [capture for capture in found if not one[capture].errors]
    for meters in (1, *METERS):
        plans = run.product.explain(sound, profile.options, meters, columns='id')
        for capture, plan in plans.items():
            group.judge('%s, %d meters' % (capture.name, meters), wrong_start(plan, meters))
    all_shards = sum(
        isinstance(plan, dict) and all(map(int, plan.get(product.FLOWS_OF_METERS, '0'))) for plan in plans.values()
    )
    group.note('every shard of %d has rows in %d captures' % (MANY, all_shards))
    if shared:
        told = 'in no capture has every shard of %d rows, as far as EXPLAIN tells' % MANY
        group.judge('shards', None if all_shards else told)
    return group


def other_output(one, many):
    """What several meters' output has otherwise than one's, labels aside; None if it is the same."""
    said, one_said = many.errors + many.warnings, one.errors + one.warnings
    if said != one_said:
        return 'says %s, one meter says %s' % ('; '.join(said) or 'nothing', '; '.join(one_said) or 'nothing')
    told = compare.of_columns(one.table, many.table)
    told = told or compare.in_order(one.table.without(LABELS), many.table.without(LABELS))
    if not told and one.raw != many.raw and not other_labels(one.table, many.table):
        return 'the same values, but other bytes'
    return told


def other_labels(one, many):
    """In how many rows a label differs."""
    labels = [name for name in LABELS if name in one.columns and name in many.columns]
    return sum(a != b for a, b in zip(one.only(labels).rows, many.only(labels).rows))


def wrong_start(plan, meters):
    if not isinstance(plan, dict):
        return plan
    started = plan.get(product.METERS_STARTED)
    return None if started == meters else '%s meters started, %d were asked for' % (started, meters)


def account(run, profile):
    """(e) packets read are capinfos' count; metered, ignored and filtered are all of them.

    Metered are the packets of all rows, and the model's.
    """
    group, outcomes = Group('account, %s' % profile.name), run.flows(profile)
    counted = captures.capinfos(list(outcomes))
    references = run.references(profile) if run.shared else {}
    packets = 0
    for capture, plan in run.product.explain(list(outcomes), profile.options, 1).items():
        count, damaged = counted[capture]
        if outcomes[capture].errors:
            group.judge(capture, 'an error, but capinfos counts %d packets' % count if count else None)
        elif not outcomes[capture].table.has(('bidirectional_packets',)):
            group.judge(capture, 'no rows to add up')
        elif count is None or not isinstance(plan, dict):
            group.judge(capture, plan if count is not None else 'no error, but capinfos cannot read the file')
        else:
            packets += count
            group.judge(capture, wrong_account(plan, count, outcomes[capture], references.get(capture), damaged))
    group.note('%d packets' % packets)
    return group


def wrong_account(plan, count, outcome, found, damaged):
    read, metered, filtered = (
        plan.get(key) for key in (product.PACKETS_READ, product.PACKETS_METERED, product.PACKETS_FILTERED)
    )
    ignored = sum(value for key, value in plan.items() if key.startswith(product.IGNORED))
    in_rows = sum(int(row[0]) for row in outcome.table.only(('bidirectional_packets',)).rows)
    if None in (read, metered, filtered):
        return 'EXPLAIN lacks %s, %s or %s' % (product.PACKETS_READ, product.PACKETS_METERED, product.PACKETS_FILTERED)
    told = []
    if read != count:
        told.append('%d packets read, capinfos counts %d' % (read, count))
    if metered + ignored + filtered != read:
        told.append('%d metered + %d ignored + %d filtered are not %d read' % (metered, ignored, filtered, read))
    if metered != in_rows:
        told.append('%d metered, but %d in the rows' % (metered, in_rows))
    if found and (found.metered, found.ignored) != (metered, ignored):
        told.append(
            'the model meters %d and ignores %d, here it is %d and %d'
            % (found.metered, found.ignored, metered, ignored)
        )
    if damaged != bool(outcome.warnings):
        told.append(
            'capinfos %s the file, but there is %s'
            % (('complains of', 'no WARNING') if damaged else ('has nothing against', outcome.warnings[0]))
        )
    return '; '.join(told) or None


def by_hand(run, profile):
    """The program by hand prints what SQL returns; by hand an absent value is an empty field."""
    group, by_sql = Group('by hand, %s' % profile.name), run.flows(profile)
    printed = product.ByHand(run.meter).flows(list(by_sql), profile.options)
    for capture, outcome in by_sql.items():
        program, complaints = printed[capture], outcome.errors + outcome.warnings
        if bool(complaints) != bool(program.errors + program.warnings):
            told = 'told of in one only: %s' % (complaints or program.errors + program.warnings)[0]
        elif outcome.errors:
            told = 'rows by hand, an error in SQL' if program.table.rows else None
        else:
            shown = [tuple('' if value is None else value for value in row) for row in outcome.table.rows]
            told = compare.in_order(Table(outcome.table.columns, shown), program.table)
        group.judge(capture, told)
    return group
