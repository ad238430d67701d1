#!/usr/bin/env python3
"""Reads what EXPLAIN printed in a format, and prints it as JSON that is the same for all formats.

    parse_plan.py json|yaml|xml < PLAN

Names are as XML has them, with - for what a tag cannot hold; numbers and booleans are text, as XML has no others.
"""
import json
import re
import sys
import xml.etree.ElementTree

import yaml


def of_element(element):
    children = list(element)
    if not children:
        return element.text or ''
    if all(child.tag in ('Item', 'Plan') for child in children) and element.tag != 'Query':
        return [of_element(child) for child in children]
    return {child.tag: of_element(child) for child in children}


def plain(value):
    if isinstance(value, dict):
        return {re.sub(r'[^\w.-]', '-', key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return '%g' % float(value)
    except (TypeError, ValueError):
        return str(value)


def main():
    text = sys.stdin.read()
    if sys.argv[1] == 'xml':
        tree = xml.etree.ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', '', text, count=1))
        query = of_element(tree[0])
    else:
        query = (json.loads if sys.argv[1] == 'json' else yaml.safe_load)(text)[0]
    json.dump({'Plan': plain(query['Plan'])}, sys.stdout)


if __name__ == '__main__':
    sys.exit(main())
