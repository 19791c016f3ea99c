"""Recorded rounds of self-training as points of their curves."""

from __future__ import annotations

from collections.abc import Sequence

from napari_all_subtype.learning.history_plots import RoundPoint
from napari_all_subtype.project.rounds import ACCEPTED, Round
from napari_all_subtype.taxonomy import Taxonomy, class_of


def round_points(rounds: Sequence[Round], taxonomy: Taxonomy) -> tuple[RoundPoint, ...]:
    """Score, pseudo-labels and agreement of each round of one run; round 0 is its start.

    What the start scores is what the first teacher does.
    """
    points = []
    for one in rounds:
        gate = one.content.get("gate")
        score = None if gate is None else gate["student"]["macro_f1"]
        if gate is None:
            score = start_score(rounds, one.run_id)
        counts = one.content.get("counts", {})
        titled = {class_of(taxonomy, name).title: n for name, n in counts.items()}
        kappa = one.content.get("kappa")
        points.append(RoundPoint(one.number, score, titled, kappa, one.state == ACCEPTED))
    return tuple(points)


def start_score(rounds: Sequence[Round], run_id: int) -> float | None:
    """What the start of a run scores: as the first teacher does. None where there was none."""
    mine = (one.content.get("gate") for one in rounds if one.run_id == run_id)
    first = next(filter(None, mine), None)
    return None if first is None else first["teacher"]["macro_f1"]


def titled_colours(taxonomy: Taxonomy) -> dict[str, str]:
    """Colour of each class, by its title."""
    return {one.title: one.colour for one in taxonomy.classes}
