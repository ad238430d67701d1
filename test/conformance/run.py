#!/usr/bin/env python3
"""Conformance: compares what the product returns with references that were not made by it.

    run.py --dsn 'host=/path/socket dbname=conformance'     the extension, in a cluster that can read the captures
    run.py --meter build/nfstream_meter                     the program by hand; without checks d, e and i

      a  rows and ids: tools/model.py --mode ours of the shared directory, labels aside
      b  the peer's stored rows, labels aside, where the model's two modes agree
      c  labels: tools/labels.c of the shared directory, with the same nDPI
      d  1, 2, 3 and 8 meters give the same output, labels aside
      e  the account of packets: capinfos, the rows, the model
      f  NFStream itself                                    (only with --peer)
      g  ndpiReader's applications: a cross-check
      h  NFStream's golden labels                           (only with --goldens, and nDPI at commit 4bb85138)
      i  the program by hand prints what SQL returns        (only with --dsn and --meter)

Where there is no shared directory, a, b, c and h fall away and the others look at the project's own captures. The last
line tells the totals, a result for each capture and check. All differences are in the build directory: conformance.txt.
"""

import argparse
import os
import sys
import traceback

import captures
import checks_own
import checks_reference
import labels
import product
import profiles
import reference
from report import Group, Report

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Run:
    """What the checks share: captures, product and references, each asked once for each profile."""

    def __init__(self, arguments):
        self.build, self.shared = arguments.build, arguments.shared
        self.meter, self.ndpi = arguments.meter, arguments.ndpi
        self.product = product.Sql(arguments.dsn, self.build) if arguments.dsn else product.ByHand(self.meter)
        self.captures = captures.find(self.shared, os.path.join(TREE, 'test', 'pcaps'), arguments.pcaps)
        self.sources = None
        if self.shared:
            program = labels.build(os.path.join(self.shared, 'tools', 'labels.c'), self.ndpi, self.build)
            self.sources = reference.References(self.shared, program)
        self.asked, self.referred = {}, {}

    def captures_of(self, profile):
        if profile.several_files:
            return captures.several_files(self.shared, profile) if self.shared else []
        if profile.only_stored:
            stored = lambda capture: self.shared and reference.stored_path(self.shared, capture, profile)
            return list(filter(stored, self.captures))
        return self.captures

    def flows(self, profile):
        if profile not in self.asked:
            self.asked[profile] = self.product.flows(self.captures_of(profile), profile.options)
        return self.asked[profile]

    def references(self, profile):
        if profile not in self.referred:
            self.referred[profile] = self.sources.of(self.captures_of(profile), profile)
        return self.referred[profile]


def plan(run, chosen, arguments):
    """The checks to run, in order: a function and a profile each."""
    checks, first = [], chosen[0]
    wanted = lambda letter: not arguments.only or letter in arguments.only
    for profile in chosen:
        if run.shared:
            checks += [(checks_reference.rows, profile)] if wanted('a') else []
            checks += [(checks_reference.stored_rows, profile)] if wanted('b') and not arguments.pcaps else []
            checks += [(checks_reference.labels, profile)] if wanted('c') and profile.dissections else []
        if run.meter and run.product.has_sql and wanted('i'):
            checks.append((checks_own.by_hand, profile))
        if arguments.peer and wanted('f'):
            checks.append((checks_reference.live_peer, profile))
    if run.product.has_sql:
        checks += [(checks_own.any_number_of_meters, first)] if wanted('d') else []
        checks += [(checks_own.account, first)] if wanted('e') else []
    if wanted('g'):
        checks.append((checks_reference.ndpireader_applications, first))
    if arguments.goldens and run.shared and wanted('h'):
        checks.append((checks_reference.golden_labels, first))
    return checks


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
    parser.add_argument('--profiles', default='default', help='default, all, or names with commas between')
    parser.add_argument(
        '--only', type=lambda text: text.split(','), help='only these checks, by letter, with commas between'
    )
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


def main():
    arguments = parse()
    chosen = profiles.choose(arguments.profiles)
    os.makedirs(arguments.build, exist_ok=True)
    report = Report(os.path.join(arguments.build, 'conformance.txt'))
    if not arguments.shared:
        report.say('no shared directory: only what needs no reference from it, on the captures of this project')
    run = Run(arguments)
    for check, profile in plan(run, chosen, arguments):
        report.add(judge(check, run, profile))
    if run.sources:
        run.sources.close()
    return report.close()


if __name__ == '__main__':
    sys.exit(main())
