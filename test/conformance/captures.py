"""Which captures are compared, and what Wireshark's capinfos says of them."""

import csv
import os
import re
import subprocess
from dataclasses import dataclass

ENDINGS = ('.pcap', '.pcapng', '.cap')


@dataclass(frozen=True)
class Capture:
    """One file, or several that are read as one capture."""

    name: str
    paths: tuple
    collection: str  # the directory it is from: 'pcaps', 'synthetic', 'own', or 'given' on the command line


def in_directory(directory, collection):
    """The captures in a directory and those below it, each called by its path from there."""
    paths = (
        os.path.join(where, name) for where, _, names in os.walk(directory) for name in names if name.endswith(ENDINGS)
    )
    return [Capture(os.path.relpath(path, directory), (path,), collection) for path in sorted(paths)]


def find(shared, own, given):
    """The captures to compare: those given, else the shared ones where present and the project's own."""
    if given:
        return [Capture(os.path.basename(path), (os.path.abspath(path),), 'given') for path in given]
    found = in_directory(own, 'own')
    if shared:
        data = os.path.join(shared, 'data')
        found = (
            in_directory(os.path.join(data, 'pcaps'), 'pcaps')
            + in_directory(os.path.join(data, 'synthetic', 'pcaps'), 'synthetic')
            + found
        )
    return found


def several_files(shared, profile):
    """The captures of a profile that reads several files as one.

    The names of the stored rows join the files' names, without their ending, with +.
    """
    data = os.path.join(shared, 'data')
    found = []
    for entry in sorted(os.listdir(os.path.join(data, 'options', profile.name))):
        name = entry.removesuffix('.csv.gz')
        found.append(
            Capture(name, tuple(os.path.join(data, 'pcaps', file + '.pcap') for file in name.split('+')), 'pcaps')
        )
    return found


def capinfos(captures):
    """For each capture: how many packets capinfos counts in it, up to where it is damaged, and whether it complains.

    None packets where a file is no capture at all. Of a damaged file it prints the count with its complaint, and not
    always in its table.
    """
    paths = sorted({path for capture in captures for path in capture.paths})
    ran = subprocess.run(['capinfos', '-TcrmQ', *paths], capture_output=True, text=True)
    counts = {path: int(count) for count, path in re.findall(r'after reading (\d+) packets from "(.*)"\.', ran.stderr)}
    counts |= {path: int(count) for path, count in csv.reader(ran.stdout.splitlines())}
    found = {}
    for capture in captures:
        complaint = any('"%s"' % path in ran.stderr for path in capture.paths)
        known = all(path in counts for path in capture.paths)
        found[capture] = (sum(counts[path] for path in capture.paths) if known else None, complaint)
    return found
