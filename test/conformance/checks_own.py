"""The checks in which one thing of the product is held against another, or against capinfos.

Any number of meters, the account of packets, the program by hand, and what must hold in any row.
"""

import captures
import compare
import product
import properties
from report import Group
from table import LABELS, Table

METERS = (1, 2, 3, 8)
MANY = METERS[-1]
METERS_OF_EVERY_PROFILE = (2, MANY)
# In how many rows of data/pcaps with 8 meters: those that nDPI labels from its caches across hosts.
LABELS_THAT_MAY_DIFFER = 5
OVERLAP = 'packets are older than packets before them'
SUMS = ('bidirectional_packets', 'bidirectional_bytes')


def any_number_of_meters(run, profile):
    """(d) the same output, byte for byte and labels aside, from 1, 2, 3 and 8 meters; and as many start."""
    group, one, differ = Group('meters 1, 2, 3 and 8, %s' % profile.name), run.flows(profile), 0
    # A scan that ends in an error does not wait for its workers: the next one might not find enough free slots.
    sound = [capture for capture in one if not one[capture].errors]
    queries = [product.with_meters(meters, product.ALL_COLUMNS) for meters in METERS[1:]]
    for capture, answers in run.product.ask(list(one), profile.options, queries).items():
        for meters, answer in zip(METERS[1:], answers):
            many = answer.outcome()
            told = compare.of_columns(one[capture].table, many.table) or other_output(one[capture], many)
            group.judge('%s, %d meters' % (capture.name, meters), told)
        if capture.collection == 'pcaps':
            differ += other_labels(one[capture].table, many.table)
    shared = any(capture.collection == 'pcaps' for capture in one)
    if shared:
        group.note("labels that differ from one meter's with %d meters: of %d rows of data/pcaps" % (MANY, differ))
        told = '%d rows differ, at most %d may' % (differ, LABELS_THAT_MAY_DIFFER)
        group.judge('labels', told if differ > LABELS_THAT_MAY_DIFFER else None)
    queries, all_shards = [product.with_meters(meters, product.ACCOUNT) for meters in METERS], 0
    for capture, answers in run.product.ask(sound, profile.options, queries).items():
        for meters, answer in zip(METERS, answers):
            plan = answer.plan()
            group.judge('%s, %d meters' % (capture.name, meters), wrong_start(plan, meters))
        all_shards += isinstance(plan, dict) and all(map(int, plan.get(product.FLOWS_OF_METERS, '0')))
    group.note('every shard of %d has rows in %d captures' % (MANY, all_shards))
    if shared:
        told = 'in no capture has every shard of %d rows, as far as EXPLAIN tells' % MANY
        group.judge('shards', None if all_shards else told)
    return group


def meters_without_labels(run, profile):
    """(d) in the other profiles: the same output, labels aside, from 1, 2 and 8 meters."""
    group = Group('meters 1, 2 and 8, %s' % profile.name)
    for capture, asked in run.everything(profile).items():
        for meters, many in asked.of_meters.items():
            group.judge('%s, %d meters' % (capture.name, meters), other_output(asked.flows, many))
    return group


def other_output(one, many):
    """What several meters' output has otherwise than one's, labels aside; None if it is the same."""
    said, one_said = many.errors + many.warnings, one.errors + one.warnings
    if said != one_said:
        return 'says %s, one meter says %s' % ('; '.join(said) or 'nothing', '; '.join(one_said) or 'nothing')
    if one.raw == many.raw:
        return None
    told = compare.in_order(one.table.without(LABELS), many.table.without(LABELS))
    if not told and one.table.columns == many.table.columns and not other_labels(one.table, many.table):
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
    """(e) packets read are capinfos' count, or where that differs tcpdump's; metered, ignored and filtered are all of them.

    Metered are the packets of all rows, and the model's; the bytes of all rows are the model's, or capinfos'.
    """
    group, outcomes = Group('account, %s' % profile.name), run.flows(profile)
    counted = captures.capinfos(list(outcomes))
    references = run.references(profile) if run.shared else {}
    packets = size = 0
    for capture, asked in run.everything(profile).items():
        known, outcome, plan = counted[capture], asked.flows, asked.plan
        if outcome.errors:
            told = 'an error, but capinfos counts %d packets' % known.packets if known.packets else None
            if told and references and references[capture].refused:
                told = None
        elif not outcome.table.has(SUMS):
            told = 'no rows to add up'
        elif not isinstance(plan, dict):
            told = plan
        else:
            sums = [sum(map(int, column)) for column in zip(*outcome.table.only(SUMS).rows)] or [0, 0]
            packets, size = packets + sums[0], size + sums[1]
            judged = (references.get(capture), outcome, profile)
            told = wrong_account(Account(plan, *sums), known, *judged)
            if told and not wrong_account(Account(plan, *sums), captures.tcpdump(capture), *judged):
                group.note('%s: not as capinfos has it, but as tcpdump' % capture.name)
                told = None
        group.judge(capture, told)
    group.note('%d packets of %d bytes in rows' % (packets, size))
    return group


class Account:
    """What EXPLAIN tells of a scan, and what its rows add up to."""

    def __init__(self, plan, packets, size):
        self.read, self.metered, self.filtered, self.given_up = (
            int(plan[key])
            for key in (
                product.PACKETS_READ,
                product.PACKETS_METERED,
                product.PACKETS_FILTERED,
                product.PACKETS_GIVEN_UP,
            )
        )
        self.ignored = sum(plan[product.IGNORED].values())
        self.packets, self.bytes = packets, size


def wrong_account(found, known, reference, outcome, profile):
    """`known`: capinfos' counts; `reference`: the model's, or None. What is wrong, or None."""
    if known.packets is None:
        return 'no error, but capinfos cannot read the file'
    told = []
    # max_nflows may end the reading early.
    whole = 'max_nflows' not in profile.options
    if found.read != known.packets if whole else found.read > known.packets:
        told.append('%d packets read, capinfos counts %d' % (found.read, known.packets))
    if found.metered + found.ignored + found.filtered != found.read:
        told.append(
            '%d metered + %d ignored + %d filtered are not %d read'
            % (found.metered, found.ignored, found.filtered, found.read)
        )
    if found.metered != found.packets + found.given_up or whole and found.given_up:
        told.append('%d metered, but %d in the rows and %d given up' % (found.metered, found.packets, found.given_up))
    if reference and whole and (reference.metered, reference.ignored) != (found.metered, found.ignored):
        told.append(
            'the model meters %d and ignores %d, here it is %d and %d'
            % (reference.metered, reference.ignored, found.metered, found.ignored)
        )
    if reference and whole and reference.bytes != found.bytes:
        told.append("%d bytes in the rows, %d in the model's packets" % (found.bytes, reference.bytes))
    if profile.options.get('accounting_mode', '0') == '0' and known.bytes is not None:
        if found.bytes > known.bytes or found.packets == known.packets and found.bytes != known.bytes:
            told.append('%d bytes in the rows, capinfos counts %d' % (found.bytes, known.bytes))
    # That files overlap is said too, and is nothing that capinfos has against any of them.
    damages = [warning for warning in outcome.warnings if OVERLAP not in warning]
    if whole and known.damaged != bool(damages):
        told.append(
            'capinfos %s the file, but there is %s'
            % (('complains of', 'no WARNING') if known.damaged else ('has nothing against', damages[0]))
        )
    return '; '.join(told) or None


def any_row(run, profile):
    """(k) what must hold in any row: sums, bounds, SPLT."""
    group, count = Group('properties of rows, %s' % profile.name), 0
    for capture, outcome in run.flows(profile).items():
        if outcome.table.columns:
            group.judge(capture, properties.broken(outcome.table))
            count += len(outcome.table.rows)
    group.note('%d rows' % count)
    return group


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
