"""From a model's card to the facts that are told beside its results."""

from __future__ import annotations

from collections.abc import Sequence

from napari_all_subtype.cells.model_facts import FalseBlasts, ModelFacts
from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.model.card_parts import Measurement, TrainingData
from napari_all_subtype.taxonomy import SUBTYPES

LEFT_OUT = "laboratory left out of training"
TESTED_ON = "tested on "
SIMULATED = "simulated"
CEILING_SHARE = "share of the ceiling of simulated subtypes"
FROM_SIMULATED = "simulated cells"
FROM_RULES = "real blasts named by FAB rules"


def facts_of(card: ModelCard) -> ModelFacts:
    """What `card` states, as far as it does.

    Parameters
    ----------
    card : ModelCard
        Of the model; parts that it lacks are facts that are not known.
    """
    trained_on = tuple(getattr(card, "trained_on", ()))
    real = [data for data in trained_on if data.dataset != SIMULATED]
    both = [data.dataset for data in real if _taught(data, "blast") and _taught(data, "normal")]
    calibrated_on = getattr(card, "calibrated_on", "")
    return ModelFacts(
        calibrated_on=calibrated_on,
        calibration_laboratories=tuple(both) if calibrated_on else (),
        subtypes_from=_subtypes_from(trained_on),
        false_blasts=_false_blasts(card, {data.dataset: data for data in real}),
        um_per_px=getattr(card, "um_per_px_seen", None),
        stain=getattr(card, "stain_seen", None),
        calibration_errors=_calibration_errors(card, both) if calibrated_on else (),
    )


def _left_out(one: Measurement) -> str:
    """The laboratory that was left out for this figure; empty where none was."""
    if not one.protocol.startswith(LEFT_OUT) or TESTED_ON not in one.protocol:
        return ""
    return one.protocol.split(TESTED_ON)[-1].split(",")[0].strip()


def _calibration_errors(card: ModelCard, laboratories: Sequence[str]) -> tuple[float, ...]:
    """Calibration error on each of `laboratories` by a network that had not seen it."""
    return tuple(
        one.value
        for one in getattr(card, "measured", ())
        if one.name == "ECE" and _left_out(one) in laboratories
    )


def _subtypes_from(trained_on: tuple[TrainingData, ...]) -> tuple[str, ...]:
    """What taught the subtypes, nothing where a person named some of the cells."""
    teaching = [data for data in trained_on if any(_taught(data, k) for k in SUBTYPES)]
    if any(data.dataset != SIMULATED for data in teaching):
        return ()
    by_rule = any(data.by_rule.get(k, 0) for data in trained_on for k in SUBTYPES)
    return (*((FROM_SIMULATED,) if teaching else ()), *((FROM_RULES,) if by_rule else ()))


def _taught(data: TrainingData, name: str) -> int:
    return data.taught.get(name, 0)


def _false_blasts(card: ModelCard, taught: dict[str, TrainingData]) -> tuple[FalseBlasts, ...]:
    """One entry per laboratory left out; of one with blasts too, 1 − specificity."""
    found = []
    for one in getattr(card, "measured", ()):
        laboratory = _left_out(one)
        if not laboratory:
            continue
        if one.name == "false blast rate":
            found.append(FalseBlasts(laboratory, one.value, one.crops))
        elif one.name == "specificity":
            cells = _taught(taught[laboratory], "normal") if laboratory in taught else 0
            found.append(FalseBlasts(laboratory, round(1 - one.value, 4), cells, True))
    return tuple(found)
