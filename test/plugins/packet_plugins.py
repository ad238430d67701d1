"""The bundled plugins that parse packets: dhcp and mdns against NFStream's, ja4 against tshark's."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import product
import tshark_ja4
from nfstream_messages import MESSAGES, capture_of, expected_of
from report import Group
from table import LABELS, from_csv_file

# No flow is cut: an answer is one of the whole flow.
WHOLE_FLOWS = {'n_dissections': '0', 'idle_timeout': '4294967', 'active_timeout': '4294967'}
# As the stored rows were made.
STORED = {'n_dissections': '0'}


def rows(outcome):
    """A dictionary for each flow, with what its plugin left as one."""
    for row in outcome.table.rows:
        flow = dict(zip(outcome.table.columns, row))
        yield flow | {'udps': json.loads(flow['udps'])}


def ask(run, captures, options, plugin):
    """The Outcome of each capture, from the program by hand."""

    def one(capture):
        arguments = ['--%s=%s' % option for option in (options | {'udps': plugin}).items()]
        ran = subprocess.run([run.meter, *arguments, *capture.paths], capture_output=True)
        damaged = ran.returncode and not ran.stdout
        return product.Outcome(ran.stdout, tuple(ran.stderr.decode().splitlines()) if damaged else ())

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(captures, threads.map(one, captures)))


def fingerprints(run):
    """Each flow has the JA4 that tshark has, and no flow another."""
    command, known = tshark_ja4.program(), tshark_ja4.known()
    of_known = lambda capture: '%s/%s' % (capture.collection, os.path.basename(capture.name))
    found = [capture for capture in run.captures if capture.collection in ('own', 'pcaps', 'synthetic', 'given')]
    captures = [capture for capture in found if command or of_known(capture) in known]
    if command:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            told = threads.map(lambda capture: tshark_ja4.answers(command, capture.paths[0]), captures)
            wanted = dict(zip(captures, told))
    else:
        wanted = {capture: known[of_known(capture)] for capture in captures}
    group, count = Group("ja4: tshark's %s" % ('answers' if command else 'known answers')), 0
    for capture, outcome in ask(run, captures, WHOLE_FLOWS, 'ja4').items():
        if outcome.errors:
            group.judge(capture, outcome.errors[0])
            continue
        got = {}
        for flow in rows(outcome):
            if flow['udps']['ja4'] is not None:
                got.setdefault(frozenset([(flow['src_ip'], flow['src_port']), (flow['dst_ip'], flow['dst_port'])]), flow['udps']['ja4'])
        other = [(sorted(ends), wanted[capture].get(ends), got.get(ends)) for ends in {*got, *wanted[capture]}
                 if wanted[capture].get(ends) != got.get(ends)]
        group.judge(capture, '%d flows, the first: %s: tshark %s, ja4 %s' % (len(other), *other[0]) if other else None)
        count += len(got)
    group.note('%d flows with a fingerprint' % count)
    return group


def stored(run, plugin):
    """NFStream's stored rows. Where MDNS has no names, as over IPv6 or beside a record of NSEC, tshark 4.0.17's names stand."""
    with open(os.path.join(tshark_ja4.HERE, 'tshark_mdns.json')) as file:
        names_of = json.load(file)  # of mdns.pcap, by source: all that its answers' PTR records point to
    directory = os.path.join(run.shared, 'data', 'options', 'udps_' + plugin)
    names = {name.removesuffix('.csv.gz') for name in os.listdir(directory)}
    captures = [capture for capture in run.captures if capture.collection == 'pcaps' and capture.name in names]
    group = Group("%s: NFStream's stored rows" % plugin)
    for capture, outcome in ask(run, captures, STORED, plugin).items():
        table = from_csv_file(os.path.join(directory, capture.name + '.csv.gz'))
        told = []
        wanted = sorted((dict(zip(table.columns, row)) for row in table.rows), key=first_seen)
        for theirs, ours in zip(wanted, sorted(rows(outcome), key=first_seen)):
            left = {name.removeprefix('udps.'): value for name, value in theirs.items() if name.startswith('udps.')}
            theirs = {name: value for name, value in theirs.items() if not name.startswith('udps.') and name not in (*LABELS, 'id')}
            told += [name for name, value in theirs.items() if ours[name] != value]
            if left.get('mdns_ptr') == '[]':
                left['mdns_ptr'] = as_shown(names_of.get(theirs['src_ip'], []))
            if [(name, as_shown(value)) for name, value in ours['udps'].items()] != list(left.items()):
                told.append('%s of flow %s where NFStream has %s' % (ours['udps'], ours['id'], left))
        if outcome.errors or len(wanted) != len(outcome.table.rows):
            told.append(outcome.errors or 'other rows')
        group.judge(capture, 'other: %s' % told if told else None)
    return group


def first_seen(flow):
    """In this order flows stand alike in both, whose ids are those of the order in which they end."""
    return int(flow['bidirectional_first_seen_ms']), flow['src_ip'], int(flow['src_port']), flow['dst_ip']


def as_shown(value):
    """As the stored rows show a value: JSON, but for texts and None."""
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def messages(run, plugin):
    """Random messages: what NFStream's class left of each, where it left anything."""
    group, compared = Group("%s: NFStream's class on random messages" % plugin), 0
    capture = capture_of(plugin, os.path.join(run.build, plugin + '_messages.pcap'))
    ((_, outcome),) = ask(run, [capture], WHOLE_FLOWS, plugin).items()
    got = {int(flow['src_port']): flow for flow in rows(outcome)}
    for number, message in enumerate(MESSAGES[plugin]):
        flow, wanted = got.get(1024 + number), expected_of(plugin, message)
        if wanted and wanted[0].get('dhcp_57'):
            wanted[0]['dhcp_57'] = min(wanted[0]['dhcp_57'], 2**63 - 1)  # the greatest bigint
        if flow is None or (wanted is not None and (flow['udps'], int(flow['expiration_id'])) != wanted):
            group.judge('message %d' % number, 'NFStream: %s, here: %s' % (wanted, flow and (flow['udps'], flow['expiration_id'])))
        else:
            group.judge('message %d' % number, None)
        compared += wanted is not None
    group.note('%d of %d are compared: NFStream ends with the others' % (compared, len(MESSAGES[plugin])))
    return group


def check(run):
    yield fingerprints(run)
    for plugin in ('dhcp', 'mdns'):
        if run.shared:
            yield stored(run, plugin)
        yield messages(run, plugin)
