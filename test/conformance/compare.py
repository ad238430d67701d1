"""What differs between two tables, told so that it can be read: the first row and column, and how many rows."""

from collections import Counter


def show(value):
    if value is None:
        return 'nothing'
    return repr(value if len(value) <= 120 else value[:117] + '...')


def some(names):
    return ', '.join(names[:3]) + (' … (%d)' % len(names) if len(names) > 3 else '') or 'none'


def of_columns(expected, got):
    if expected.columns == got.columns:
        return None
    missing = [name for name in expected.columns if name not in got.columns]
    surplus = [name for name in got.columns if name not in expected.columns]
    if not missing and not surplus:
        return 'columns: in another order'
    return 'columns: missing %s; unexpected %s' % (some(missing), some(surplus))


def of_rows(columns, expected, got):
    for column, e, g in zip(columns, expected, got):
        if e != g:
            return 'column %s: expected %s, got %s' % (column, show(e), show(g))
    return 'no column'


def in_order(expected, got):
    """None if the tables are equal, row by row; else what differs."""
    told = of_columns(expected, got)
    if told:
        return told
    differing = [i for i, (e, g) in enumerate(zip(expected.rows, got.rows)) if e != g]
    told = []
    if differing:
        first = differing[0]
        one = of_rows(expected.columns, expected.rows[first], got.rows[first])
        told.append('row %d, %s; %d of %d rows differ' % (first, one, len(differing), len(expected.rows)))
    if len(expected.rows) != len(got.rows):
        told.append('%d rows expected, %d got' % (len(expected.rows), len(got.rows)))
    return '; '.join(told) or None


def as_bags(columns, expected, got):
    """None if two bags of rows are equal whatever their order; else what differs.

    An absent row is shown beside the unexpected one that is most like it.
    """
    expected, got = Counter(expected), Counter(got)
    absent, surplus = list((expected - got).elements()), list((got - expected).elements())
    if not absent and not surplus:
        return None
    told = '%d rows absent, %d unexpected' % (len(absent), len(surplus))
    if absent and surplus:
        row = absent[0]
        like = max(surplus, key=lambda other: sum(a == b for a, b in zip(row, other)))
        return '%s: for one, %s' % (told, of_rows(columns, row, like))
    return '%s: for one, %s' % (told, ' '.join(show(v) for v in (absent or surplus)[0][:10]))


def less_departures(columns, reference, model_peer, model_ours, got):
    """None if the rows are the peer's less what the model's two modes have differently; else what differs.

    All are rows without ids, as bags. Rows that only the model's peer mode has leave the reference, those that only its
    own mode has join it. A reference that lacks a row that is to leave is not what the model takes the peer for.
    """
    reference, peer, ours = Counter(reference), Counter(model_peer), Counter(model_ours)
    leave, join = peer - ours, ours - peer
    if leave - reference:
        return "the peer's rows are not what the model takes them for"
    return as_bags(columns, reference - leave + join, got)
