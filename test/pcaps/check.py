#!/usr/bin/python3
"""check.py - are the captures what README.md says?

    check.py [--update] [--model FILE] [DIRECTORY]

1. Each capture of DIRECTORY (by default the one that this script lies in) has one row in README.md's tables, and each
   row has its capture.
2. A composed capture's bytes are what compose.py writes; its row in README.md is what its story tells.
3. capinfos counts as many packets as the table says.
4. The reference model (by default ../shared/tools/model.py, where the project has it beside it) ignores as many packets
   and gives as many rows as the table says; and for a composed capture the very rows that its story tells.

--update writes README.md's rows anew: the numbers of recorded captures (after record.sh) from the model, the rows of
composed ones from their stories.  Exit status 1 if anything differs.
"""
import argparse
import importlib.util
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import compose                                              # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROW = re.compile(r'^\| `([\w.]+)` \| (.*) \| (\S+) \| (\S+) \| (\S+) \|$', re.M)
NO_CAPTURE = ('–', '–', 'error')                            # packets, ignored, rows of a file that is none


def load_model(path):
    spec = importlib.util.spec_from_file_location('model', path)
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    return model


def metered(model, path):
    """Rows as dictionaries, number of packets ignored; None, 0 where the model says that this is no capture."""
    account = {}
    try:
        rows = model.meter(str(path), {}, model.OURS, None, account)
    except ValueError:
        return None, 0
    names = model.columns(dict(model.DEFAULTS))
    return [dict(zip(names, row)) for row in rows], sum(account.values()) - account.get('metered', 0)


def numbers(rows, ignored):
    """The three cells of the table."""
    if rows is None:
        return NO_CAPTURE
    return str(sum(r['bidirectional_packets'] for r in rows) + ignored), str(ignored), str(len(rows))


def told(story):
    return numbers(None if story.fails else list(story.rows.values()), story.ignored)


def counted_by_capinfos(path):
    """None where capinfos finds the file damaged."""
    run = subprocess.run(['capinfos', '-Mrc', '-T', path], capture_output=True, text=True)
    return run.stdout.split('\t')[1].strip() if run.returncode == 0 else None


def unlike(story, rows):
    """What the story tells and the model does not give: each expected row is to find one of its own."""
    left, missing = list(rows or []), []
    for key, expected in story.rows.items():
        found = next((r for r in left if all(r[c] == v for c, v in expected.items())), None)
        if found is None:
            missing.append('no row %r with %r' % (key, expected))
        else:
            left.remove(found)
    return missing + ['a row too much: %r' % row for row in left]


def check(directory, model, update):
    readme = directory / 'README.md'
    text = readme.read_text()
    table = {m[1]: (m[0], m[2], m.groups()[2:]) for m in ROW.finditer(text)}
    files = {p.name for p in directory.iterdir() if p.suffix in ('.pcap', '.pcapng')}
    wrong = ['%s: not in README.md' % name for name in sorted(files - set(table))]
    wrong += ['%s: in README.md, but no such file' % name for name in sorted(set(table) - files)]

    for name in sorted(files & set(table)):
        path, (line, description, written) = directory / name, table[name]
        rows, ignored = metered(model, path) if model else (None, 0)
        right = numbers(rows, ignored) if model else written
        if name in compose.STORIES:
            story, description = compose.STORIES[name](), ' '.join(compose.STORIES[name].__doc__.split())
            right = told(story)
            if story.bytes() != path.read_bytes():
                wrong.append('%s: compose.py writes other bytes' % name)
            if model:
                wrong += ['%s: the model has %s' % (name, what) for what in unlike(story, rows)]
                if numbers(rows, ignored) != right:
                    wrong.append('%s: the model counts %s / %s / %s' % (name, *numbers(rows, ignored)))
        if right != NO_CAPTURE and counted_by_capinfos(path) not in (None, right[0]):
            wrong.append('%s: capinfos counts %s packets' % (name, counted_by_capinfos(path)))
        better = '| `%s` | %s | %s | %s | %s |' % (name, description, *right)
        if update:
            text = text.replace(line, better)
        elif line != better:
            wrong.append('%s: README.md should say\n  %s' % (name, better))
    if update:
        readme.write_text(text)
    return len(files), wrong


def main():
    parser = argparse.ArgumentParser(description='are the captures what README.md says?')
    parser.add_argument('--update', action='store_true')
    parser.add_argument('--model', type=pathlib.Path, default=HERE.parents[2] / 'shared/tools/model.py')
    parser.add_argument('directory', nargs='?', type=pathlib.Path, default=HERE)
    arguments = parser.parse_args()
    model = load_model(arguments.model) if arguments.model.exists() else None
    count, wrong = check(arguments.directory, model, arguments.update)
    print(*wrong, sep='\n', end='\n' if wrong else '')
    print('%d captures, %d differences' % (count, len(wrong)) + ('' if model else ', but no model to ask'))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
