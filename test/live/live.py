"""What the tests of live capture share: TAP and the command line."""

import argparse
import os
import signal
import sys
import traceback

from bed import Bed
from cluster import TREE

sys.path.insert(1, os.path.join(TREE, 'test', 'datasets'))

from tap import Tap


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--captures', required=True, help='the captures of the project, where the server can read them')
    parser.add_argument('--shared', help='the shared directory, where the server can read it, if it is there')
    parser.add_argument('--only', default='', help='only tests whose function has this in its name')
    arguments = parser.parse_args()
    arguments.captures = os.path.abspath(arguments.captures)
    arguments.shared = arguments.shared and os.path.abspath(arguments.shared)
    return arguments


def main(description, *tests):
    """Runs each test(tap, bed, arguments) in a bed of its own; the exit status. One that breaks off has failed."""
    arguments, tap = parse(description), Tap()

    # Whoever runs the tests in the background has it ignored, and what they start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for test in tests:
        if arguments.only not in test.__name__:
            continue
        try:
            with Bed() as bed:
                test(tap, bed, arguments)
        except Exception:
            tap.check('%s runs to its end' % test.__name__, [traceback.format_exc()])
    print('1..%d' % tap.number)
    return 1 if tap.broken else 0
