"""Tests, in TAP, that hashes are BLAKE2b's, by answers and programs from outside.

RFC 7693's self-test (appendix E), the known answers of the reference source (blake2b_keyed.txt), and random values beside
Python's hashlib: of a seed that is printed, and taken from SEED in the environment.
"""

import hashlib
import os
import socket
import sys

from tap import TREE, main, run

# RFC 7693, appendix E: the hash of all the hashes of its self-test.
RFC_ANSWER = 'c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475'
RFC_HASH_BYTES, RFC_INPUT_BYTES = (20, 32, 48, 64), (0, 3, 128, 129, 255, 1024)
VALUES = 1000
# Characters come from each plane alike; the low ones are the most used, and so in two parts.
RANGES = [(0x01, 0x7F), (0x80, 0xD7FF), (0xE000, 0xFFFF)] + [(p << 16, (p << 16) + 0xFFFF) for p in range(1, 17)]


def rfc_sequence(length, seed):
    """RFC 7693's deterministic bytes, a Fibonacci generator of 32 bits."""
    a, b, out = 0xDEAD4BAD * seed & 0xFFFFFFFF, 1, bytearray()
    for _ in range(length):
        a, b = b, (a + b) & 0xFFFFFFFF
        out.append(b >> 24)
    return bytes(out)


def blake2b(connection, jobs):
    """nfstream_blake2b() of each job: data, key, size."""
    columns = [list(column) for column in zip(*jobs)]
    rows = run(
        connection,
        """SELECT nfstream_blake2b(data, key, size)
        FROM unnest(%s::bytea[], %s::bytea[], %s::integer[]) WITH ORDINALITY AS job (data, key, size, n) ORDER BY n""",
        columns,
    )
    return [bytes(row[0]) for row in rows]


def rfc(tap, connection):
    jobs = []
    for size in RFC_HASH_BYTES:
        for length in RFC_INPUT_BYTES:
            data, key = rfc_sequence(length, length), rfc_sequence(size, size)
            jobs += [(data, b'', size), (data, key, size)]
    hashes = b''.join(blake2b(connection, jobs))
    answer = run(connection, "SELECT encode(nfstream_blake2b(%s, size => 32), 'hex')", [hashes])[0][0]
    tap.equal("RFC 7693's self-test", answer, RFC_ANSWER)


def known_answers(tap, connection):
    with open(os.path.join(TREE, 'test', 'datasets', 'blake2b_keyed.txt')) as file:
        answers = [line.strip() for line in file if not line.startswith('#')]
    got = blake2b(connection, [(bytes(range(n)), bytes(range(64)), 64) for n in range(len(answers))])
    tap.equal('there are 256 known answers', len(answers), 256)
    tap.check(
        'and the hashes are these', ['%d bytes' % n for n, answer in enumerate(answers) if got[n].hex() != answer]
    )
    rows = run(
        connection,
        'SELECT nfstream_anonymize(value, %s) FROM unnest(%s) WITH ORDINALITY AS t (value, n) ORDER BY n',
        [bytes(range(64)), [''.join(map(chr, range(1, n))) for n in range(1, 129)]],
    )
    expected = [
        hashlib.blake2b(bytes(range(1, n)), key=bytes(range(64)), digest_size=64).hexdigest() for n in range(1, 129)
    ]
    tap.equal('ASCII is hashed as its bytes', [row[0] for row in rows], expected)


# ---------------------------------------------------------------------------------------------------- random values
def random_text(source):
    length = source.choice((0, 1, 2, 15, 63, 64, 65, 127, 128, 129, source.randrange(2000)))
    return ''.join(chr(source.randint(*source.choice(RANGES))) for _ in range(length))


def random_integer(source):
    return source.choice(
        (0, -1, 1, 2**31, -(2**63), 2**63 - 1, source.randint(-(2**63), 2**63 - 1), source.randrange(65536))
    )


def random_address(source):
    """An address as NFStream has it: inet_ntop()'s. Zeros in a row make IPv6's short forms, and those with a dotted end."""
    if source.random() < 0.4:
        return socket.inet_ntop(socket.AF_INET, source.randbytes(4))
    words = [source.choice((b'\0\0', b'\0\0', b'\xff\xff', b'\0\1', source.randbytes(2))) for _ in range(8)]
    if source.random() < 0.2:
        words[:6] = [b'\0\0'] * 5 + [source.choice((b'\0\0', b'\xff\xff'))]
    return socket.inet_ntop(socket.AF_INET6, b''.join(words))


def random_mac(source):
    return ':'.join('%02x' % byte for byte in source.randbytes(6))


def anonymized(connection, type_name, values, keys):
    rows = run(
        connection,
        """SELECT nfstream_anonymize(value::%s, key)
        FROM unnest(%%s::text[], %%s::bytea[]) WITH ORDINALITY AS t (value, key, n) ORDER BY n""" % type_name,
        [[str(value) for value in values], keys],
    )
    return [row[0] for row in rows]


def random_values(tap, connection):
    source = tap.random()

    jobs = [
        (source.randbytes(source.randrange(2001)), source.randbytes(source.randrange(65)), source.randint(1, 64))
        for _ in range(VALUES)
    ]
    jobs += [(b'x', source.randbytes(length), 64) for length in range(65)] + [(b'', b'', size) for size in range(1, 65)]
    got = blake2b(connection, jobs)
    tap.check(
        '%d random bytes, keys and sizes as hashlib hashes them' % len(jobs),
        [
            '%s, key %s, size %d' % (data.hex(), key.hex(), size)
            for (data, key, size), hashed in zip(jobs, got)
            if hashed != hashlib.blake2b(data, key=key, digest_size=size).digest()
        ],
    )

    kinds = (('text', random_text), ('bigint', random_integer), ('inet', random_address), ('macaddr', random_mac))
    for type_name, make in kinds:
        values = [make(source) for _ in range(VALUES)]
        keys = [source.randbytes(source.randint(1, 64)) for _ in values]
        expected = [
            hashlib.blake2b(str(value).encode(), key=key, digest_size=64).hexdigest()
            for value, key in zip(values, keys)
        ]
        got = anonymized(connection, type_name, values, keys)
        tap.check(
            '%d random values of type %s as hashlib hashes str(value)' % (len(values), type_name),
            ['%r, key %s' % (value, key.hex()) for value, key, e, g in zip(values, keys, expected, got) if e != g],
        )


def wrong_lengths(tap, connection):
    for words, expression in (
        ('a key of 65 bytes', "nfstream_blake2b('x', decode(repeat('00', 65), 'hex'))"),
        ('a hash of no bytes', "nfstream_blake2b('x', size => 0)"),
        ('a hash of 65 bytes', "nfstream_blake2b('x', size => 65)"),
        ('anonymising with no key', "nfstream_anonymize('x', ''::bytea)"),
        ('anonymising with a key of 65 bytes', "nfstream_anonymize('x', decode(repeat('00', 65), 'hex'))"),
    ):
        try:
            run(connection, 'SELECT ' + expression)
            tap.check(words + ' is refused', True)
        except Exception as error:
            tap.equal(words + ' is refused', getattr(error, 'pgcode', error), '22023')


def mapped_key(tap, server):
    """A key of a user mapping: the same hashes in two tables of two databases, which are hashlib's."""
    source = tap.random()
    key = source.randbytes(source.randint(1, 64))
    capture = os.path.join(server.captures, 'tls.pcap')
    seen = []
    for database, tables in (('mapped_here', ('flows',)), ('mapped_there', ('other', 'another', 'flows'))):
        connection = server.create_database(database)
        run(connection, 'CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw')
        run(
            connection,
            "CREATE USER MAPPING FOR CURRENT_USER SERVER nfstream OPTIONS (anonymization_key '%s')" % key.hex(),
        )
        run(connection, "CREATE FOREIGN TABLE plain (id bigint, src_ip text) SERVER nfstream OPTIONS (source '%s')" % capture)
        for table in tables:
            run(
                connection,
                'CREATE FOREIGN TABLE %s (id bigint, src_ip text) SERVER nfstream '
                "OPTIONS (source '%s', columns_to_anonymize '{src_ip}')" % (table, capture),
            )
            seen.append([row[0] for row in run(connection, 'SELECT src_ip FROM %s ORDER BY id' % table)])
        plain = [row[0] for row in run(connection, 'SELECT src_ip FROM plain ORDER BY id')]
    derived = hashlib.blake2b(b'nfstream_fdw columns_to_anonymize', key=key, digest_size=64).digest()
    expected = [hashlib.blake2b(value.encode(), key=derived, digest_size=64).hexdigest() for value in plain]
    tap.check('there are addresses to hash', not expected)
    tap.check(
        "a mapping's key %s gives hashlib's hashes in each of %d tables" % (key.hex(), len(seen)),
        ['%r' % got for got in seen if got != expected],
    )


def test(tap, server, arguments):
    connection = server.create_database('blake2b')
    rfc(tap, connection)
    known_answers(tap, connection)
    random_values(tap, connection)
    wrong_lengths(tap, connection)
    mapped_key(tap, server)


if __name__ == '__main__':
    sys.exit(main(__doc__, test))
