"""What ndpiReader, the program that comes with nDPI, calls each flow of a capture."""

import csv
import ipaddress
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

PACKETS = '20'  # as n_dissections
COLUMNS = ('src_ip', 'src_port', 'dst_ip', 'dst_port', 'protocol', 'id', 'application_name')

# What a row turns out to be, in the words of the report; what ndpiReader alone has is one of them.
SAME, UNKNOWN, JOINED, DIFFER, UNLISTED, THEIRS = (
    'rows with the same application',
    'unknown to both',
    'differ where ndpiReader joins several rows to one flow',
    'differ',
    'not in its list',
    'flows only in its list',
)
LISTED = (DIFFER, JOINED, UNLISTED, THEIRS)


def program(ndpi):
    """The ndpiReader of the nDPI under test, or None."""
    return shutil.which(os.path.join(ndpi, 'bin', 'ndpiReader') if ndpi else 'ndpiReader')


def endpoints(source, source_port, destination, destination_port, protocol):
    """What names a flow in both programs: its two ends in either order, and the protocol."""
    one = (ipaddress.ip_address(source), int(source_port))
    other = (ipaddress.ip_address(destination), int(destination_port))
    return frozenset((one, other)), int(protocol)


def flows(reader, captures, directory):
    """For each capture, the set of applications that ndpiReader gives to each pair of endpoints."""

    def one(numbered):
        number, capture = numbered
        output = os.path.join(directory, 'ndpireader.%d.csv' % number)
        found = {}
        for path in capture.paths:
            subprocess.run(
                [reader, '-q', '-t', '-T', PACKETS, '-U', PACKETS, '-C', output, '-i', path],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if not os.path.exists(output):
                continue
            with open(output, newline='', encoding='utf-8', errors='ignore') as file:
                for row in csv.DictReader(file):
                    key = endpoints(row['src_ip'], row['src_port'], row['dst_ip'], row['dst_port'], row['protocol'])
                    found.setdefault(key, set()).add(row['ndpi_proto'])
            os.unlink(output)
        return found

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(captures, threads.map(one, enumerate(captures))))


def compared(reader, tables, directory):
    """What each row turns out to be beside ndpiReader's flows: for each kind, a line for each row."""
    theirs = flows(reader, list(tables), directory)
    found = {kind: [] for kind in (SAME, UNKNOWN, JOINED, DIFFER, UNLISTED, THEIRS)}
    for capture, table in tables.items():
        rows_of = {}
        for row in table.only(COLUMNS).rows:
            rows_of.setdefault(endpoints(*row[:5]), []).append(row)
        for key, rows in rows_of.items():
            names = theirs[capture].get(key, set())
            for row in rows:
                line = '%s: row %s (%s:%s, %s:%s, protocol %s) is %s' % (capture.name, row[5], *row[:5], row[6])
                line += ', there ' + ' and '.join(sorted(names)) if names else ''
                found[kind_of(row[6], names, len(rows))].append(line)
        for ends, protocol in theirs[capture].keys() - rows_of.keys():
            between = ' and '.join(sorted('%s:%d' % end for end in ends))
            names = ', '.join(sorted(theirs[capture][ends, protocol]))
            found[THEIRS].append('%s: %s, protocol %d, is %s' % (capture.name, between, protocol, names))
    return found


def kind_of(application, names, rows):
    """`names`: what ndpiReader calls the flows of the same endpoints; `rows`: how many of ours they are."""
    if application in names:
        return SAME
    if not names:
        return UNKNOWN if application == 'Unknown' else UNLISTED
    return JOINED if rows > 1 else DIFFER
