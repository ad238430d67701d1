#!/usr/bin/env python3
"""Tests, in TAP, that src/ is built as doc/architecture.md has it, and that no file grows too long.

    check-tree.py [--tree DIRECTORY]            tests
    check-tree.py [--tree DIRECTORY] --print    prints folders, floors and files instead

The table of floors in doc/architecture.md has a row for each folder of src/. An arrow goes from a folder to another one from
which it includes a header. All arrows go down: to a lower floor of the same side, engine and meter or extension, or to
src/wire, which is under both. scripts/test-tree.py tests that each of these tests can fail.
"""
import argparse
import os
import re
import sys

LINES_MAX = 600
# A program's text; what is recorded, made or expected has other endings.
PROGRAMS = ('.c', '.h', '.py', '.pl', '.pm', '.sh', 'run')
ROW = re.compile(r'^\| (\d+) \| `(src/\S+|\S+\.c)` \| (.+) \|$', re.M)
INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')
OPENING = re.compile(r'/\*\n \* (\S+)\n \*\t  (.+)\n')
OF_SERVER = re.compile(r'postgres|server/|libpq')
OF_CAPTURE = re.compile(r'(?:.*/)?(?:lib)?(?:pcap|ndpi)')


def side(folder):
    """On which side of the wall a folder stands."""
    for name, roots in (('wire', ['src/wire']), ('meter', ['src/engine', 'src/meter', 'src/sockets'])):
        if any(folder == root or folder.startswith(root + '/') for root in roots):
            return name
    return 'server'


class Include:
    """A line that includes a header: one of src/, in the folder `to`, or another's, with `to` None."""

    def __init__(self, file, line, quoted, header, to):
        self.file, self.line, self.quoted, self.header, self.to = file, line, quoted, header, to

    def __str__(self):
        return '%s:%d includes %s' % (self.file, self.line, self.header)


class Tree:
    def __init__(self, root):
        self.root = root
        self.floors, self.jobs, self.files, self.includes = {}, {}, {}, {}
        for floor, folder, job in ROW.findall(self.read('doc/architecture.md')):
            self.floors[folder], self.jobs[folder] = int(floor), job
        modules = [name for name in sorted(os.listdir(root)) if name.endswith('.c')]
        for file in [*modules, *self.walk('src', ('.c', '.h'))]:
            folder = os.path.dirname(file) or file
            self.files.setdefault(folder, []).append(file)
            self.includes.setdefault(folder, []).extend(self.includes_of(file))

    def read(self, name):
        with open(os.path.join(self.root, name)) as file:
            return file.read()

    def walk(self, top, endings):
        for directory, folders, names in os.walk(os.path.join(self.root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(directory, name), self.root)

    def includes_of(self, file):
        for number, line in enumerate(self.read(file).splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                own = os.path.exists(os.path.join(self.root, 'src', found.group(2)))
                to = os.path.dirname('src/' + found.group(2)) if own else None
                yield Include(file, number, found.group(1) == '"', found.group(2), to)

    def arrows(self, folder):
        return sorted({include.to for include in self.includes[folder]} - {None, folder})

    # ------------------------------------------------------------------------------------------------------ problems
    def unlisted(self):
        return ['%s is not in the table' % folder for folder in sorted(set(self.files) - set(self.floors))] + \
               ['%s has no file' % folder for folder in sorted(set(self.floors) - set(self.files))]

    def circles(self):
        """One way round for each folder from which arrows lead back to it, each way once."""
        found = {}
        for start in self.files:
            ways = [[start]]
            for way in ways:
                for to in self.arrows(way[-1]) if way[-1] in self.files else []:
                    if to == start:
                        found.setdefault(frozenset(way), ' -> '.join([*way, start]))
                    elif not any(to in other for other in ways):
                        ways.append([*way, to])
        return sorted(found.values())

    def upward(self):
        return ['%s, on floor %d from floor %d' % (include, self.floors[include.to], self.floors[folder])
                for folder, includes in self.includes.items() for include in includes
                if include.to not in (None, folder) and {include.to, folder} <= set(self.floors)
                and self.floors[include.to] >= self.floors[folder]]

    def through_the_wall(self, here, is_other):
        return [str(include) for folder, includes in self.includes.items() if side(folder) == here
                for include in includes if is_other(include)]

    def unnamed(self):
        problems = []
        for files in self.files.values():
            for file in files:
                opening = OPENING.match(self.read(file))
                if not opening or opening.group(1) != os.path.basename(file):
                    problems.append('%s does not open with its name and its job' % file)
        return problems

    def too_long(self):
        problems = []
        for top in ('src', 'test', 'scripts'):
            for file in self.walk(top, PROGRAMS):
                lines = self.read(file).count('\n')
                if lines > LINES_MAX:
                    problems.append('%s has %d lines' % (file, lines))
        return problems

    def tests(self):
        def of_server(include):
            return OF_SERVER.match(include.header) or (include.quoted and include.to is None)

        def of_extension(include):
            return include.to and side(include.to) == 'server'

        def of_meter(include):
            return include.to and side(include.to) == 'meter'

        def of_capture(include):
            return include.to is None and OF_CAPTURE.match(include.header)

        yield 'each folder of src/ stands in the table of doc/architecture.md', self.unlisted()
        yield 'no circle leads from folder to folder', self.circles()
        yield 'no header is included from the same floor or from one above', self.upward()
        yield 'engine and meter include nothing of the server or the extension', \
            self.through_the_wall('meter', lambda include: of_server(include) or of_extension(include))
        yield 'the extension includes nothing of libpcap, nDPI, engine or meter', \
            self.through_the_wall('server', lambda include: of_capture(include) or of_meter(include))
        yield 'what both share includes nothing of either side', \
            self.through_the_wall('wire', lambda include: of_server(include) or of_extension(include)
                                  or of_capture(include) or of_meter(include))
        yield 'each file of src/ opens with its name and its job', self.unnamed()
        yield 'no program of src/, test/ or scripts/ has more than %d lines' % LINES_MAX, self.too_long()

    # ------------------------------------------------------------------------------------------------------ printing
    def print(self):
        arrows = 0
        folders = sorted(self.files, key=lambda folder: (-self.floors.get(folder, -1), folder))
        for folder in folders:
            to = self.arrows(folder)
            arrows += len(to)
            print('%s  floor %s: %s' % (folder, self.floors.get(folder, '?'), self.jobs.get(folder, '?')))
            if to:
                print('    includes ' + ', '.join('%s (%s)' % (other, self.floors.get(other, '?')) for other in to))
            told = {}
            for file in self.files[folder]:
                opening = OPENING.match(self.read(file))
                stem, ending = os.path.splitext(os.path.basename(file))
                told.setdefault((stem, opening.group(2) if opening else '?'), []).append(ending)
            for (stem, job), endings in told.items():
                print('    %-24s %s' % (stem + ', '.join(endings), job))
            print()
        print('%d files in %d folders on %d floors, %d arrows, %d headers included from above, %d circles'
              % (sum(map(len, self.files.values())), len(folders), len(set(self.floors.values())), arrows,
                 len(self.upward()), len(self.circles())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--tree', default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument('--print', action='store_true')
    chosen = parser.parse_args()
    tree = Tree(chosen.tree)
    if chosen.print:
        tree.print()
        return 0
    number, broken = 0, False
    for number, (name, problems) in enumerate(tree.tests(), 1):
        print('%sok %d - %s' % ('not ' if problems else '', number, name))
        for problem in problems:
            print('# ' + problem)
        broken |= bool(problems)
    print('1..%d' % number)
    return 1 if broken else 0


sys.exit(main())
