"""Which captures are compared, and what Wireshark's capinfos and tcpdump say of them."""

import csv
import os
import re
import subprocess
from dataclasses import dataclass

import random_capture

ENDINGS = ('.pcap', '.pcapng', '.cap')


@dataclass(frozen=True)
class Capture:
    """One file, or several that are read as one capture."""

    name: str
    paths: tuple
    collection: str  # the directory it is from: 'pcaps', 'synthetic', 'found', 'own'; else 'random', or 'given' on the command line
    seed: int = None  # of a random one


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
    # dns_loop.pcap keeps nDPI before 4.6 busy for ever, and with it the programs that labels are compared with.
    found = [capture for capture in in_directory(own, 'own') if capture.name != 'dns_loop.pcap']
    if shared:
        data = os.path.join(shared, 'data')
        found = (
            in_directory(os.path.join(data, 'pcaps'), 'pcaps')
            + in_directory(os.path.join(data, 'synthetic', 'pcaps'), 'synthetic')
            + in_directory(os.path.join(data, 'found'), 'found')
            + found
        )
    return found


def made_anew(seeds, directory):
    """The random captures of these seeds, written into a directory."""
    return [Capture('random-%d' % seed, random_capture.write(seed, directory), 'random', seed) for seed in seeds]


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


@dataclass
class Counts:
    """What capinfos says of a capture, up to where it is damaged."""

    packets: int = None  # None where a file is no capture at all
    bytes: int = None  # of these packets, as they were on the wire; None also where it does not say
    damaged: bool = False


def capinfos(captures):
    """The Counts of each capture. Of a damaged file it prints the packets with its complaint, and not always in its table."""
    paths = sorted({path for capture in captures for path in capture.paths})
    ran = subprocess.run(['capinfos', '-TcdrmQ', *paths], capture_output=True, text=True)
    packets = {path: int(count) for count, path in re.findall(r'after reading (\d+) packets from "(.*)"\.', ran.stderr)}
    sizes = {}
    for path, count, size in csv.reader(ran.stdout.splitlines()):
        packets[path], sizes[path] = int(count), int(size)
    found = {}
    for capture in captures:
        known = Counts(damaged=any('"%s"' % path in ran.stderr for path in capture.paths))
        if all(path in packets for path in capture.paths):
            known.packets = sum(packets[path] for path in capture.paths)
        if all(path in sizes for path in capture.paths):
            known.bytes = sum(sizes[path] for path in capture.paths)
        found[capture] = known
    return found


def tcpdump(capture):
    """The Counts of a capture by tcpdump, which reads a file by libpcap."""
    found = Counts(packets=0)
    for path in capture.paths:
        ran = subprocess.run(['tcpdump', '-n', '-t', '-q', '-r', path], capture_output=True, text=True, errors='replace')
        found.packets += len(re.findall(r'^\S', ran.stdout, re.MULTILINE))
        found.damaged |= ran.returncode != 0
    return found
