"""doc/plugins.md, run as it is written.

Its SQL runs in one session of psql, block by block. Python whose first line is a file's name is that file, in the directory
in which psql and Python run; other Python is a program for NFStream. What it prints, the blocks of SQL after it that say
`prints the same` must print. Where there is no NFStream, these must agree with each other. SQL that `is an error` must be the
one that stands in the block after it.

/captures stands for the directory of captures.
"""

import json
import os
import pickle
import re
import subprocess
from dataclasses import dataclass

import examples
from report import Group

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TREE, 'doc', 'plugins.md')
DATABASE = 'plugins_page'
FENCE = re.compile(r'^```(python|sql)( prints the same| is an error)?\n(.*?)^```\n(?:```\n(.*?)^```)?', re.M | re.S)
FILE = re.compile(r'# (\w+\.py)\n')
# What a server without PL/Python cannot run.
OF_PLPYTHON = re.compile(r'plpython3u|\bmodels\b|\btrain\(|\bclassified\b')
# The predictions, and what they were made of.
PREDICTED = """SELECT json_build_object('forest', (SELECT encode(forest, 'hex') FROM models),
    'flows', json_agg(json_build_array(bidirectional_packets, bidirectional_bytes)),
    'predicted', json_agg(model_prediction)) FROM classified"""


@dataclass(eq=False)
class Block:
    line: int
    language: str
    same: bool  # prints what the program before it prints
    error: str  # what it says instead of an answer, or None
    text: str

    @property
    def file(self):
        """The name of the file that it is, or None."""
        found = FILE.match(self.text) if self.language == 'python' else None
        return found.group(1) if found else None

    def __str__(self):
        return 'line %d' % self.line


def blocks(captures):
    with open(PAGE) as file:
        page = file.read()
    found = []
    for match in FENCE.finditer(page):
        line, language, kind, text, error = page.count('\n', 0, match.start()) + 1, *match.groups()
        text = text.replace('/captures/', captures + '/')
        found.append(Block(line, language, kind == ' prints the same', error if kind == ' is an error' else None, text))
    return found


class Page:
    def __init__(self, dsn, captures, directory, python):
        """`python`: that of a venv with NFStream, or None."""
        self.dsn, self.directory, self.python, self.blocks = dsn, directory, python, blocks(captures)
        os.makedirs(directory, exist_ok=True)
        for block in self.blocks:
            if block.file:
                with open(os.path.join(directory, block.file), 'w') as file:
                    file.write(block.text.partition('\n')[2])

    def psql(self, script, database):
        options = ['-X', '-q', '-A', '-t', '-F', ' ', '-d', '%s dbname=%s' % (self.dsn, database)]
        return subprocess.run(['psql', *options], input=script, capture_output=True, text=True, cwd=self.directory)

    def ask(self, query, database=DATABASE):
        return self.psql(query, database).stdout.strip()

    def run_sql(self, wanted):
        """What each block printed, and what it was told: two dictionaries by block."""
        mark = '\\echo @@\n\\warn @@\n'
        self.psql('DROP DATABASE IF EXISTS %s;\nCREATE DATABASE %s;' % (DATABASE, DATABASE), 'postgres')
        script = mark + mark.join(block.text + ';\n' for block in wanted)
        ran = self.psql('SET client_min_messages = warning;\n' + script, DATABASE)
        return [dict(zip(wanted, text.split('@@\n')[1:])) for text in (ran.stdout, ran.stderr)]

    def check(self):
        group, same = Group('doc/plugins.md runs'), Group('doc/plugins.md: the same in Python and SQL')
        wanted = [block for block in self.blocks if block.language == 'sql']
        has_plpython = self.ask("SELECT 1 FROM pg_available_extensions WHERE name = 'plpython3u'", 'postgres')
        if not has_plpython:
            group.note('not run: what needs PL/Python, which this server does not have')
            wanted = [block for block in wanted if not OF_PLPYTHON.search(block.text)]
        printed, told = self.run_sql([*wanted])
        for block in wanted:
            said = told.get(block, 'ERROR: the session broke off')
            wrong = re.findall(r'(?:ERROR|FATAL): .*', said)
            if block.error is not None:
                wrong = [] if said == block.error else ['it says ' + said]
            group.judge(block, '; '.join(wrong) or None)
        reference = None
        for block in self.blocks:
            if block.language == 'python' and not block.file:
                reference = self.run_python(group, block) if self.python else None
            elif block.same and reference is None:
                reference = printed.get(block)
                same.judge(block, None if reference else 'it prints nothing')
            elif block.same:
                same.judge(block, difference(reference, printed.get(block, '')))
        yield from (group, same, self.as_specified())
        if has_plpython:
            yield self.predictions()

    def run_python(self, group, block):
        ran = subprocess.run([self.python, '-c', block.text], capture_output=True, text=True, cwd=self.directory, timeout=120)
        group.judge(block, ran.stderr if ran.returncode or not ran.stdout else None)
        return ran.stdout

    def as_specified(self):
        """The classes of the specification stand there as they are in its files."""
        group, files = Group('doc/plugins.md has the classes of the specification'), {b.file: b.text for b in self.blocks if b.file}
        for file in examples.RESTORED:
            wanted, got = (examples.lines_of(text) for text in (examples.source(file), files.get(file, '')))
            group.judge(file, None if got[1:] == wanted else 'another text')
        return group

    def predictions(self):
        """The model that was trained in the database says the same in the meter and here."""
        group = Group('doc/plugins.md: the forest that was trained in the database')
        found = json.loads(self.ask(PREDICTED) or '{}')
        if not found.get('flows'):
            group.judge('model_prediction', 'there is none')
            return group
        forest = pickle.loads(bytes.fromhex(found['forest']))
        wanted = [[int(label)] for label in forest.predict(found['flows'])]
        group.judge("scikit-learn's own", None if found['predicted'] == wanted else 'other predictions')
        group.judge('both answers', None if len({str(label) for label in wanted}) == 2 else 'always the same')
        group.note('%d flows, %d of a social network' % (len(wanted), wanted.count([1])))
        return group


def difference(expected, got):
    """The first line that differs, or None."""
    lines = [text.splitlines() for text in (expected, got)]
    for number, (one, other) in enumerate(zip(*lines)):
        if one != other:
            return 'line %d: %r, expected %r' % (number + 1, other, one)
    return None if len(lines[0]) == len(lines[1]) else '%d lines, expected %d' % (len(lines[1]), len(lines[0]))
