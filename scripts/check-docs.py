#!/usr/bin/env python3
"""Tests, in TAP, that the documentation says what the program does.

    check-docs.py --psql 'psql -h ... -d DATABASE' --captures DIRECTORY     in a cluster that can read the captures
    check-docs.py --write                                                   writes the table in doc/columns.md

doc/columns.md must list the columns of src/wire/schema_flows.c with the types that IMPORT FOREIGN SCHEMA declares;
doc/options.md and README.md the options of src/wire/limits.c with their defaults and ranges; doc/command_line.md those of
nfstream_meter; doc/captures.md the reasons to ignore a packet and the link types; every link must lead somewhere; and
README.md's SQL must run, and that of the pages of which no other part of the tests does, and what doc/clients.md asks. In them, /captures stands for the directory
of captures, in which each file that is not there stands for tls.pcap, and /exports for a directory that files are written to. Writing starts a cluster of its own.
"""
import argparse
import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BEGIN, END = '<!-- columns: written by make doc-columns -->\n', '<!-- end of columns -->\n'
# What IMPORT does not declare before its option is to be had.
DECLARED_BY_HAND = {'udps': 'jsonb', 'process_pid': 'integer', 'process_name': 'text'}
ALL_ON = "statistical_analysis 'true', splt_analysis '10', extra_columns 'true'"


class Tap:
    def __init__(self):
        self.number, self.broken = 0, False

    def check(self, name, problems):
        self.number += 1
        print('%sok %d - %s' % ('not ' if problems else '', self.number, name), flush=True)
        for problem in problems:
            print('# ' + str(problem).replace('\n', '\n# '))
        self.broken |= bool(problems)

    def done(self):
        print('1..%d' % self.number)
        return 1 if self.broken else 0


class Server:
    def __init__(self, psql, captures):
        self.command, self.captures = shlex.split(psql), captures

    def ask(self, script):
        """The lines that a script prints, and what it says on stderr; the script ends at its first error."""
        ran = subprocess.run([*self.command, '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'], input=script,
                             capture_output=True, text=True)
        return ran.stdout.splitlines(), ran.stderr if ran.returncode else ''


def read(name):
    with open(os.path.join(TREE, name)) as file:
        return file.read()


# ----------------------------------------------------------------------------------------------------------- columns
def types(server):
    """The type of each column that IMPORT declares."""
    lines, error = server.ask("""
BEGIN;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER documented FOREIGN DATA WRAPPER nfstream_fdw;
IMPORT FOREIGN SCHEMA nflow FROM SERVER documented INTO public OPTIONS (table_name 'documented', source '/nowhere', %s);
SELECT attname || ' ' || format_type(atttypid, NULL)
FROM pg_attribute WHERE attrelid = 'documented'::regclass AND attnum > 0 ORDER BY attnum;
ROLLBACK;
""" % ALL_ON)
    if error:
        sys.exit(error)
    return dict(line.split(' ', 1) for line in lines)


def column_table(imported):
    known = {**imported, **DECLARED_BY_HAND}
    rows = ['| column | type | on by | unit | what it is |', '| --- | --- | --- | --- | --- |']
    program = os.path.join(TREE, 'build', 'doc-columns')
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        name, option, unit, meaning = line.split('\t')
        rows.append('| `%s` | %s | %s | %s | %s |' % (name, known.pop(name, '?'), option, unit, meaning))
    return '\n'.join(rows) + '\n', known


def check_columns(tap, server):
    imported = types(server)
    wanted, unknown = column_table(imported)
    written = read('doc/columns.md').partition(BEGIN)[2].partition(END)[0]
    differences = ['%s: %s' % (word, line)
                   for here, there, word in ((wanted, written, 'missing'), (written, wanted, 'wrong'))
                   for line in here.splitlines() if line not in there.splitlines()]
    if wanted != written and not differences:
        differences = ['another order']
    tap.check('doc/columns.md lists the columns and their types (else: make doc-columns)', differences)
    tap.check('IMPORT declares no column that is not listed', sorted(unknown))
    by_hand = ', '.join('%s %s' % column for column in DECLARED_BY_HAND.items())
    _, error = server.ask("""
BEGIN;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER documented FOREIGN DATA WRAPPER nfstream_fdw;
CREATE FOREIGN TABLE documented (%s) SERVER documented OPTIONS (source '%s');
SELECT * FROM documented;
ROLLBACK;
""" % (by_hand, os.path.join(server.captures, 'tls.pcap')))
    tap.check('the columns that IMPORT leaves out can be declared as listed', [error] if error else [])


# ----------------------------------------------------------------------------------------------------------- options
def options_of_program():
    """The default of each option ('' without one) and what is accepted, as src/wire/limits.c has them."""
    program = os.path.join(TREE, 'build', 'doc-options')
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: (fallback, accepted) for name, fallback, accepted in (line.split('\t') for line in lines)}


def accepted_on_page(name):
    """What a row of a page says that each option accepts, in the rows that have such a column."""
    return dict(re.findall(r'^\| `(\w+)` \| [^|]* \| ([^|]*) \|', read(name), re.M))


def as_on_page(accepted):
    """A boolean, a range or choices as a page has them; None for a text, which a page tells at length."""
    numbers = re.search(r'(\d+) \.\.\. (\d+)$', accepted)
    if numbers and int(numbers.group(2)) - int(numbers.group(1)) < 4:
        return ', '.join(map(str, range(int(numbers.group(1)), int(numbers.group(2)) + 1)))
    if numbers:
        return '%s … %s' % numbers.groups()
    if accepted.startswith('"'):
        return ', '.join(re.findall(r'"(\w+)"', accepted))
    return 'boolean' if accepted.startswith('a boolean') else None


def options_of_page(name):
    """The default of each option in the tables of a page: rows as | `one`, `other` | default, default | ... |."""
    found = {}
    for names, defaults in re.findall(r'^\| ((?:`\w+`(?:, )?)+) \| ([^|]*) \|', read(name), re.M):
        names, defaults = re.findall(r'\w+', names), [default.strip() for default in defaults.split(',')]
        if len(names) != len(defaults):
            defaults = [', '.join(defaults)] * len(names)
        found.update(zip(names, defaults))
    return found


def check_calls(tap, server):
    """The defaults of nfstreamer() and nfpackets(), which stand in the extension's script."""
    program = options_of_program()
    lines, error = server.ask("""
BEGIN;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
SELECT p.oid::regproc, name, coalesce(pg_get_function_arg_default(p.oid, place::int), '')
FROM pg_proc p, unnest(p.proargnames) WITH ORDINALITY AS a (name, place) WHERE p.proname IN ('nfstreamer', 'nfpackets');
ROLLBACK;
""")
    differences = [error] if error else [] if len(lines) > 80 else ['there are %d arguments' % len(lines)]
    for function, name, default in (line.split('|') for line in lines):
        default = re.sub(r"^NULL$", '', default.replace('::text', '')).strip("'")
        if name not in program or default != program[name][0]:
            differences.append('%s(): %s => %s' % (function, name, default))
    tap.check('arguments of nfstreamer() and nfpackets() have the defaults of their options', differences)


def check_options(tap):
    program = options_of_program()
    told = options_of_page('doc/options.md')
    tap.check('doc/options.md lists every option', sorted(set(program) - set(told)))
    tap.check('and none besides', sorted(set(told) - set(program)))
    for page, listed in (('doc/options.md', told), ('README.md', options_of_page('README.md'))):
        wanted = {name: program[name][0] or '–' for name in listed if name in program}
        tap.check('%s has the right defaults' % page, ['%s: %s, not %s' % (name, default, listed[name])
                                                      for name, default in wanted.items() if listed[name] != default])
    accepted = accepted_on_page('doc/options.md')
    wanted = {name: as_on_page(program[name][1]) for name in accepted if name in program}
    tap.check('doc/options.md has the right ranges and choices',
              ['%s: %s, not %s' % (name, told, accepted[name])
               for name, told in wanted.items() if told is not None and accepted[name] != told])


def check_command_line(tap):
    help_text = subprocess.run([os.path.join(TREE, 'build', 'nfstream_meter'), '--help'], check=True, capture_output=True,
                               text=True).stdout
    known = set(re.findall(r'^  (?:-h, )?(--\w+)$', help_text, re.M))
    told = set(re.findall(r'`(--\w+)`', read('doc/command_line.md').partition('| what | options |')[2].partition('\n\n')[0]))
    tap.check('doc/command_line.md lists the options of nfstream_meter', sorted(known ^ told) or ([] if known else ['none']))
    statuses = set(re.findall(r'^  (\d)  ', help_text, re.M))
    tap.check('and its exit statuses', sorted(statuses ^ set(re.findall(r'^\| (\d) \|', read('doc/command_line.md'), re.M))))


# -------------------------------------------------------------------------------------------------- links and examples
def check_captures(tap):
    """The reasons to ignore a packet, and the link types, are those of the program."""
    page = read('doc/captures.md')
    reasons = re.findall(r'IGNORED_\w+\)\] = \{"([^"]+)"', read('src/wire/account.c'))
    told = re.findall(r'^\| ([^|]+) \| .* \|$', page[page.index('## What is ignored'):], re.M)[2:]
    tap.check('doc/captures.md lists the reasons to ignore a packet', [] if reasons == told else [reasons, told])
    numbers = dict(re.findall(r'(LINK_\w+) = (\d+)', read('src/engine/decode/decode_layer.h')))
    decoded = {numbers[name] for name in re.findall(r'\{(LINK_\w+), decode_', read('src/engine/decode/decode.c'))}
    told = set(re.findall(r'\d+', ' '.join(re.findall(r'^\| .* \| ([\d, ]+) \|$', page, re.M))))
    tap.check('and the link types', sorted(decoded ^ told) or ([] if decoded else ['none']))


def check_links(tap):
    pages = ['README.md', 'CHANGELOG.md', *sorted('doc/' + name for name in os.listdir(os.path.join(TREE, 'doc')) if name.endswith('.md'))]
    broken = []
    for page in pages:
        for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', read(page)):
            if not os.path.exists(os.path.join(TREE, os.path.dirname(page), target)):
                broken.append('%s: %s' % (page, target))
    tap.check('every link leads somewhere', broken)


def examples(page, server, exports):
    """A page's SQL, block by block, on captures that are there."""
    def capture(found):
        path = os.path.join(server.captures, found.group(1))
        return path if os.path.exists(path) else os.path.join(server.captures, 'tls.pcap')
    blocks = re.findall(r'^```sql\n(.*?)^```', read(page), re.M | re.S)
    return [re.sub(r'/captures/([\w-]+\.[\w.-]+)', capture, block).replace('/captures', server.captures).replace('/exports/', exports + '/') for block in blocks]


def sizes_of(directory):
    return {entry.name: entry.stat().st_size for entry in os.scandir(directory)}


def check_examples(tap, server):
    before = sizes_of(server.captures)
    with tempfile.TemporaryDirectory(prefix='nfstream_fdw-docs.') as exports:
        os.chmod(exports, 0o777)  # the server's user writes there
        blocks = examples('README.md', server, exports)
        tap.check('README.md has SQL', [] if blocks else ['none'])
        _, error = server.ask('\n'.join(blocks))
        tap.check('and it runs', [error] if error else [])
        for page in ('columns', 'conditions', 'options', 'packets'):
            check_page(tap, server, 'doc/%s.md' % page, exports)
    after = sizes_of(server.captures)
    tap.check('no example writes over a capture', [name for name in before if after.get(name) != before[name]])


BEFORE_A_PAGE = """
BEGIN;
CREATE ROLE analysts;
CREATE SCHEMA of_page;
CREATE SCHEMA before_page;
SET search_path = of_page, before_page, public;
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO before_page OPTIONS (source '%s');
"""


def check_page(tap, server, page, exports):
    """The SQL of a page, where there is a table of flows; what it makes has a schema of its own, as README's is there."""
    blocks = [block.replace('INTO public', 'INTO of_page') for block in examples(page, server, exports)]
    before = BEFORE_A_PAGE % os.path.join(server.captures, 'tls.pcap')
    _, error = server.ask('\n'.join([before, *blocks, 'ROLLBACK;']))
    tap.check('the SQL of %s runs' % page, [error] if error else [] if blocks else ['there is none'])


def check_clients(tap, server):
    """doc/clients.md's Python compiles, and the queries in it run; that it prints what SQL says, the part datasets tests."""
    page = read('doc/clients.md')
    sql = ''.join(re.findall(r'^```sql\n(.*?)^```', page, re.M | re.S)).replace('/captures/', server.captures + '/')
    sql = sql.replace('INTO public', 'INTO of_clients')  # README's tables are there
    queries, problems = set(), []
    for block in re.findall(r'^```python\n(.*?)^```', page, re.M | re.S):
        try:
            texts = [node.value for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Constant)]
        except SyntaxError as error:
            problems.append(error)
            continue
        queries |= {text for text in texts if isinstance(text, str) and re.match(r'(SELECT|COPY)\b', text)}
    tap.check('the Python of doc/clients.md compiles', problems)
    tap.check('and has queries', [] if len(queries) >= 8 else sorted(queries))
    runs = [re.sub(r"%s|\$1|:port", 'NULL', query) + ';' for query in sorted(queries)]
    _, error = server.ask('\n'.join(['BEGIN; CREATE SCHEMA of_clients; SET search_path = of_clients, public;', sql,
                                    'GRANT USAGE ON SCHEMA of_clients TO reader; SET ROLE reader;', *runs, 'ROLLBACK;']))
    tap.check('which run, after its SQL, as the role that it makes', [error] if error else [])


def write(server):
    page = read('doc/columns.md')
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    with open(os.path.join(TREE, 'doc', 'columns.md'), 'w') as file:
        file.write(before + BEGIN + column_table(types(server))[0] + END + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--psql')
    parser.add_argument('--captures', default=os.path.join(TREE, 'test', 'pcaps'))
    parser.add_argument('--write', action='store_true')
    arguments = parser.parse_args()
    if arguments.write:
        cluster = os.path.join(TREE, 'scripts', 'cluster.sh')
        directory = os.path.join(tempfile.gettempdir(), 'nfstream_fdw-docs.%d' % os.getpid())
        dsn = subprocess.run([cluster, 'start', directory], check=True, capture_output=True, text=True).stdout.strip()
        try:
            write(Server(shlex.join(['psql', dsn]), arguments.captures))
        finally:
            subprocess.run([cluster, 'stop', directory], check=True)
        return 0
    server, tap = Server(arguments.psql, arguments.captures), Tap()
    check_columns(tap, server)
    check_options(tap)
    check_calls(tap, server)
    check_command_line(tap)
    check_captures(tap)
    check_links(tap)
    check_examples(tap, server)
    check_clients(tap, server)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
