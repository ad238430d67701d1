"""The forest of the specification's last example: trained outside of the database, and asked outside of it."""

import pickle

import numpy
from sklearn.ensemble import RandomForestClassifier

FEATURES = ('bidirectional_packets', 'bidirectional_bytes')
LABEL, WANTED = 'application_category_name', 'SocialNetwork'


def features(table):
    return [tuple(map(int, row)) for row in table.only(FEATURES).rows]


def train(tables):
    """A forest that has learned from all rows of some tables which flows are of a social network.

    Of ten trees: the specification has a hundred, which tell nothing more here and take ten times as long.
    """
    known = [row for table in tables for row in features(table)]
    labels = [int(WANTED in row[0]) for table in tables for row in table.only((LABEL,)).rows]
    forest = RandomForestClassifier(n_estimators=10, random_state=1)
    forest.fit(numpy.array(known), labels)
    return forest


def to_pickle(forest):
    return pickle.dumps(forest)


def predictions(forest, table):
    """What the forest says of each row, as the class leaves it in a flow: a list of one number."""
    known = features(table)
    return [[int(label)] for label in forest.predict(numpy.array(known))] if known else []
