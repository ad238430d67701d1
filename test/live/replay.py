"""Captures that are sent over a line by tcpreplay, and the flows that they must bring, whatever the times.

Replay changes times, so that the reference has timeouts that nothing reaches, and rows are compared without times. It sends
what was captured of a frame, as one frame: captures of which that is not all, or no frame of Ethernet, are set aside.
"""

import importlib.util
import os
import re
import sys
from dataclasses import dataclass

from scapy.data import DLT_EN10MB
from scapy.error import Scapy_Exception
from scapy.utils import RawPcapReader

from bed import WHOLE_MTU
from cluster import TREE

sys.path.insert(1, os.path.join(TREE, 'test', 'conformance'))

from table import LABELS, from_values

ENDINGS = ('.pcap', '.pcapng', '.cap')
HEADER = 14  # of Ethernet: what the kernel wants to see of a frame
MOST_PACKETS = 2500
NEVER = 10**9  # as a timeout in seconds
MODELLED = {'statistical_analysis': 'true', 'splt_analysis': '10'}


@dataclass
class Counted:
    packets: int
    set_aside: str = None  # why it is not replayed


def count(path):
    """What replaying a capture needs to know of it."""
    try:
        packets, reader = 0, RawPcapReader(path)
        for data, about in reader:
            link = about.linktype if hasattr(about, 'linktype') else reader.linktype
            if link != DLT_EN10MB:
                return Counted(0, 'its link type is not Ethernet')
            if about.wirelen != len(data):
                return Counted(0, 'packet %d was not captured as a whole' % (packets + 1))
            if len(data) < HEADER:
                return Counted(0, 'packet %d has no whole header of Ethernet' % (packets + 1))
            if len(data) > WHOLE_MTU + HEADER:
                return Counted(0, 'packet %d is longer than a line takes' % (packets + 1))
            packets += 1
    except (Scapy_Exception, EOFError, ValueError) as error:
        return Counted(0, 'not read: %s' % error)
    return Counted(packets, None if 0 < packets <= MOST_PACKETS else '%d packets' % packets)


def captures_in(directory):
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory)) if name.endswith(ENDINGS)]


def send(namespace, interface, path, *how):
    """Replays a capture; returns the number of packets that the kernel took."""
    told = namespace.run('tcpreplay', '--intf1=' + interface, '--preload-pcap', *how, path)
    taken = int(re.search(r'Successful packets:\s*(\d+)', told).group(1))
    failed = int(re.search(r'Failed packets:\s*(\d+)', told).group(1))
    if failed:
        raise RuntimeError('%d packets of %s could not be sent' % (failed, path))
    return taken


def is_of_time(column):
    return column in ('id', 'expiration_id') or column.endswith('_ms')


def without_times(table):
    return table.without([column for column in table.columns if is_of_time(column)])


class Model:
    """tools/model.py of the shared directory."""

    def __init__(self, path):
        sys.dont_write_bytecode = True
        spec = importlib.util.spec_from_file_location('model', path)
        self.model = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.model)

    def flows(self, path, **options):
        """The rows of a capture without labels, and the account: the packets in them, and ignored ones."""
        options = dict(idle_timeout=NEVER, active_timeout=NEVER, statistical_analysis=1, splt_analysis=10) | options
        account = {}
        rows = self.model.meter([path], options, self.model.OURS, account=account)
        metered = account.pop('metered', 0)
        return from_values(self.model.columns(dict(self.model.DEFAULTS, **options)), rows), metered, sum(account.values())


def table_of(columns, rows):
    """A Stream's rows as a table of test/conformance."""
    return from_values(columns, [[row[column] for column in columns] for row in rows])


def of_file(session, path, name='of_file', **options):
    """The rows of a capture that the server reads as a file, with labels."""
    session.declare(name, path, idle_timeout=NEVER, active_timeout=NEVER, n_meters=1, **MODELLED, **options)
    return of_query(session, name)


def columns_of(session, name):
    """Of a table, as they are compared: (name, SQL that shows it)."""
    found = session.run(
        """SELECT attname, CASE WHEN atttypid = 'inet'::regtype THEN format('host(%%1$I) AS %%1$I', attname)
            WHEN atttypid IN ('int[]'::regtype, 'bigint[]'::regtype) THEN format('array_to_json(%%1$I) AS %%1$I', attname)
            ELSE format('%%I', attname) END
        FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attname <> 'source_file' ORDER BY attnum""",
        (name,),
    )
    return found


def query_of(session, name):
    return 'SELECT %s FROM %s' % (', '.join(shown for _, shown in columns_of(session, name)), name)


def of_query(session, name):
    names = [column for column, _ in columns_of(session, name)]
    rows = session.run(query_of(session, name))
    return from_values(names, [[None if value is None else value for value in row] for row in rows])


