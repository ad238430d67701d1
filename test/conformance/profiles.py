"""The option profiles under test: one row each.

A profile is a set of options of a foreign table, as SQL.md names them, and the name of the directories that hold
NFStream's stored rows for it.
"""

from dataclasses import dataclass

import random_capture

FULL = {'statistical_analysis': 'true', 'splt_analysis': '10'}


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
