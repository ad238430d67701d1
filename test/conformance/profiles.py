"""The option profiles under test: one row each.

A profile is a set of options of a foreign table, as SQL.md names them, and the name of the directories that hold
NFStream's stored rows for it.
"""

from dataclasses import dataclass

import plugins
import random_capture

FULL = {'statistical_analysis': 'true', 'splt_analysis': '10'}
IDLE_1_ACTIVE_2 = {'idle_timeout': '1', 'active_timeout': '2'}


def slicer(limit):
    return 'flow_slicer', {'limit': limit}


def splt(sequence_length, accounting_mode):
    return 'splt', {'sequence_length': sequence_length, 'accounting_mode': accounting_mode}


def wfeatures(active_timeout, levels):
    return 'wfeatures', {'active_timeout': active_timeout, 'levels': levels}


@dataclass(frozen=True)
class Profile:
    name: str
    options: dict
    # One of the two that have stored rows of all captures, in a directory of their own.
    of_all: bool = False
    # Its captures are lists of files, named in the directory of stored rows.
    several_files: bool = False
    # Only for the random capture of this seed, from which its options are drawn.
    seed: int = None

    @property
    def dissections(self):
        return int(self.options.get('n_dissections', 20))

    def __hash__(self):
        return hash(self.name)


PROFILES = (
    Profile('plain', {}, of_all=True),
    Profile('full', FULL, of_all=True),
    Profile('acct1', FULL | {'accounting_mode': '1'}),
    Profile('acct2', FULL | {'accounting_mode': '2'}),
    Profile('acct3', FULL | {'accounting_mode': '3'}),
    Profile('idle1_active2', FULL | {'idle_timeout': '1', 'active_timeout': '2'}),
    Profile('idle0', FULL | {'idle_timeout': '0'}),
    Profile('active0', FULL | {'active_timeout': '0'}),
    Profile('idle0_active0', FULL | {'idle_timeout': '0', 'active_timeout': '0'}),
    Profile('notunnel', FULL | {'decode_tunnels': 'false'}),
    Profile('bpf_tcp', FULL | {'bpf_filter': 'tcp'}),
    Profile('bpf_udp53', FULL | {'bpf_filter': 'udp port 53'}),
    Profile('snap96', FULL | {'snapshot_length': '96'}),
    Profile('ndis0', FULL | {'n_dissections': '0'}),
    Profile('ndis1', FULL | {'n_dissections': '1'}),
    Profile('ndis255', FULL | {'n_dissections': '255'}),
    Profile('max5', FULL | {'max_nflows': '5'}),
    Profile('splt255', FULL | {'splt_analysis': '255'}),
    Profile('plain_ndis0', {'n_dissections': '0'}),
    Profile('plain_splt3_notunnel', {'splt_analysis': '3', 'decode_tunnels': 'false'}),
    # Plugins, also beside what else cuts flows and whatever the sizes of the flow's own counters are.
    Profile('udps_slicer1', FULL | plugins.option(slicer(1))),
    Profile('udps_slicer4', FULL | plugins.option(slicer(4))),
    Profile('udps_splt10', FULL | plugins.option(splt(10, 0))),
    Profile('slicer7_acct1', FULL | plugins.option(slicer(7)) | {'accounting_mode': '1'}),
    Profile('slicer7_splt7', FULL | plugins.option(slicer(7), splt(7, 1)) | IDLE_1_ACTIVE_2 | {'accounting_mode': '2'}),
    Profile('splt7_slicer4_max5', FULL | plugins.option(splt(7, 2), slicer(4)) | {'max_nflows': '5'}),
    Profile('slicer4_splt10_idle0', FULL | plugins.option(slicer(4), splt(10, 2)) | {'idle_timeout': '0'}),
    Profile('splt10_acct3', plugins.option(splt(10, 3)) | {'accounting_mode': '3', 'decode_tunnels': 'false'}),
    Profile('wfeatures4', plugins.option(wfeatures(1800, 4)) | {'n_dissections': '0'}),
    Profile('wfeatures6_active2', plugins.option(slicer(40), wfeatures(2, 6)) | IDLE_1_ACTIVE_2 | {'n_dissections': '0'}),
    # A flow may be longer than the time that is looked at.
    Profile('wfeatures1_longer', plugins.option(wfeatures(3, 1)) | {'n_dissections': '0'}),
    Profile('multi', {}, several_files=True),
    Profile('multi_full', FULL, several_files=True),
)


def choose(names, seeds):
    """The profiles of a comma-separated list of names, or of 'all'; among them those of the random captures' seeds."""
    drawn = [
        Profile('drawn %d from %d' % (number, seed), options, seed=seed)
        for seed in seeds
        for number, options in enumerate(random_capture.options(seed))
    ]
    if names == 'all':
        return (*PROFILES, *drawn)
    known = {p.name: p for p in (*PROFILES, *drawn)}
    unknown = [name for name in names.split(',') if name not in known]
    if unknown:
        raise SystemExit('no such profile: %s (there are: %s)' % (', '.join(unknown), ', '.join(known)))
    return tuple(known[name] for name in names.split(','))
