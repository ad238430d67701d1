#!/usr/bin/env python3
"""condition_expected.py - writes condition_expected.h: what PostgreSQL says of comparisons, lists and SQL's logic.

    condition_expected.py [psql's arguments] > condition_expected.h

Of each pair of a host's address and a network, of numbers and of texts: how they compare, and which of inet's operators hold; the truth
tables of AND, OR and NOT; and lists with a null among them.  `make format` lays it out.
"""

import subprocess
import sys

HEAD = """/*
 * condition_expected.h
 *	  What PostgreSQL says of comparisons, lists and SQL's logic: made by condition_expected.py.
 */
#ifndef CONDITION_EXPECTED_H
#define CONDITION_EXPECTED_H

/* Operators that hold: those of a comparison by ConditionOperator, then those of networks by ConditionNetwork, each 1 or 0. */
typedef struct ExpectedPair
{
	const char *value;
	const char *constant;
	const char *operators;
} ExpectedPair;

/* Of 't', 'f' and 'n'. */
typedef struct ExpectedLogic
{
	char a;
	char b;
	char both;	 /* a AND b */
	char either; /* a OR b */
	char not_a;
} ExpectedLogic;

/* A list of numbers, and whether 7 is one of them, and is none of them. */
typedef struct ExpectedList
{
	const char *list;
	char		is_any;
	char		is_none;
} ExpectedList;
"""

COMPARISONS = ['=', '<>', '<', '<=', '>', '>=']
NETWORKS = ['<<', '<<=', '>>', '>>=', '&&']

HOSTS = ['0.0.0.0', '10.1.2.3', '10.1.2.128', '10.128.0.0', '255.255.255.255', '::', '::1', '2001:db8:0:1::1', 'a01:203::']
CONSTANTS = HOSTS + ['0.0.0.0/0', '10.0.0.0/8', '10.1.2.3/9', '10.128.0.0/9', '10.1.2.0/24', '10.1.2.3/31', '10.1.2.128/25', '192.168.1.1/0',
                     '::/0', '2001:db8::/32', '2001:db8::1/33', '2001:db8:8000::/33', '::1/127', '::/128', 'a01:203::/32']
DOUBLES = ['0', '-0', '1.5', '-1.5', '1e300', '1e-300', 'Infinity', '-Infinity', 'NaN']
INTEGERS = ['0', '-1', '53', '65536', '9223372036854775807', '-9223372036854775808']
TEXTS = ['', 'A', 'TLS', 'TLS.Facebook', 'tls', 'Ä', '日本']
LISTS = ['{}', '{NULL}', '{7}', '{7,NULL}', '{6,8}', '{6,8,NULL}', '{9,7,5,7,3,7,1}', '{9,6,5,4,3,2,1}', '{-7,70,77}']


def ask(query):
    answer = subprocess.run(['psql', '-XAtq', '-F', '\t', '-v', 'ON_ERROR_STOP=1', *sys.argv[1:], '-f', '-'], input=query.encode(),
                            stdout=subprocess.PIPE, check=True).stdout.decode()
    return [line.split('\t') for line in answer.splitlines()]


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def in_c(text):
    return '"' + text + '"'


def pairs(name, kind, values, constants, operators):
    given = ', '.join('(%d, %s, %s)' % (i * len(constants) + j, literal(a), literal(b))
                      for i, a in enumerate(values) for j, b in enumerate(constants))
    typed = 'a.a::%s' % kind, 'a.b::%s' % kind
    if kind == 'text':
        typed = tuple('%s COLLATE "C"' % text for text in typed)
    holds = " || ".join('(%s %s %s)::int::text' % (typed[0], operator, typed[1]) for operator in operators)
    rows = ask('SELECT a.a, a.b, %s FROM (VALUES %s) a(i, a, b) ORDER BY i;' % (holds, given))
    return ['static const ExpectedPair %s[] = {' % name, *('\t{%s, %s, %s},' % tuple(map(in_c, row)) for row in rows), '};', '']


def logic():
    truth = "CASE %s WHEN true THEN 't' WHEN false THEN 'f' ELSE 'n' END"
    rows = ask('SELECT %s FROM (VALUES (true), (false), (NULL)) a(a), (VALUES (true), (false), (NULL)) b(b);' %
               ', '.join(truth % ('(%s)' % what) for what in ('a', 'b', 'a AND b', 'a OR b', 'NOT a')))
    return ['static const ExpectedLogic expected_logic[] = {', *("\t{'%s', '%s', '%s', '%s', '%s'}," % tuple(row) for row in rows), '};', '']


def lists():
    truth = "CASE %s WHEN true THEN 't' WHEN false THEN 'f' ELSE 'n' END"
    rows = ask('SELECT a, %s, %s FROM (VALUES %s) a(a);' % (truth % '(7 = ANY (a::int[]))', truth % '(NOT 7 = ANY (a::int[]))',
                                                            ', '.join('(%s)' % literal(text) for text in LISTS)))
    return ['static const ExpectedList expected_lists[] = {', *("\t{%s, '%s', '%s'}," % (in_c(row[0]), row[1], row[2]) for row in rows),
            '};', '']


def main():
    out = [HEAD]
    out += pairs('expected_addresses', 'inet', HOSTS, CONSTANTS, COMPARISONS + NETWORKS)
    out += pairs('expected_doubles', 'float8', DOUBLES, DOUBLES, COMPARISONS)
    out += pairs('expected_integers', 'bigint', INTEGERS, INTEGERS, COMPARISONS)
    out += pairs('expected_texts', 'text', TEXTS, TEXTS, COMPARISONS)
    out += logic() + lists()
    out += ['#endif /* CONDITION_EXPECTED_H */']
    print('\n'.join(out))


if __name__ == '__main__':
    main()
