#!/usr/bin/python3
"""Plugins: compares rows, ids and what plugins leave in flows with NFStream's own, running the same classes.

    run.py --dsn 'host=/path/socket dbname=plugins' --meter build/nfstream_meter --build DIRECTORY [--peer] [--shared DIRECTORY] [--only WORD]

The classes are the three examples of the specification as they stand there (specification/; examples.py lists what its text
lost), each with several arguments (variants.py), in all the forms in which the extension has them: the same class as a Python
plugin, bundled, and in C as a third party's. For each capture, variant and form there is a result.

With --peer NFStream itself is asked, on all captures; else the rows of it are compared with that are stored in nfstream/ and,
where there is a shared directory, in its data/options. What METERING.md's part one has otherwise than NFStream is accounted for
as in test/conformance: by the model in its two modes, with the plugin (model_of_plugins.py).

The bundled plugins that parse packets are held against NFStream's classes and tshark (packet_plugins.py).

The predictions of the third example are also held against scikit-learn's, asked here, outside of the database. And
doc/plugins.md is run as it is written (page.py).

    run.py ... --peer --store       writes nfstream/ anew
"""

import argparse
import json
import os
import sys
import time
from functools import cached_property

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(os.path.dirname(HERE), 'conformance')]

import captures as captures_at_hand  # noqa: E402
import checks_reference  # noqa: E402
import examples  # noqa: E402
import forest as forests  # noqa: E402
import model_of_plugins  # noqa: E402
import nfstream_rows  # noqa: E402
import packet_plugins  # noqa: E402
import page  # noqa: E402
import product  # noqa: E402
import reference  # noqa: E402
from report import Group, Report  # noqa: E402
from table import LABELS, Table, from_csv_file  # noqa: E402
from variants import FORMS, PYTHON, STORED, VARIANTS, forms_of  # noqa: E402
from venvs import NoPackage  # noqa: E402

TREE = os.path.dirname(os.path.dirname(HERE))
OPTIONS = {
    'n_dissections': '0',
    'statistical_analysis': 'true',
    'splt_analysis': '10',
    'idle_timeout': '120',
}
# The captures of the project's own of which NFStream's rows are stored.
STORED_CAPTURES = ('dhcp.pcap', 'http.pcap', 'icmp.pcap', 'ipv6.pcap', 'quic.pcap', 'tls.pcap', 'tunnel_gtp.pcap')
# Of which the forest learns: with and without social networks.
TRAINING = ('facebook.pcap', 'instagram.pcap', 'google_ssl.pcap', 'skype.pcap', 'twitter.pcap')
TRAINING_OF_OWN = ('tls.pcap', 'http.pcap', 'busy.pcap')

# The word for the bundled plugins that parse packets.
PACKETS = 'packets'

ADD_COLUMN = 'ALTER FOREIGN TABLE flows ADD udps json;\n'
QUERY = """ALTER FOREIGN TABLE flows OPTIONS (ADD udps '%s');
COPY (SELECT :columns, udps FROM flows) TO STDOUT (FORMAT csv, HEADER, NULL '\\N');
ALTER FOREIGN TABLE flows OPTIONS (DROP udps);
"""


class Run:
    def __init__(self, arguments):
        self.build, self.shared, self.only, self.meter = arguments.build, arguments.shared, arguments.only, arguments.meter
        self.product = product.Sql(arguments.dsn, self.build)
        self.captures = captures_at_hand.find(self.shared, os.path.join(TREE, 'test', 'pcaps'), arguments.pcaps)
        self.own = [capture for capture in self.captures if capture.name in STORED_CAPTURES and capture.collection == 'own']
        self.of_peer = [capture for capture in self.captures if capture.collection in ('pcaps', 'given')]
        self.variants = [variant for variant in VARIANTS if not self.only or self.only in variant.name]
        self.answered, self.referred = {}, {}

    @cached_property
    def models(self):
        return model_of_plugins.Models(self.shared) if self.shared else None

    @cached_property
    def forest(self):
        """Trained on rows that the extension has of some captures; nothing of what is compared depends on what it says."""
        wanted = TRAINING if self.shared else TRAINING_OF_OWN
        at_hand = captures_at_hand.find(self.shared, os.path.join(TREE, 'test', 'pcaps'), [])
        known = [capture for capture in at_hand if capture.name in wanted and capture.collection in ('pcaps', 'own')]
        answers = self.product.ask(known, OPTIONS | {'n_dissections': '20'}, [product.ALL_COLUMNS])
        return forests.train([answer.outcome().table for (answer,) in answers.values()])

    @cached_property
    def pickled(self):
        path = os.path.join(self.build, 'forest.pickle')
        with open(path, 'wb') as file:
            file.write(forests.to_pickle(self.forest))
        return path

    def reference(self, capture, variant):
        """What the model's two modes have, asked once."""
        key = capture, variant
        if key not in self.referred:
            found = self.models.reference(capture, variant, OPTIONS)
            for table in filter(None, (found.ours, found.peer)):
                if variant.has_model:
                    asked = forests.predictions(self.forest, table)
                    table.rows = [(*row[:-1], json.dumps({'model_prediction': one})) for row, one in zip(table.rows, asked)]
                table.rows = canonical(table).rows
            self.referred[key] = found
        return self.referred[key]

    def prepare(self):
        """The Python plugins and the table of models."""
        script = ''
        for variant in VARIANTS:
            for use in variant.uses:
                name, source = FORMS[PYTHON][use.plugin], examples.source(use.file)
                call = 'SELECT nfstream_create_plugin(%s, $source$%s$source$)' % (product.quoted(name), source)
                script += '%s WHERE NOT EXISTS (SELECT FROM nfstream_plugins WHERE name = %s);\n' % (call, product.quoted(name))
        with open(self.pickled, 'rb') as file:
            pickled = file.read().hex()
        script += 'CREATE TABLE IF NOT EXISTS public.models (forest bytea);\nTRUNCATE public.models;\n'
        script += "INSERT INTO public.models VALUES ('\\x%s');\n" % pickled
        self.product.psql('\\set ON_ERROR_STOP on\n\\o /dev/null\n' + script, 'public')

    def ask(self, captures):
        """The Outcome of each capture, variant and form."""
        wanted = [(variant, form) for variant in self.variants for form in forms_of(variant)]
        missing = [capture for capture in captures if capture not in self.answered]
        queries = [QUERY % variant.option(FORMS[form]).replace("'", "''") for variant, form in wanted]
        queries[0] = ADD_COLUMN + queries[0]
        for capture, answers in self.product.ask(missing, OPTIONS, queries).items():
            outcomes = [answer.outcome() for answer in answers]
            self.answered[capture] = {key: with_canonical_udps(outcome) for key, outcome in zip(wanted, outcomes)}
        return {capture: self.answered[capture] for capture in captures}


def canonical(table):
    """JSON in one form, members in their order; nothing left is an empty object."""
    if 'udps' not in table.columns:
        return table
    at = table.columns.index('udps')
    show = lambda text: json.dumps(json.loads(text or '{}'))
    return Table(table.columns, [(*row[:at], show(row[at]), *row[at + 1 :]) for row in table.rows])


def with_canonical_udps(outcome):
    outcome.table = canonical(outcome.table)
    return outcome


def stored_options(path):
    """Rows of the shared directory: what a plugin left is in columns of its own, and becomes one."""
    found = from_csv_file(path)
    names = [name for name in found.columns if name.startswith('udps.')]
    rest = found.without([*names, *LABELS])
    left = [
        json.dumps({name.removeprefix('udps.'): json.loads(value) for name, value in zip(names, row)})
        for row in found.only(names).rows
    ]
    return Table((*rest.columns, 'udps'), [(*row, udps) for row, udps in zip(rest.rows, left)]) if rest.columns else found


def judge(run, group, capture, variant, theirs, outcome):
    """Against NFStream's rows; where these are not the same, one by one, as the model in its two modes says they may differ."""
    if outcome.errors:
        group.judge(capture, outcome.errors[0])
        return
    trial = checks_reference.peer_group(group.name)
    checks_reference.against_peer(trial, None, theirs, outcome, capture)
    if trial.failures and run.models:
        trial = checks_reference.peer_group(group.name)
        checks_reference.against_peer(trial, run.reference(capture, variant), theirs, outcome, capture)
    group.passed += trial.passed
    group.failures += trial.failures
    for count in ('rows', 'ordered', 'reordered', 'departed'):
        setattr(group, count, getattr(group, count) + getattr(trial, count))


def against_nfstream(run, what, theirs):
    """A group for each variant and form. `theirs`: by capture and variant, tables."""
    captures = sorted({capture for capture, _ in theirs}, key=lambda capture: capture.name)
    outcomes = run.ask(captures)
    for variant in run.variants:
        known = [capture for capture in captures if (capture, variant) in theirs]
        for form in forms_of(variant) if known else ():
            group = checks_reference.peer_group('%s, %s: %s' % (variant.name, form, what))
            for capture in known:
                judge(run, group, capture, variant, theirs[capture, variant], outcomes[capture][variant, form])
            yield checks_reference.tell_of_peer(group)


def forms_alike(run, captures):
    """All forms give the same."""
    outcomes = run.ask(captures)
    for variant in run.variants:
        first, *others = forms_of(variant)
        if not others:
            continue
        group = Group('%s: %s give the same' % (variant.name, ' and '.join([first, *others])))
        for capture in captures:
            one = outcomes[capture][variant, first]
            for form in others:
                other = outcomes[capture][variant, form]
                told = one.errors + other.errors
                group.judge(capture, told[0] if told else None if one.table == other.table else 'other rows')
        yield group


def outside(run, captures):
    """The predictions are scikit-learn's."""
    outcomes = run.ask(captures)
    for variant in run.variants:
        if not variant.has_model:
            continue
        group, flows, ones = Group("%s: scikit-learn's own predictions" % variant.name), 0, 0
        for capture in captures:
            outcome = outcomes[capture][variant, PYTHON]
            if outcome.errors:
                group.judge(capture, outcome.errors[0])
                continue
            got = [json.loads(udps)['model_prediction'] for (udps,) in outcome.table.only(['udps']).rows]
            wanted = forests.predictions(run.forest, outcome.table)
            group.judge(capture, None if got == wanted else 'other predictions')
            flows, ones = flows + len(got), ones + got.count([1])
        group.note('%d flows, %d of them of a social network' % (flows, ones))
        group.judge('both answers', None if 0 < ones < flows else 'the forest knows one answer only')
        yield group


def as_specified(shared):
    """The files are the specification's text, where it is at hand."""
    group, directory = Group("the specification's examples"), os.path.join(shared, 'spec')
    text = ''
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name)) as file:
            text += file.read()
    for file in examples.RESTORED:
        group.judge(file, '; '.join(examples.differences(file, text)) or None)
    return group


def stored(run):
    """NFStream's rows that are kept: of the project's own captures in the tree, of the shared ones in the shared directory."""
    found = {
        (capture, variant): nfstream_rows.stored(capture, variant)
        for capture in run.own
        for variant in run.variants
        if not variant.has_model
    }
    for name, variant in STORED.items():
        for capture in run.of_peer if variant in run.variants and run.shared else ():
            path = os.path.join(run.shared, 'data', 'options', name, capture.name + '.csv.gz')
            if os.path.exists(path):
                found[capture, variant] = stored_options(path)
    return {key: canonical(table) for key, table in found.items()}


def checks(run, report, arguments):
    if not run.only or run.only == PACKETS:
        yield from packet_plugins.check(run)
    if run.only == PACKETS:
        return
    if run.shared and os.path.isdir(os.path.join(run.shared, 'spec')):
        yield as_specified(run.shared)
    run.prepare()
    captures = list(run.own)
    if arguments.peer:
        captures += run.of_peer
        paths = nfstream_rows.Answers(run.build, run.pickled).ask(captures, run.variants)
        if arguments.store:
            own = {key: path for key, path in paths.items() if key[0] in run.own and not key[1].has_model}
            nfstream_rows.store(own)
        live = {key: canonical(from_csv_file(path)) for key, path in paths.items()}
        yield from against_nfstream(run, "NFStream's rows", live)
    else:
        kept = stored(run)
        yield from against_nfstream(run, "NFStream's stored rows", kept)
        captures = list(dict.fromkeys(capture for capture, _ in kept))
    yield from forms_alike(run, captures)
    yield from outside(run, captures)
    if not run.only:
        python = nfstream_rows.python(run.build) if arguments.peer else None
        where = os.path.join(run.build, 'plugins_page')
        yield from page.Page(arguments.dsn, os.path.join(TREE, 'test', 'pcaps'), where, python).check()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--dsn', required=True, help='connection string of the cluster')
    parser.add_argument('--meter', required=True, help='the program nfstream_meter')
    parser.add_argument('--shared', default=os.path.join(TREE, '..', 'shared'), help='the shared directory, if it is there')
    parser.add_argument('--build', required=True, help='where to install NFStream and to keep its rows')
    parser.add_argument('--pcaps', nargs='+', default=[], help='compare on these captures instead')
    parser.add_argument('--only', help="the variants with this word in their name, or 'packets': dhcp, mdns and ja4")
    parser.add_argument('--peer', action='store_true', help='ask NFStream itself')
    parser.add_argument('--store', action='store_true', help="keep NFStream's rows of the project's own captures in the tree")
    arguments = parser.parse_args()
    arguments.build, arguments.shared = os.path.abspath(arguments.build), os.path.abspath(arguments.shared)
    if not os.path.isdir(os.path.join(arguments.shared, 'data')):
        arguments.shared = None
    return arguments


def main():
    arguments = parse()
    os.makedirs(arguments.build, exist_ok=True)
    report = Report(os.path.join(arguments.build, 'plugins.txt'))
    if arguments.peer:
        try:
            nfstream_rows.python(arguments.build)
        except NoPackage as reason:
            report.skip('NFStream itself', reason)
            arguments.peer = False
    start = time.monotonic()
    for group in checks(Run(arguments), report, arguments):
        report.add(group, time.monotonic() - start)
        start = time.monotonic()
    return report.close()


if __name__ == '__main__':
    sys.exit(main())
