"""Captures out of packets: what Wireshark's programs read in a written capture is what they read in the one that its packets came from."""

import os
import struct
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from product import messages_of
from report import Group

# A table of packets of the table of flows' source; the file has a name by that source.
CREATE = """
DROP FOREIGN TABLE IF EXISTS packets;
DO $do$ BEGIN
    EXECUTE (SELECT format('CREATE FOREIGN TABLE packets (packet_number bigint, captured_at timestamptz, link_type int,
        captured_length int, raw_size bigint, frame bytea) SERVER nfstream OPTIONS (rows ''packets'', source %L)', option_value)
    FROM pg_foreign_table, pg_options_to_table(ftoptions) WHERE ftrelid = to_regclass('flows') AND option_name = 'source');
END $do$;
COPY (SELECT packet_number FROM packets WHERE isfinite(captured_at) ORDER BY 1) TO STDOUT;
"""
WRITE = """
CREATE TEMP TABLE written AS SELECT '%s/' || md5(option_value) || '.pcapng' AS path
    FROM pg_foreign_table, pg_options_to_table(ftoptions) WHERE ftrelid = to_regclass('flows') AND option_name = 'source';
SELECT nfstream_to_pcap('SELECT * FROM packets WHERE isfinite(captured_at) ORDER BY packet_number', path) IS NULL FROM written;
COPY written TO STDOUT;
DROP TABLE written;
"""

# What Wireshark reads otherwise than libpcap, as which we read it.
APART = {
    'format_snapshot.pcap': "frames that are longer than the file's snapshot length are not cut to it",
    'fuzz-2021-06-07-c6c72a0a56.pcap': 'a fraction of more than a second, in nanoseconds, is cut to 32 bits',
}


def records(path):
    """The frames of a capture as editcap has them: link type, seconds, nanoseconds, lengths, bytes; None if it has no such capture."""
    with tempfile.NamedTemporaryFile(suffix='.pcap') as edited:
        ran = subprocess.run(['editcap', '-F', 'nsecpcap', path, edited.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if ran.returncode != 0:
            return None
        with open(edited.name, 'rb') as file:
            data = file.read()
    (link_type,), at, found = struct.unpack_from('<I', data, 20), 24, []
    while at < len(data):
        seconds, fraction, captured, wire = struct.unpack_from('<4I', data, at)
        found.append((link_type, seconds, fraction, wire, data[at + 16 : at + 16 + captured]))
        at += 16 + captured
    return found


def differs(original, written, numbers):
    """What a written capture has otherwise than the frames of these numbers; None if it has them."""
    if not numbers:
        return None  # nothing says which link type such a capture has, and editcap asks for one
    expected, found = records(original), records(written)
    if expected is None:
        return None
    if found is None:
        return 'editcap cannot read what was written'
    expected = [expected[number - 1] for number in numbers if number <= len(expected)]
    if len(found) < len(expected):
        return '%d packets, not %d' % (len(found), len(expected))
    for number, a, b in zip(numbers, found, expected):
        if a != b:
            return 'packet %d is %s, not %s' % (number, a, b)
    return None


def written(run, profile):
    """(p) nfstream_to_pcap() of all packets of a capture: the same frames, times and link type."""
    group = Group('written captures, %s' % profile.name)
    found = [capture for capture in run.captures_of(profile) if len(capture.paths) == 1 and capture.name not in APART]
    with tempfile.TemporaryDirectory(prefix='nfstream_fdw-written.') as directory, ThreadPoolExecutor(os.cpu_count()) as threads:
        os.chmod(directory, 0o777)  # the server writes into it
        answers = run.product.ask(found, profile.options, [CREATE, WRITE % directory])

        def judged(item):
            capture, (numbers, path) = item
            told = messages_of(path.told, 'ERROR')
            if told:
                return None if messages_of(numbers.told, 'ERROR') else told[0]
            path = path.raw.decode().split('\n')[-2]
            return differs(capture.paths[0], path, [int(number) for number in numbers.raw.split()])

        for (capture, (numbers, _)), told in zip(answers.items(), threads.map(judged, answers.items())):
            group.judge(capture, told)
        group.note('%d packets' % sum(len(numbers.raw.split()) for numbers, _ in answers.values()))
    return group
