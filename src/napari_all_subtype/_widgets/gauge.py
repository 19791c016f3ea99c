"""Progress of a whole run in per cent, and in words."""

from __future__ import annotations

from napari_all_subtype._widgets.messages import Step

# Stage: (words, share of a field's time), in the order of the work. The shares
# only make the bar move evenly.
STAGES = {
    "load model": ("loading the model", 0.0),
    "read": ("reading the image", 0.05),
    "measure scale": ("measuring the scale", 0.05),
    "measure red cells": ("measuring red cells", 0.05),
    "measure colours": ("measuring colours", 0.08),
    "segment": ("finding cells", 0.38),
    "measure": ("measuring cells", 0.05),
    "crop": ("cutting out cells", 0.05),
    "classify": ("classifying cells", 0.24),
    "measure FAB criteria": ("measuring blasts", 0.02),
    "summarise": ("counting", 0.01),
    "compare fields": ("comparing the fields", 0.02),
}
BEFORE = {
    name: sum(share for _, share in list(STAGES.values())[:n]) for n, name in enumerate(STAGES)
}


class Gauge:
    """Turns the steps of one run into a percentage that never falls.

    Examples
    --------
    >>> gauge = Gauge()
    >>> gauge.update(Step(0, 2, "segment", 1, 2))
    21
    >>> gauge.words
    'Field 1 of 2: finding cells'
    """

    def __init__(self) -> None:
        self.percent = 0
        self.words = "Starting…"
        self._stage = "load model"
        self._field = 0

    def update(self, step: Step) -> int:
        """Per cent of the run, 0–99, after `step`.

        A stage whose length is not known moves nothing: its parts may be about
        to be reported as stages of their own. Nor does an unknown stage.
        """
        if step.field != self._field:
            self._field, self._stage = step.field, "read"
        known = step.stage in STAGES
        if known:
            self._stage = step.stage
        words, share = STAGES[self._stage]
        if known and step.total:
            within = BEFORE[self._stage] + share * min(step.done / step.total, 1.0)
            place = (step.field + within) / max(step.fields, 1)
            self.percent = max(self.percent, min(99, int(100 * place)))
        which = f"Field {step.field + 1} of {step.fields}: " if step.fields > 1 else ""
        text = words if known else step.stage
        self.words = which + (text if which else text[:1].upper() + text[1:])
        return self.percent
