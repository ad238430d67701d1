#!/usr/bin/env python3
"""Conformance: compares what the product returns with references that were not made by it.

    run.py --dsn 'host=/path/socket dbname=conformance'     the extension, in a cluster that can read the captures
    run.py --meter build/nfstream_meter                     the program by hand; without checks d, e, i, j, m, o and p

      a  rows and ids: tools/model.py --mode ours of the shared directory, labels aside
      b  the peer's stored rows, labels aside, where the model's two modes agree
      c  labels: tools/labels.c of the shared directory, with the same nDPI
      d  1, 2 and 8 meters give the same output, labels aside
      e  the account of packets: capinfos, the rows, the model
      f  NFStream itself, without its labels                (only with --peer)
      g  ndpiReader's applications: a cross-check
      h  NFStream's golden labels                           (only with --goldens, and nDPI at commit 4bb85138)
      i  the program by hand prints what SQL returns        (only with --dsn and --meter)
      j  compressed with gzip and zstd, a capture gives the same
      l  applications and what carries them, each by itself: labels.c again
      k  what must hold in any row: sums, bounds, SPLT
      n  what the plugin wfeatures leaves: its formulas (only in profiles that have it)
      o  packets as rows: the model's, tshark's fields, the same from 3 meters; flows and SPLT made of them
      p  nfstream_to_pcap() of all packets: for editcap the frames, times and link type of the capture that they came from
      m  as one source with separate_files: the model's rows of each file by itself, from 1, 3 and 8 meters

All of them run in every profile of options (profiles.py), but g, h, j, l, m and p, which run in the first one, and o, which runs in some; and in the first one d has 3
meters too, asks for the labels as well, and looks whether as many meters start.

Beside the captures at hand there is one of 1,000 random flows, made anew each time and told by its seed, which also
runs with options that are drawn; and those of the seeds that once failed (random_capture.py).

Where there is no shared directory, a, b, c, h and l fall away and the others look at the project's own captures. The last
line tells the totals, a result for each capture and check. All differences are in the build directory: conformance.txt.
"""

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import captures
import checks_apart
import checks_compressed
import checks_own
import checks_packets
import checks_reference
import checks_written
import labels
import peer
import plugins
import product
import profiles
import random_capture
import reference
from report import Group, Report
from venvs import NoPackage

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Run:
    """What the checks share: captures, product and references, each asked once for each profile."""

    def __init__(self, arguments, seeds, directory):
        self.build, self.shared = arguments.build, arguments.shared
        self.meter, self.ndpi = arguments.meter, arguments.ndpi
        self.product = product.Sql(arguments.dsn, self.build) if arguments.dsn else product.ByHand(self.meter)
        self.captures = captures.find(self.shared, os.path.join(TREE, 'test', 'pcaps'), arguments.pcaps)
        self.captures += captures.made_anew(seeds, directory)
        self.sources = None
        if self.shared:
            program = labels.build(os.path.join(self.shared, 'tools', 'labels.c'), self.ndpi, self.build)
            self.sources = reference.References(self.shared, program)
        self.peer, self.goldens = arguments.peer, arguments.goldens
        self.asked, self.referred = {}, {}
        self.ahead = ThreadPoolExecutor(1)

    def captures_of(self, profile):
        if profile.several_files:
            return captures.several_files(self.shared, profile) if self.shared else []
        if profile.seed is not None:
            return [capture for capture in self.captures if capture.seed == profile.seed]
        return self.captures

    def needs_peer(self, capture, profile):
        """Whether there are rows of the peer to compare with."""
        asked = self.peer and capture.collection in peer.COLLECTIONS
        return asked or self.goldens or reference.stored_path(self.shared, capture, profile) is not None

    def begin(self, profile, meters):
        """Asks product and model already now, while another profile is judged. `meters`: how many besides one."""
        found = self.captures_of(profile)
        self.asked[profile] = self.ahead.submit(self.product.everything, found, profile.options, meters)
        if self.sources:
            needs_peer = lambda capture: self.needs_peer(capture, profile)
            self.referred[profile] = self.sources.start(found, profile, needs_peer)

    def everything(self, profile):
        return self.asked[profile].result()

    def flows(self, profile):
        return {capture: asked.flows for capture, asked in self.everything(profile).items()}

    def references(self, profile):
        return self.referred[profile].get()

    def forget(self, profile):
        self.asked.pop(profile)
        if self.sources:
            self.referred.pop(profile).forget()

    def close(self):
        self.ahead.shutdown()
        if self.sources:
            self.sources.close()


def checks_of(run, profile, is_first, arguments):
    """The checks of a profile, in order; the first one has some more."""
    checks, has_sql = [], run.product.has_sql
    if run.shared:
        checks.append(('a', checks_reference.rows))
        if not arguments.pcaps:
            checks.append(('b', checks_reference.stored_rows))
        if profile.dissections:
            checks.append(('c', checks_reference.labels))
    if has_sql:
        checks.append(('d', checks_own.any_number_of_meters if is_first else checks_own.meters_without_labels))
        checks.append(('e', checks_own.account))
    changes_rows = profile.seed is not None or 'n_dissections' not in profile.options
    if run.shared and any(map(plugins.is_feature, plugins.outputs(profile.options))):
        checks.append(('n', checks_reference.features))
    if arguments.peer and changes_rows and not profile.several_files and plugins.for_peer(profile.options) is not None:
        checks.append(('f', checks_reference.live_peer))
    if is_first:
        checks.append(('g', checks_reference.ndpireader_applications))
    if is_first and arguments.goldens and run.shared:
        checks.append(('h', checks_reference.golden_labels))
    if has_sql and run.meter:
        checks.append(('i', checks_own.by_hand))
    if has_sql and is_first:
        checks.append(('j', checks_compressed.same_as_plain))
        checks.append(('m', checks_apart.same_as_alone))
        checks.append(('p', checks_written.written))
    if has_sql and run.shared and is_first:
        checks.append(('l', checks_reference.names_apart))
    if has_sql and (profile.name in checks_packets.PROFILES or profile.seed is not None):
        checks.append(('o', checks_packets.packets))
    checks.append(('k', checks_own.any_row))
    return [check for letter, check in checks if not arguments.only or letter in arguments.only]


def judge(check, run, profile):
    """Runs a check; one that breaks off has failed, once."""
    try:
        return check(run, profile)
    except Exception:
        group = Group('%s, %s' % (check.__name__, profile.name))
        group.judge('the check broke off', traceback.format_exc())
        return group


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--dsn', help='connection string of the cluster')
    parser.add_argument('--meter', help='the program nfstream_meter')
    parser.add_argument(
        '--shared', default=os.path.join(TREE, '..', 'shared'), help='the shared directory, if it is there'
    )
    parser.add_argument('--build', default=os.path.join(TREE, 'build', 'conformance'), help='where to build and write')
    parser.add_argument(
        '--ndpi', help='the prefix of the nDPI that the product is linked with (default: the one of pkg-config)'
    )
    parser.add_argument('--pcaps', nargs='+', default=[], help='compare on these captures instead')
    parser.add_argument('--profiles', default='all', help='all, or names with commas between')
    parser.add_argument(
        '--only', type=lambda text: text.split(','), help='only these checks, by letter, with commas between'
    )
    parser.add_argument('--seed', type=int, help='of the random capture (default: a new one)')
    parser.add_argument('--peer', action='store_true', help='check f')
    parser.add_argument('--goldens', action='store_true', help='check h')
    arguments = parser.parse_args()
    if not arguments.dsn and not arguments.meter:
        parser.error('one of --dsn and --meter is needed')
    for path in arguments.pcaps:
        if not os.path.isfile(path):
            parser.error('no such file: ' + path)
    arguments.build = os.path.abspath(arguments.build)
    arguments.shared = os.path.abspath(arguments.shared)
    if not os.path.isdir(os.path.join(arguments.shared, 'data')):
        arguments.shared = None
    return arguments


def seeds_of(arguments):
    """Of the random captures: none where captures are given, else those that once failed and one that is new or told."""
    if arguments.pcaps and arguments.seed is None:
        return []
    new = random.SystemRandom().getrandbits(32) if arguments.seed is None else arguments.seed
    return sorted({*random_capture.SEEDS_THAT_FAILED, new} if not arguments.pcaps else {new}, key=lambda seed: seed == new)


def run_checks(run, chosen, report, arguments):
    chosen = [profile for profile in chosen if run.captures_of(profile)]
    meters = checks_own.METERS_OF_EVERY_PROFILE if not arguments.only or 'd' in arguments.only else ()
    run.begin(chosen[0], ())
    for number, profile in enumerate(chosen):
        for following in chosen[number + 1 : number + 2]:
            run.begin(following, meters)
        for check in checks_of(run, profile, number == 0, arguments):
            start = time.monotonic()
            report.add(judge(check, run, profile), time.monotonic() - start)
        run.forget(profile)
    run.close()


def main():
    arguments = parse()
    seeds = seeds_of(arguments)
    chosen = profiles.choose(arguments.profiles, seeds)
    os.makedirs(arguments.build, exist_ok=True)
    report = Report(os.path.join(arguments.build, 'conformance.txt'))
    if not arguments.shared:
        report.say('no shared directory: only what needs no reference from it, on the captures of this project')
    if arguments.peer:
        try:
            peer.python(arguments.build)
        except NoPackage as reason:
            report.skip('check f, NFStream itself', reason)
            arguments.peer = False
    if seeds:
        report.say('the random capture is that of SEED=%d' % seeds[-1])
    with tempfile.TemporaryDirectory(prefix='nfstream_fdw-random.') as directory:
        os.chmod(directory, 0o755)  # the server reads it
        run_checks(Run(arguments, seeds, directory), chosen, report, arguments)
    return report.close()


if __name__ == '__main__':
    sys.exit(main())
