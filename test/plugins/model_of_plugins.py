"""The model of the shared directory, with the plugins that end flows and that measure their first packets.

The model has no plugins. FlowSlicer is added to it by reference.load_model(), as for conformance; SPLT of a length and mode is the
model's own SPLT of that length and mode.
"""

import json
import struct

import reference
from table import Table, from_values


class Models:
    def __init__(self, shared):
        self.model = reference.load_model(shared)

    def reference(self, capture, variant, options):
        """What the model's two modes have of a capture, as a Reference with the column udps."""
        found, model = reference.Reference(), self.model
        chosen = reference.model_options(model, options) | {'limit': variant.limit}
        try:
            found.ours, found.peer = (self.rows(capture, variant, chosen, mode) for mode in (model.OURS, model.PEER))
        except (ValueError, struct.error) as error:
            found.refused = str(error)
        return found

    def rows(self, capture, variant, options, mode):
        model = self.model
        rows = model.meter(list(capture.paths), options, mode)
        left = [{} for _ in rows]
        if variant.splt:
            length, accounting = variant.splt['sequence_length'], variant.splt['accounting_mode']
            sized = options | {'splt_analysis': length, 'accounting_mode': accounting, 'statistical_analysis': False}
            for udps, row in zip(left, model.meter(list(capture.paths), sized, mode)):
                udps.update(zip(('splt_direction', 'splt_ps', 'splt_piat_ms'), map(list, row[-3:])))
        table = from_values(model.columns(dict(model.DEFAULTS, **options)), rows)
        return Table((*table.columns, 'udps'), [(*row, json.dumps(udps)) for row, udps in zip(table.rows, left)])
