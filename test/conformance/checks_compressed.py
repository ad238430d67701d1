"""Compressed captures: the rows, ids, labels and packets of the plain file."""

import gzip
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import compare
import product
from report import Group


def by_gzip(path):
    with open(path, 'rb') as file:
        return gzip.compress(file.read(), mtime=0)


def by_zstd(path):
    return subprocess.run(['zstd', '-q', '-c', path], stdout=subprocess.PIPE, check=True).stdout


COMPRESSORS = {'gzip': by_gzip, 'zstd': by_zstd}


def compressed(captures, compress, directory):
    """The captures with their files compressed: a dictionary. The names tell nothing: files are known by their bytes."""

    def one(numbered):
        number, capture = numbered
        paths = tuple(os.path.join(directory, '%d.%d' % (number, i)) for i in range(len(capture.paths)))
        for path, plain in zip(paths, capture.paths):
            with open(path, 'wb') as file:
                file.write(compress(plain))
        return replace(capture, paths=paths)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(captures, threads.map(one, enumerate(captures))))


def same_as_plain(run, profile):
    """(j) each capture, compressed with gzip and with zstd, gives what the plain file gives."""
    group, plain = Group('compressed, %s' % profile.name), run.everything(profile)
    for name, compress in COMPRESSORS.items():
        with tempfile.TemporaryDirectory(prefix='nfstream_fdw-compressed.') as directory:
            os.chmod(directory, 0o755)  # the server reads it
            found = compressed(list(plain), compress, directory)
            queries = [product.ALL_COLUMNS, product.ACCOUNT]
            answers = run.product.ask(list(found.values()), profile.options, queries)
        for capture, asked in plain.items():
            flows, account = answers[found[capture]]
            told = differs(asked, flows.outcome(), account.plan())
            group.judge('%s, %s' % (capture.name, name), told)
    return group


def differs(asked, outcome, plan):
    """What a compressed capture gives otherwise than the plain one; None if it gives the same."""
    plain = asked.flows
    # The words name another file, and damage at another byte.
    if (len(outcome.errors), len(outcome.warnings)) != (len(plain.errors), len(plain.warnings)):
        said = outcome.errors + outcome.warnings
        return 'says %s, plain it says %s' % ('; '.join(said) or 'nothing', plain.errors + plain.warnings or 'nothing')
    if outcome.raw != plain.raw:
        return compare.in_order(plain.table, outcome.table) or 'the same values, but other bytes'
    if outcome.errors:
        return None
    if packets_of(plan) != packets_of(asked.plan):
        return 'its account is %s, plain it is %s' % (packets_of(plan), packets_of(asked.plan))
    return None


def packets_of(plan):
    """The counters of packets in what EXPLAIN tells, or what it said instead."""
    if not isinstance(plan, dict):
        return plan
    return {key: value for key, value in plan.items() if key.startswith('Packets ') or key == product.IGNORED}
