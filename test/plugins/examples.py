"""The specification's three examples, as they stand in specification/, and what had to be restored of them.

The text of the specification that there is has lost lines of its Python: what it lost is told here, line by line, and nothing
else differs. `differences` holds the files against the text, where it is at hand.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
DIRECTORY = os.path.join(HERE, 'specification')

# The lines of each file that the text does not have. Empty lines, and blanks at the end of a line, are no matter.
RESTORED = {
    'flow_slicer.py': [],
    'splt.py': [
        '    """',  # the docstring's quotes
        '    @staticmethod',  # _get_packet_size() takes no self, and is called as self._get_packet_size()
        '        else:',  # before the last return of it
        '    """',
    ],
    'model_prediction.py': [
        '                                  flow.bidirectional_bytes]).reshape((1,-1))',  # the closing line of the array
    ],
}
# What the text says outside of the classes, and cannot be meant: its call of SPLT spells accounting_mode as
# accouncting_mode, so that the class, which reads self.accounting_mode, fails with its first packet.


def source(file):
    with open(os.path.join(DIRECTORY, file)) as opened:
        return opened.read()


def lines_of(text):
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def differences(file, specification):
    """What a file has otherwise than the specification's text, but for what is listed above."""
    written, text = lines_of(source(file)), lines_of(specification)
    at = next(number for number, line in enumerate(written) if line.startswith('class '))
    told = ['not in the text: ' + line for line in written[:at] if line not in text]
    if written[at] not in text:
        return told + ['not in the text: ' + written[at]]
    there, restored = text[text.index(written[at]) :], []
    for line in written[at:]:
        if there and there[0] == line:
            there.pop(0)
        else:
            restored.append(line)
    if sorted(restored) != sorted(RESTORED[file]):
        told.append('restored are %r' % restored)
    # After the class, the text goes on with what is no part of it.
    if there and re.match(r'\s', there[0]):
        told.append('left out: ' + there[0])
    return told
