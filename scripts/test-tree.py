#!/usr/bin/env python3
"""Tests, in TAP, that each test of check-tree.py fails on a tree that is not as it should be, and only there.

Each tree is made up: a small one in order, and one fault.
"""
import os
import re
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'check-tree.py')
TABLE = """
| floor | folder | what is in it |
| --- | --- | --- |
| 3 | `module.c` | the top |
| 3 | `src/meter` | the program |
| 2 | `src/engine` | the run |
| 2 | `src/pg/scan` | the scan |
| 1 | `src/engine/base` | memory |
| 1 | `src/pg/rows` | rows |
| 1 | `src/pg/sizes` | sizes, beside rows |
| 0 | `src/wire` | records |
"""
IN_ORDER = {
    'module.c': ['"postgres.h"', '"pg/scan/scan.h"'],
    'src/meter/main.c': ['<pcap/pcap.h>', '"engine/run.h"', '"wire/record.h"'],
    'src/engine/run.c': ['<ndpi_api.h>', '"engine/run.h"'],
    'src/engine/run.h': ['"engine/base/memory.h"'],
    'src/engine/base/memory.h': ['<stdint.h>'],
    'src/pg/scan/scan.h': ['"pg/rows/rows.h"'],
    'src/pg/rows/rows.h': ['"access/htup.h"', '<libpq-fe.h>', '"wire/record.h"'],
    'src/pg/sizes/sizes.h': [],
    'src/wire/record.h': ['<stdint.h>'],
}

# What is wrong: the fault's name, the files that differ (a list of includes, or a text), the tests that fail, what they say.
LISTED, CIRCLE, UPWARD, METER, EXTENSION, WIRE, OPENING, LENGTH = range(1, 9)
FAULTS = [
    ('nothing is wrong', {}, set(), ''),
    ('a folder is not in the table', {'src/pg/extra/extra.h': []}, {LISTED}, 'src/pg/extra is not in the table'),
    ('a folder of the table is gone', {'src/pg/sizes/sizes.h': None}, {LISTED}, 'src/pg/sizes has no file'),
    ('a circle of two', {'src/engine/base/memory.h': ['"engine/run.h"']}, {CIRCLE, UPWARD},
     'src/engine -> src/engine/base -> src/engine'),
    ('a circle of three',
     {'src/pg/rows/rows.h': ['"pg/sizes/sizes.h"'], 'src/pg/sizes/sizes.h': ['<pg/scan/scan.h>']}, {CIRCLE, UPWARD},
     'src/pg/rows -> src/pg/sizes -> src/pg/scan -> src/pg/rows'),
    ('an arrow upward, and no circle', {'src/pg/sizes/sizes.h': ['"wire/record.h"', '"pg/scan/scan.h"']}, {UPWARD},
     'src/pg/sizes/sizes.h:8 includes pg/scan/scan.h, on floor 2 from floor 1'),
    ('an arrow along a floor', {'src/pg/sizes/sizes.h': ['"pg/rows/rows.h"']}, {UPWARD}, 'on floor 1 from floor 1'),
    ('the engine includes a header of the server', {'src/engine/base/memory.h': ['"postgres.h"']}, {METER},
     'src/engine/base/memory.h:7 includes postgres.h'),
    ('the meter does, in brackets', {'src/meter/main.c': [' <postgres.h>']}, {METER}, 'src/meter/main.c:7 includes postgres.h'),
    ('the meter includes the extension', {'src/meter/main.c': ['"pg/rows/rows.h"']}, {METER}, 'includes pg/rows/rows.h'),
    ('the extension includes libpcap', {'src/pg/rows/rows.h': ['<pcap.h>']}, {EXTENSION}, 'includes pcap.h'),
    ('the extension includes nDPI', {'src/pg/rows/rows.h': ['"ndpi/ndpi_api.h"']}, {EXTENSION}, 'includes ndpi/ndpi_api.h'),
    ('the extension includes the engine', {'src/pg/scan/scan.h': ['"engine/base/memory.h"']}, {EXTENSION},
     'includes engine/base/memory.h'),
    ('the module does', {'module.c': ['"engine/run.h"']}, {EXTENSION}, 'module.c:7 includes engine/run.h'),
    ('what is shared includes a header of the server', {'src/wire/record.h': ['"c.h"']}, {WIRE}, 'includes c.h'),
    ('what is shared includes libpcap', {'src/wire/record.h': ['<pcap/pcap.h>']}, {WIRE}, 'includes pcap/pcap.h'),
    ('a file has the name of another', {'src/engine/run.c': '/*\n * walk.c\n *\t  The run.\n */\n'}, {OPENING},
     'src/engine/run.c does not open'),
    ('a file does not say its job', {'src/engine/run.c': '/*\n * run.c\n */\n'}, {OPENING}, 'src/engine/run.c does not open'),
    ('a source file of 601 lines', {'src/engine/run.c': '/*\n * run.c\n *\t  The run.\n */\n' + 597 * '\n'}, {LENGTH},
     'src/engine/run.c has 601 lines'),
    ('a test of 601 lines', {'test/t/001_long.pl': 601 * '\n'}, {LENGTH}, 'test/t/001_long.pl has 601 lines'),
    ('a script of 601 lines', {'scripts/long.sh': 601 * '\n'}, {LENGTH}, 'scripts/long.sh has 601 lines'),
    ('600 lines, and captures longer than that', {'scripts/long.py': 600 * '\n', 'test/pcaps/long.pcap': 999 * '\n'}, set(), ''),
]


def text_of(file, includes):
    if isinstance(includes, str):
        return includes
    opening = '/*\n * %s\n *\t  What it does.\n *\n * And how.\n */\n' % os.path.basename(file)
    return opening + ''.join('#include %s\n' % include for include in includes)


def write(root, files):
    for file, includes in {'doc/architecture.md': TABLE, **files}.items():
        if includes is not None:
            os.makedirs(os.path.dirname(os.path.join(root, file)), exist_ok=True)
            with open(os.path.join(root, file), 'w') as to:
                to.write(text_of(file, includes))


def problems(files, failing, said):
    with tempfile.TemporaryDirectory() as root:
        write(root, {**IN_ORDER, **files})
        ran = subprocess.run([sys.executable, CHECK, '--tree', root], capture_output=True, text=True)
        printed = subprocess.run([sys.executable, CHECK, '--tree', root, '--print'], capture_output=True, text=True)
    failed = {int(number) for number in re.findall(r'^not ok (\d+)', ran.stdout, re.M)}
    passed = {int(number) for number in re.findall(r'^ok (\d+)', ran.stdout, re.M)}
    if failed != failing or failed | passed != set(range(1, LENGTH + 1)):
        yield 'failed: %s, not %s' % (sorted(failed), sorted(failing))
    if ran.returncode != bool(failing):
        yield 'exit status %d' % ran.returncode
    if said not in ran.stdout:
        yield 'not said: ' + said
    counted = re.search(r', (\d+) headers included from above, (\d+) circles$', printed.stdout)
    if not counted or (int(counted.group(1)) > 0, int(counted.group(2)) > 0) != (UPWARD in failing, CIRCLE in failing):
        yield 'printed: ' + (printed.stdout.splitlines() or [''])[-1]
    if ran.stderr or printed.stderr:
        yield ran.stderr + printed.stderr


def main():
    broken = False
    for number, (name, files, failing, said) in enumerate(FAULTS, 1):
        found = list(problems(files, failing, said))
        print('%sok %d - %s: %s' % ('not ' if found else '', number, name, 'seen' if failing else 'accepted'))
        for problem in found:
            print('# ' + problem.replace('\n', '\n# '))
        broken |= bool(found)
    print('1..%d' % len(FAULTS))
    return 1 if broken else 0


sys.exit(main())
