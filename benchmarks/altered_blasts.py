"""Do measures and scores follow when a real blast is altered along one FAB criterion.

``make figures-altered`` writes ``docs/figures/altered.md`` and ``altered.json``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from altered_page import LABORATORIES, MODES, POOLED, page_of, table_of
from checkout import commit
from development_images import REPOSITORY, fingerprint, manifest

sys.path.insert(0, str(REPOSITORY / "scripts"))

from bundled_pictures import pictures_of

from napari_all_subtype.cells.fab import fab_scores, measure_fab_alone, memberships
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.simulate.alter import ALTERATIONS, Alteration, alter

BLASTS = 100  # of each laboratory
SEED = 0
RESAMPLES = 1000
OUTPUT = REPOSITORY / "docs" / "figures"
# What tells that a criterion rose; the second decides where the first is the same.
MEASURES = {
    "size": ("fab_relative_diameter",),
    "nc_ratio": ("fab_relative_nc",),
    "outline": ("nucleus_solidity",),
    "nucleoli": ("fab_nucleoli", "fab_nucleolus_fraction"),
    "chromatin": ("fab_chromatin_spread",),
    "basophilia": ("fab_basophilia",),
    "vacuoles": ("fab_vacuoles", "fab_vacuole_fraction"),
}
# The membership of `cells/fab/scores` that follows a criterion, and which way.
MEMBERSHIPS = {
    "size": ("size", 1),
    "nc_ratio": ("N:C ratio", 1),
    "outline": ("outline", -1),  # of an irregular outline
    "nucleoli": ("nucleoli", 1),
    "chromatin": ("chromatin", 1),
    "basophilia": ("basophilia", 1),
    "vacuoles": ("vacuoles", 1),
}
# A membership nearer to its end has no way to go: the score of that cell cannot follow.
_ROOM = 0.1
# A picture without room for a larger cell shows none; this much has to have come of it.
_MIN_GROWTH = 1.1


@dataclass(frozen=True)
class Blast:
    """One blast as the product segments it."""

    pixels: np.ndarray
    cell: np.ndarray
    nucleus: np.ndarray
    um_per_px: float
    group: str
    name: str


def main() -> None:
    """Measure, print the table, write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blasts", type=int, default=BLASTS, help="of each laboratory")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--dry", action="store_true", help="print only, write nothing")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rows = manifest()
    rows = rows[rows["label"] == "blast"]
    tables = {
        laboratory: pd.DataFrame(
            row
            for blast in blasts_of(laboratory, rows, arguments.blasts, arguments.seed)
            for row in judged(blast, arguments.seed)
        )
        for laboratory in LABORATORIES
    }
    report = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "seed": arguments.seed,
        "resamples": RESAMPLES,
        "room": _ROOM,
        "images": fingerprint(rows[rows["dataset"].isin(LABORATORIES)]),
        "rows": summary(tables, arguments.seed),
    }
    print(table_of(report))
    if arguments.dry:
        return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "altered.json").write_text(json.dumps(report, indent=1) + "\n")
    (OUTPUT / "altered.md").write_text(page_of(report))


def blasts_of(laboratory: str, rows: pd.DataFrame, count: int, seed: int) -> Iterator[Blast]:
    """Blasts in the middle of their pictures, whole, drawn by chance; pixels as in training."""
    pictures = list(pictures_of(rows[rows["dataset"] == laboratory]))
    found = 0
    for number in np.random.default_rng(seed).permutation(len(pictures)):
        if found == count:
            return
        picture = pictures[number]
        shown = crop_single_cell(picture.pixels, picture.um_per_px)
        cell, nucleus = shown.mask, shown.nucleus
        edges = (cell[0], cell[-1], cell[:, 0], cell[:, -1])
        if nucleus.any() and not any(edge.any() for edge in edges):
            found += 1
            size = picture.um_per_px
            yield Blast(picture.pixels, cell, nucleus, size, picture.group, picture.file)


def judged(blast: Blast, seed: int) -> Iterator[dict[str, object]]:
    """One row per alteration and mode: whether measure and score moved the right way."""
    alone = _masks(blast.cell, blast.nucleus)
    before = _measured(blast.pixels, alone, 1, blast.um_per_px)
    for number, alteration in enumerate(ALTERATIONS):
        if not _applies(alteration, before):
            continue
        rng = np.random.default_rng([seed, number, int(blast.cell.sum())])
        made = alter(blast.pixels, blast.cell, blast.nucleus, blast.um_per_px, alteration, rng)
        if alteration.name == "larger" and made.cell.sum() < _MIN_GROWTH * blast.cell.sum():
            continue
        carried = _measured(made.pixels, _masks(made.cell, made.nucleus), 1, blast.um_per_px)
        again = segment(ArraySource(made.pixels), blast.um_per_px, workers=1)
        votes = np.bincount(again.nuclei[made.nucleus], minlength=2)
        votes[0] = 0
        label = int(votes.argmax())
        found = _measured(made.pixels, again, label, blast.um_per_px) if votes.any() else None
        for mode, after in zip(MODES, (carried, found), strict=True):
            yield {
                "name": blast.name,
                "group": blast.group,
                "alteration": alteration.name,
                "mode": mode,
                "room": _room(alteration, before) >= _ROOM,
                **_moved(alteration, before, after),
            }


def _masks(cell: np.ndarray, nucleus: np.ndarray) -> CellMasks:
    return CellMasks(cell.astype(np.int32), nucleus.astype(np.int32))


def _measured(pixels: np.ndarray, masks: CellMasks, label: int, um_per_px: float) -> pd.Series:
    """Measures, memberships (``has …``) and scores of one cell."""
    table = measure_fab_alone(pixels, masks, label, um_per_px)
    has = memberships(table).add_prefix("has ")
    return pd.concat([table, has, fab_scores(table)], axis=1).iloc[0]


def _applies(alteration: Alteration, before: pd.Series) -> bool:
    """Whether the criterion could be measured and there is something to take away."""
    if alteration.direction < 0 and alteration.criterion in ("nucleoli", "vacuoles"):
        return before[f"fab_{alteration.criterion}"] > 0
    return not np.isnan(before[MEASURES[alteration.criterion][0]])


def _room(alteration: Alteration, before: pd.Series) -> float:
    """How far the membership is from the end it is to move to, 0–1."""
    name, sign = MEMBERSHIPS[alteration.criterion]
    membership = before["has " + name]
    return 1 - membership if sign * alteration.direction > 0 else membership


def _moved(alteration: Alteration, before: pd.Series, after: pd.Series | None) -> dict[str, bool]:
    """A cell not found again, or not measured, moved nowhere."""
    if after is None:
        return {"measure": False, "score": False, "found": False}
    names = list(MEASURES[alteration.criterion])
    rise = after[names].to_numpy(float) - before[names].to_numpy(float)
    rise = next((value for value in rise if value != 0), 0.0)
    score = f"fab_{alteration.subtype}"
    return {
        "measure": bool(rise * alteration.direction > 0),
        "score": bool((after[score] - before[score]) * alteration.score_direction > 0),
        "found": True,
    }


def summary(tables: dict[str, pd.DataFrame], seed: int) -> list[dict[str, object]]:
    """Shares with 95 % intervals by bootstrap over groups, per laboratory, alteration and mode."""
    result = []
    for laboratory, table in tables.items():
        for name in (*(a.name for a in ALTERATIONS), POOLED):
            for mode in MODES:
                part = table[table["mode"] == mode]
                part = part if name == POOLED else part[part["alteration"] == name]
                result.append(
                    {
                        "laboratory": laboratory,
                        "alteration": name,
                        "mode": mode,
                        "n": len(part),
                        "groups": int(part["group"].nunique()),
                        "n_room": int(part["room"].sum()),
                        "measure": _share(part, "measure", seed),
                        "score": _share(part, "score", seed),
                        "score_room": _share(part[part["room"]], "score", seed),
                    }
                )
    return result


def _share(part: pd.DataFrame, column: str, seed: int) -> dict[str, object]:
    by_group = part.groupby("group")[column].agg(["sum", "size"])
    if by_group.empty:
        return {"value": None, "low": None, "high": None, "per_group": {}}
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(by_group), size=(RESAMPLES, len(by_group)))
    hits, sizes = (by_group[name].to_numpy()[draws].sum(axis=1) for name in ("sum", "size"))
    low, high = np.percentile(hits / sizes, [2.5, 97.5])
    return {
        "value": round(float(part[column].mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "per_group": {str(g): f"{int(r['sum'])}/{int(r['size'])}" for g, r in by_group.iterrows()},
    }


if __name__ == "__main__":
    main()
