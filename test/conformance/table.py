"""Rows as every side of a comparison holds them: named columns, values as text in one form, None where absent."""

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from sys import intern

from plugins import is_feature

LABELS = (
    'application_name',
    'application_category_name',
    'application_is_guessed',
    'application_confidence',
    'requested_server_name',
    'client_fingerprint',
    'server_fingerprint',
    'user_agent',
    'content_type',
)
# As labels.c calls what application_name and application_protocol are by default.
NAMES_APART = ('application', 'application_protocol')
ABSENT = r'\N'
LIST_FORM = str.maketrans('{}', '[]', ' ')  # from the server's or Python's to JSON's


@dataclass
class Table:
    columns: tuple = ()
    rows: list = field(default_factory=list)

    def has(self, names):
        return all(name in self.columns for name in names)

    def only(self, names):
        """The same rows with these columns only, in this order."""
        at = [self.columns.index(name) for name in names]
        return Table(tuple(names), [tuple(row[i] for i in at) for row in self.rows])

    def without(self, names):
        return self.only([name for name in self.columns if name not in names])


def plain(value):
    """Interned: most values of a capture's rows are the same few."""
    return None if value is None or value == ABSENT else intern(str(value))


def number(value):
    try:
        return intern(repr(float(value)))
    except (TypeError, ValueError):
        return plain(value)


def array(value):
    if isinstance(value, (tuple, list)):
        return '[' + ','.join(map(str, value)) + ']'
    return None if value is None or value == ABSENT else value.translate(LIST_FORM)


def canonical(column):
    """What brings a column's values, text or Python's, to the one form: shortest round-trip floats, lists as JSON without
    blanks.
    """
    if '_mean_' in column or '_stddev_' in column or is_feature(column):
        return number
    return array if column.removeprefix('udps.').startswith('splt_') else plain


def from_values(columns, rows):
    forms = [canonical(column) for column in columns]
    return Table(tuple(columns), [tuple(form(value) for form, value in zip(forms, row)) for row in rows])


def from_csv(data):
    """A table from the bytes of a CSV file with a header.

    Bytes that are not UTF-8 are left out, as METERING.md section 11 says of labels.
    """
    lines = csv.reader(io.StringIO(data.decode('utf-8', 'ignore'), newline=''))
    columns = tuple(next(lines, ()))
    return from_values(columns, lines)


def with_plugins_apart(table, names):
    """The same table, with a column of each value that plugins left, under these names, in the place of udps."""
    if 'udps' not in table.columns:
        return table
    found = table.without(['udps'])
    rows = []
    for row, (udps,) in zip(found.rows, table.only(['udps']).rows):
        left = json.loads(udps or '{}')
        if ['udps.' + name for name in left] != list(names):
            raise ValueError('udps has %s where %s is expected' % (', '.join(left) or 'nothing', ', '.join(names) or 'nothing'))
        rows.append((*row, *left.values()))
    return from_values((*found.columns, *names), rows)


def from_csv_file(path):
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        return from_csv(file.read())
