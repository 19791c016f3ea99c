"""The card of a model in a page of words."""

from __future__ import annotations

from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.model.card_parts import Measurement
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

_MOST = 8  # figures that are shown


def card_lines(card: ModelCard) -> list[str]:
    """What a person is to know of a model, a line for each thing."""
    classes = ", ".join(one.title for one in card.classes.classes)
    facts = {
        "state": card.state + _released(card),
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
    for data in card.trained_on:
        taught = ", ".join(f"{name} {n}" for name, n in data.taught.items())
        lines.append(f"  {data.dataset}: {data.crops} crops of {data.groups} groups ({taught})")
    if card.measured:
        lines.append("Measured")
    lines += [f"  {_figure(one)}" for one in card.measured[:_MOST]]
    if len(card.measured) > _MOST:
        lines.append(f"  and {len(card.measured) - _MOST} more figures")
    if card.limits:
        lines.append("Limits")
    lines += [f"  - {one}" for one in card.limits]
    return [*lines, "All of it: --json", RESEARCH_USE_ONLY]


def _released(card: ModelCard) -> str:
    return "" if card.release is None else f" on {card.release.at_utc} by {card.release.by}"


def _span(seen: tuple[float, float] | None) -> str:
    return "" if seen is None else f"{seen[0]:.3f} to {seen[1]:.3f} µm/px"


def _figure(one: Measurement) -> str:
    doubt = "" if one.low is None or one.high is None else f" ({one.low:.3g} to {one.high:.3g})"
    cells = f"{one.crops} crops of {one.groups} groups"
    return f"{one.name}: {one.value:.3g}{doubt}, {one.protocol}; {cells}"
