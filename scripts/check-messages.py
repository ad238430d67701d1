#!/usr/bin/env python3
"""Tests, in TAP, that the table of messages (test/messages/*.txt) has a row for every text that the extension says to a user.

    check-messages.py           one test for each source file with texts
    check-messages.py --list    prints each text, and the rows that show it

A text is what stands in an errmsg(), errdetail() or errhint() of src/pg, or in a choice between such; what else src/pg fills in
there as words; a hint of src/wire; what the engine finds wrong with a capture; and what nfstream_meter by hand complains of. It is
shown if a row has a line that is the text with something in the place of each conversion, as a primary message, DETAIL or HINT,
whichever it is. A line that could be several texts is the one with the most letters of its own. So a text that is changed, or
new, has to be read once more as a user reads it, and 024_messages.pl tests that it is what is said.
"""
import argparse
import glob
import os
import re
import sys

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What the table shows of a text: all of a line after its lead, or some words in one.
PRIMARY, DETAIL, HINT, PLAIN, WORDS = 'primary', 'DETAIL', 'HINT', 'nfstream_meter', 'words'

# Who says something, where: a regular expression up to the argument that is the text, and what that is.
SPEAKERS = [
    ('src/pg/*/*.c', r'\berrmsg(?:_plural)?\(', PRIMARY),
    ('src/pg/*/*.c', r'\berrdetail(?:_plural)?\(', DETAIL),
    ('src/pg/*/*.c', r'\bGUC_check_errdetail\(', DETAIL),
    ('src/pg/*/*.c', r'\berrhint(?:_plural)?\(', HINT),
    ('src/pg/workers/failure.c', r'\.message = (?=")|#define (?:METER_FAILED|CAPTURE_UNREADABLE|FILTER_REFUSED)\s+', PRIMARY),
    ('src/pg/workers/failure.c', r'\.detail = (?=")|#define FILTERED_CAPTURE\s+', DETAIL),
    ('src/pg/workers/failure.c', r'\.hint = (?=")|#define (?:METER|PLUGIN)_BROKEN\s+', HINT),
    ('src/pg/workers/progress_text.c', r'\breturn psprintf\((?="%sIt )', DETAIL),
    ('src/pg/workers/sockets.c', r'\breturn (?:psprintf\()?(?="[A-Z])', DETAIL),
    ('src/pg/workers/merge_link.c', r'\blying_meter\(', WORDS),
    ('src/pg/workers/reading_order.c', r'\breturn (?="a)', WORDS),
    ('src/pg/source/glob.c', r'\bbound = |\breturn (?="[A-Z])', DETAIL),
    ('src/pg/source/source_errors.c', r'\{S_IF\w+, ', WORDS),
    ('src/pg/source/source_errors.c', r'\.(?:glob_)?hint = (?=")|#define NOT_A_FILE\s+|\{(?:is|has)_\w+, (?=")', HINT),
    ('src/pg/functions/anonymize.c', r'\bcheck_bytes\(', WORDS),
    ('src/pg/options/privileges.c', r'\brefuse_bound\("\w+", ', WORDS),
    ('src/pg/functions/to_table.c', r'\breturn (?="a)', WORDS),
    ('src/wire/filter_hint.c', r'\bsnprintf\(hint, FILTER_HINT_MAX,\s*', HINT),
    ('src/wire/foreign.c', r'\[FOREIGN_\w+\] = (?=")|#define \w+\(program\)\s+', HINT),
    ('src/wire/foreign.c', r'\[FOREIGN_\w+\] = [A-Z]+\(', WORDS),
    ('src/engine/source/foreign.c', r'\{FOREIGN_\w+, ', WORDS),
    ('src/engine/source/compression.c', r'\[DAMAGE_\w+\] = ', WORDS),
    ('src/engine/source/capture*.c', r'\bcapture_damaged\(\w+, FAILURE_\w+, ', WORDS),
    ('src/engine/source/capture*.c', r'\breturn (?="[a-z])|#define \w+\s+(?="\w+ )|\btext = (?="[a-z])|\bsnprintf\((?:text|version), [^,]+, ', WORDS),
    ('src/meter/*.c', r'\bcomplain\((?:NULL|"[^"]*"|\w+\([^()]*\)|[^,]+), ', PLAIN),
]

# What no row can bring about, and why.
NOT_SHOWN = {
    'this host has more sockets than processes are kept of': 'it takes 65,536 of them',
    'Room is for about %d, those of connections that have ended lately included. For some flows process_pid is -1.': 'the same',
    'nfstream_sockets does not get to look at the processes': 'somebody would have to stop its child: part live does, in test_processes.py',
    'Its child, which looks at them, has not answered for some seconds: it may have been stopped. Until it does, process_pid is -1 for flows of new sockets.':
        'the same',
    '%s packets received, %s of them dropped by the kernel and %s left unread': 'a meter would have to capture: part live does, by root',
    "%s packets are longer than the interface's MTU: the card or the kernel has put several together (GRO, LRO), which "
    '"ethtool -K %s gro off lro off" ends': 'the same',
    "An administrator of the server's machine has to let its service or container have the capability cap_net_raw.":
        'a service would have to withhold it: part live does, in test-install-capture.sh',
    'bad magic number in dynamic shared memory segment': 'another program would have to write into the segment of a scan',
    'a worker of the scan ended before its work was done': 'a worker that is killed takes the whole server with it',
    "The server's log may say why.": 'the same',
    'could not generate a random key': 'the system would have to be without random numbers',
    'could not get memory for a secret key': 'the session itself would be without memory first',
    'the system has no random number': 'the system would have to be without random numbers',
    'The machine is out of memory.': 'fork() would have to fail for want of memory',
    'could not look up the interfaces of this host: %m': 'the system would have to refuse netlink to the server',
    'this kernel cannot keep sources in directory "%s"': 'the kernel would have to be older than Linux 5.6',
    'It has no openat2().': 'the same',
    'Linux has it from 5.6 on. On a server without the option "directory" it is not needed.': 'the same',
    'could not hand a capture to a meter: %s': 'another program has to be in the way: 007_sources.pl',
    "Processes of the server's operating system user have too many descriptors on their way to each other: wait for them, or let the server open more files (ulimit -n).": 'the same',
    'a meter has closed its channel and does not end': 'it takes a file system that hangs',
    'A glob may have at most %s bytes.': 'a source that is longer is no source',
    'too many files': 'it takes 2^36 of them',
    'Set flows_per_file to more, or rotate_files.': 'the same',
    'cannot open %s captures: %s': 'dup2() would have to fail',
    'a pickle is too large': 'it takes more than 256 MB',
    'the plugins of a scan and their arguments are too long': 'it takes more than 1 GB',
    'They have %s bytes, and may have %s.': 'the same',
    'could not create memory for the plugins of a meter: %m': 'the system would have to be without memory or descriptors',
    'plugin "%s" is a shared object of the server': "it takes a file in the server's directory of libraries",
    'plugin "%s" cannot be described: %s': 'the same',
    'A shared object is made with the header nfstream_plugin.h of this installation.': 'the same',
    'Plugins in Python run where the kernel has Landlock: Linux 5.13 or later, with "landlock" in /sys/kernel/security/lsm. Plugins in C run without it.': 'the kernel would have to be one without Landlock',
    'cannot give up %s': 'the kernel would have to be one without seccomp',
}

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
# A literal, or a macro that is one, as UINT64_FORMAT, PRIu64 (after its %), CppAsString2(MOST), or a macro's own parameter.
PIECE = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|PRI[dux]\d+()|([A-Z][A-Z0-9_]+|CppAsString2\(\w+\)|program)(?=\s*(?:"|[,;:)]|$)))')
CONVERSION = re.compile(r'%(?:[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j)?[a-zA-Z])')
# In a row: what the system, a library or the moment says.
ANYTHING = re.compile(r"<[a-z ']+>")


def unescape(text):
    return text.replace('\\"', '"').replace('\\n', '\n').replace('\\\\', '\\')


def arguments(source, start):
    """The text from here to the end of the call, the initialiser or the statement in which it stands."""
    depth, at = 0, start
    while depth > 0 or source[at] not in ')};':
        literal = LITERAL.match(source, at)
        if literal:
            at = literal.end()
            continue
        if source[at] == '\n' and depth == 0 and source[source.rfind('\n', 0, at) + 1] == '#':
            break
        depth += (source[at] in '({[') - (source[at] in ')}]')
        at += 1
    return source[start:at]


def texts_in(call):
    """Each text that stands in an argument, pieces put together; both of a choice."""
    found, at = [], 0
    while at < len(call):
        text, literals = '', 0
        piece = PIECE.match(call, at)
        while piece:
            literals += piece.group(1) is not None
            text += unescape(piece.group(1)) if piece.group(1) is not None else 's' if piece.group(2) is not None else '%s'
            at = piece.end()
            piece = PIECE.match(call, at)
        if literals:
            found.append(text)
        if not text:
            at += 1
    return found


def parts_of(call, speaker):
    """The arguments of a call, without what is before its text: commas apart that stand in no bracket and no literal."""
    parts, depth, at, start = [], 0, 0, 0
    while at < len(call):
        literal = LITERAL.match(call, at)
        if literal:
            at = literal.end()
            continue
        depth += (call[at] in '({[') - (call[at] in ')}]')
        if call[at] == ',' and depth == 0:
            parts.append(call[start:at])
            start = at + 1
        at += 1
    parts.append(call[start:])
    texts = 2 if '_plural' in speaker else 1
    return parts[:texts], parts[texts:]


def is_text(text, kind):
    """Whether words stand in it: not for formats such as "%s%s" alone, nor for a name that is filled in."""
    words = CONVERSION.sub('', text)
    return re.search('[A-Za-z]{2,} ', words + ' ') is not None and (kind != WORDS or ' ' in words.strip())


def said():
    """(file, kind, text) of all that is said, each once."""
    seen = {}
    for pattern, speaker, kind in SPEAKERS:
        names = sorted(glob.glob(os.path.join(TREE, pattern)))
        calls = 0
        for name in names:
            with open(name) as file:
                source = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
            for call in re.finditer(speaker, source):
                calls += 1
                texts, fillings = parts_of(arguments(source, call.end()), call.group())
                if kind == WORDS or call.group().startswith('.'):
                    fillings = []
                for part, what in [(part, kind) for part in texts] + [(part, WORDS) for part in fillings]:
                    for text in texts_in(part):
                        if is_text(text, what):
                            seen.setdefault((what, text), os.path.relpath(name, TREE))
        if calls == 0:
            sys.exit('check-messages.py: nobody speaks as /%s/ in %s' % (speaker, pattern))
    return [(name, kind, text) for (kind, text), name in seen.items()]


def pattern_of(text):
    parts = [re.escape(part.replace('%%', '%').replace('\n', '\n\t')) for part in CONVERSION.split(text.replace('%%', '\0'))]
    return re.compile('.*?'.join(part.replace('\\\0', '%').replace('\0', '%') for part in parts), re.S)


def stretches(line, kind, wanted):
    """Where in a line of a kind a whole text of the wanted kind may stand."""
    if wanted == HINT and kind in (HINT, PLAIN):
        # One hint may follow another.
        stops = [0] + [stop.end() for stop in re.finditer(r'\. (?=[A-Z"])', line)]
        ends = [stop - 1 for stop in stops[1:]] + [len(line)]
        return [(start, end) for start in stops for end in ends if start < end]
    if wanted != kind:
        return []
    # By hand, the name of a capture or an option comes first.
    return [(0, len(line))] + ([(colon.end(), len(line)) for colon in re.finditer(': ', line)] if kind == PLAIN else [])


class Rows:
    """What stands in the table: lines with their kinds, and where."""

    def __init__(self):
        self.lines = []
        for name in sorted(glob.glob(os.path.join(TREE, 'test/messages/*.txt'))):
            with open(name) as file:
                self.read(os.path.basename(name), file.read().split('\n'))
        if not self.lines:
            sys.exit('check-messages.py: test/messages has no rows')

    def read(self, name, lines):
        for number, line in enumerate(lines, 1):
            lead = re.match(r'(?:(ERROR|WARNING|NOTICE|INFO|LOG|FATAL):  [0-9A-Z]{5}: |(DETAIL|HINT):  |(nfstream_meter): )', line)
            if not lead:
                continue
            kind = PRIMARY if lead.group(1) else lead.group(2) or lead.group(3)
            self.lines.append((kind, line[lead.end():], '%s:%d' % (name, number)))

    def where(self, texts):
        """For each (kind, text) the places of the lines that show it."""
        shown = {key: [] for key in texts}
        patterns = [(key, pattern_of(key[1]), len(CONVERSION.sub('', key[1]))) for key in texts]
        for kind, line, place in self.lines:
            most = 0
            fitting = []
            for key, pattern, letters in patterns:
                if key[0] == WORDS:
                    if pattern.search(line):
                        shown[key].append(place)
                    continue
                if not any(pattern.fullmatch(line[start:end]) for start, end in stretches(line, kind, key[0])):
                    continue
                fitting.append((letters, key))
                most = max(most, letters)
            for letters, key in fitting:
                # Of several hints in one line each is shown; of the others the one that says most of the line itself.
                if letters == most or (key[0] == HINT and not pattern_of(key[1]).fullmatch(line)):
                    shown[key].append(place)
        return shown


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--list', action='store_true')
    chosen = parser.parse_args()
    texts = said()
    shown = Rows().where([(kind, text) for _, kind, text in texts])
    files, missing, known = {}, {}, dict(NOT_SHOWN)
    for name, kind, text in texts:
        places = shown[kind, text]
        if chosen.list:
            print('%s\t%s\t%s\t%s' % (name, kind, text.replace('\n', '\\n'), ' '.join(places) or NOT_SHOWN.get(text, '?')))
        files.setdefault(name, []).append(text)
        if not places and text not in NOT_SHOWN:
            missing.setdefault(name, []).append('%s: %s' % (kind, text))
        if not places:
            known.pop(text, None)
    if chosen.list:
        return 0
    for number, name in enumerate(sorted(files), 1):
        lacking = missing.get(name, [])
        print('%sok %d - the table of messages has each of the %d texts of %s'
              % ('not ' if lacking else '', number, len(files[name]), name))
        for text in lacking:
            print('# ' + text.replace('\n', '\\n'))
    number = len(files) + 1
    print('%sok %d - what no row can show is still said, and not shown' % ('not ' if known else '', number))
    for text in known:
        print('# ' + text)
    print('1..%d' % number)
    return 1 if missing or known else 0


sys.exit(main())
