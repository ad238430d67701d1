"""The plugins under test: each of the specification's classes with its arguments, as NFStream takes it and as SQL names it."""

import json
from dataclasses import dataclass

import examples

PICKLED = 'forest'  # the argument that stands for the pickled forest


@dataclass(frozen=True)
class Use:
    """One plugin of a list."""

    file: str  # in specification/
    arguments: tuple  # pairs

    @property
    def class_name(self):
        return {'flow_slicer.py': 'FlowSlicer', 'splt.py': 'SPLT', 'model_prediction.py': 'ModelPrediction'}[self.file]

    @property
    def plugin(self):
        return self.file.removesuffix('.py')

    def __str__(self):
        told = ('%s=%s' % (name, 'model' if value == PICKLED else value) for name, value in self.arguments)
        return '%s(%s)' % (self.class_name, ', '.join(told))


@dataclass(frozen=True)
class Variant:
    """What the option udps, or NFStreamer's argument of that name, is set to."""

    uses: tuple

    @property
    def name(self):
        return ', '.join(map(str, self.uses))

    @property
    def file_name(self):
        return '+'.join('_'.join([use.plugin, *(str(value) for _, value in use.arguments)]) for use in self.uses)

    @property
    def limit(self):
        """After how many packets flows end; 0: never."""
        return next((dict(use.arguments)['limit'] for use in self.uses if use.plugin == 'flow_slicer'), 0)

    @property
    def splt(self):
        """The arguments of SPLT, or None."""
        return next((dict(use.arguments) for use in self.uses if use.plugin == 'splt'), None)

    @property
    def has_model(self):
        return any(use.plugin == 'model_prediction' for use in self.uses)

    def option(self, form):
        """The option `udps`, with the plugins of this form: a dictionary of names."""
        plugins = []
        for use in self.uses:
            values = {name: MODEL if value == PICKLED else value for name, value in use.arguments}
            plugins.append({'plugin': form[use.plugin], **values})
        return json.dumps(plugins)

    def for_nfstream(self, forest):
        """The plugins as nfstream_run.py takes them."""
        return [
            {
                'source': examples.source(use.file),
                'class': use.class_name,
                'arguments': {name: value for name, value in use.arguments if value != PICKLED},
                'pickles': {name: forest for name, value in use.arguments if value == PICKLED},
            }
            for use in self.uses
        ]


MODEL = {'pickle': 'SELECT forest FROM public.models'}


def slicer(limit):
    return Use('flow_slicer.py', (('limit', limit),))


def splt(sequence_length, accounting_mode):
    return Use('splt.py', (('sequence_length', sequence_length), ('accounting_mode', accounting_mode)))


VARIANTS = (
    *(Variant((slicer(limit),)) for limit in (1, 4, 7)),
    *(Variant((splt(length, mode),)) for length in (7, 10) for mode in (0, 1, 2, 3)),
    Variant((slicer(4), splt(7, 1))),
    Variant((Use('model_prediction.py', (('my_model', PICKLED),)),)),
)
STORED = {'udps_slicer1': VARIANTS[0], 'udps_slicer4': VARIANTS[1], 'udps_splt10': VARIANTS[7]}  # names in data/options

# What the plugins are called in SQL: the same class as a Python plugin, the bundled form, a shared object of a third party.
PYTHON, BUNDLED, THIRD_PARTY = 'Python', 'bundled', 'C'
FORMS = {
    PYTHON: {
        'flow_slicer': 'specified_flow_slicer',
        'splt': 'specified_splt',
        'model_prediction': 'specified_model_prediction',
    },
    BUNDLED: {'flow_slicer': 'flow_slicer', 'splt': 'splt'},
    THIRD_PARTY: {'flow_slicer': 'third_party_flow_slicer', 'splt': 'third_party_splt'},
}


def forms_of(variant):
    """The forms in which all plugins of a variant are to be had."""
    return [form for form, names in FORMS.items() if all(use.plugin in names for use in variant.uses)]
