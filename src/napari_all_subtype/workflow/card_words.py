"""The card of a model in a page of words."""

from __future__ import annotations

from collections.abc import Sequence

from napari_all_subtype.amounts import amount
from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.model.card_parts import Measurement, Release, TrainingData
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.card_facts import LEFT_OUT

_MOST = 8  # tests that are shown, unless more laboratories were left out


def card_lines(card: ModelCard) -> list[str]:
    """What a person is to know of a model, a line for each thing."""
    classes = ", ".join(one.title for one in card.classes.classes)
    facts = {
        "state": card.state + _released(card),
        "control set": "" if card.release is None else _control(card.release),
        "network": card.architecture,
        "tells apart": classes,
        "went on from": card.parent,
        "made": card.created_utc,
        "crops": f"{card.crop.size_px} px of {card.crop.um_per_px:g} µm",
        "scales seen": _span(card.um_per_px_seen),
        "for": card.intended_use,
        "calibrated on": card.calibrated_on,
    }
    lines = [f"Model {card.id}, version {card.version}"]
    lines += [f"  {name:<14} {value}" for name, value in facts.items() if value]
    if card.trained_on:
        lines.append("Learned from")
    lines += [f"  {_taught(data)}" for data in card.trained_on]
    lines += _measured(card.measured)
    if card.limits:
        lines.append("Limits")
    lines += [f"  - {one}" for one in card.limits]
    return [*lines, "All of it: --json", RESEARCH_USE_ONLY]


def _released(card: ModelCard) -> str:
    return "" if card.release is None else f" on {card.release.at_utc} by {card.release.by}"


def control_line(release: Release) -> str:
    """What was measured on the control set before the model was released."""
    return f"On the control set: {_control(release)}"


def _control(release: Release) -> str:
    figures = [f"{name.replace('_', ' ')} {value:.3f}" for name, value in release.figures.items()]
    cells = f"{amount(release.crops, 'cell')} of {amount(release.groups, 'group')}"
    return ", ".join([cells, *figures])


def _span(seen: tuple[float, float] | None) -> str:
    return "" if seen is None else f"{seen[0]:.3f} to {seen[1]:.3f} µm/px"


def _taught(data: TrainingData) -> str:
    named = [("", data.taught), ("by FAB rules ", data.by_rule)]
    told = [
        start + ", ".join(f"{name} {n}" for name, n in counts.items())
        for start, counts in named
        if counts
    ]
    return f"{data.dataset}: {data.crops} crops of {data.groups} groups ({'; '.join(told)})"


def _measured(figures: Sequence[Measurement]) -> list[str]:
    """A line for each test; every laboratory left out first: they are what a new one gets."""
    tests: dict[tuple[str, int, int], list[Measurement]] = {}
    for one in sorted(figures, key=lambda one: not one.protocol.startswith(LEFT_OUT)):
        tests.setdefault((one.protocol, one.crops, one.groups), []).append(one)
    left_out = sum(protocol.startswith(LEFT_OUT) for protocol, *_ in tests)
    shown = list(tests.items())[: max(_MOST, left_out)]
    lines = ["Measured"] if figures else []
    for (protocol, crops, groups), found in shown:
        lines.append(f"  {protocol}; {crops} crops of {groups} groups")
        lines.append(f"    {'; '.join(map(_figure, found))}")
    more = len(figures) - sum(len(found) for _, found in shown)
    return [*lines, f"  and {more} more figures"] if more else lines


def _figure(one: Measurement) -> str:
    """One figure with its interval; of nothing seen there is none that would mean anything."""
    if one.value == one.low == one.high == 0:
        return f"{one.name} 0, none in {one.crops}"
    doubt = "" if one.low is None or one.high is None else f" ({one.low:.3g} to {one.high:.3g})"
    return f"{one.name} {one.value:.3g}{doubt}"
