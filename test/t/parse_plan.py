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


# What stands in a list in XML.
ITEMS = ('Item', 'Plan', 'Worker', 'Meter')


def unique(pairs):
    """An object of which no name stands twice, of which parsers would take the last."""
    pairs = list(pairs)
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError('a name stands twice: %s' % ', '.join(sorted(name for name in set(names) if names.count(name) > 1)))
    return dict(pairs)


class UniqueLoader(yaml.SafeLoader):
    """YAML of which no name stands twice in a mapping."""


UniqueLoader.add_constructor('tag:yaml.org,2002:map', lambda loader, node: unique(
    (loader.construct_object(name, deep=True), loader.construct_object(value, deep=True)) for name, value in node.value))


def of_element(element):
    children = list(element)
    if not children:
        return element.text or ''
    if all(child.tag in ITEMS for child in children) and element.tag != 'Query':
        return [of_element(child) for child in children]
    return unique((child.tag, of_element(child)) for child in children)


def of_json(text):
    return json.loads(text, object_pairs_hook=unique)


def of_yaml(text):
    return yaml.load(text, UniqueLoader)


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
        query = (of_json if sys.argv[1] == 'json' else of_yaml)(text)[0]
    json.dump({'Plan': plain(query['Plan'])}, sys.stdout)


if __name__ == '__main__':
    sys.exit(main())
