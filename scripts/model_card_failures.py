"""Failure cases of the bundled model, on cells drawn by the simulator: how often, and a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.table import present
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.model.classifier import Classifier
from napari_all_subtype.simulate import (
    OpticsParameters,
    SimulatedSmear,
    SmearRecipe,
    StyleName,
    simulate_cells,
    simulate_smear,
)
from napari_all_subtype.simulate.traits import Traits
from napari_all_subtype.taxonomy import UNKNOWN, class_of
from napari_all_subtype.workflow.analyse import Analyser
from napari_all_subtype.workflow.intervals import wilson
from napari_all_subtype.workflow.overlay import HALO_RGB, cell_contours, rgb

FIELDS = 60  # of each version
SEED = 20
SIDE_PX = 200
PANEL_PX = 210
GAP_PX = 6
SAME_CELL_IOU = 0.5
BLAST_SIDE = ("blast", "l1", "l2", "l3")
NOT_OUTLINED = "not outlined"  # no outline is the drawn cell, or it is that of several
FOCUSED = OpticsParameters()
DEFOCUS_UM = 1.0
SCALE_ERROR = 1.5


@dataclass(frozen=True)
class Version:
    """Fields of one kind, and by what factor their pixel size is stated wrongly."""

    name: str
    fields: Callable[[], Iterator[SimulatedSmear]]
    stated_scale: float = 1.0


@dataclass(frozen=True)
class Case:
    """A way to go wrong: the same cells as usual and made hard, and the words that are wrong."""

    name: str
    title: str
    usual: Version
    hard: Version
    wrong: tuple[str, ...]
    wrong_in_words: str


@dataclass(frozen=True)
class Seen:
    """One drawn cell and what the product said of it."""

    field: SimulatedSmear
    analysis: Analysis
    truth_label: int
    word: str
    p_blast: float


def _cells(kind: str, **settings) -> Callable[[], Iterator[SimulatedSmear]]:
    return partial(simulate_cells, FIELDS, kind, SEED, size_px=SIDE_PX, **settings)


def _reactive(traits: Traits, rng: np.random.Generator) -> Traits:
    """A lymphocyte as in a viral infection: large, much blue cytoplasm, open chromatin."""
    return replace(
        traits,
        diameter_um=float(rng.uniform(13.5, 16.0)),
        nc_ratio=float(rng.uniform(0.5, 0.62)),
        basophilia=float(rng.uniform(0.55, 0.8)),
        chromatin=float(rng.uniform(0.16, 0.22)),
        grain_um=float(rng.uniform(0.55, 0.75)),
        nucleus_irregularity=float(rng.uniform(0.04, 0.09)),
        cell_irregularity=float(rng.uniform(0.06, 0.12)),
    )


def _pairs(touching: bool) -> Iterator[SimulatedSmear]:
    recipe = dict.fromkeys(("monocyte", "neutrophil", "eosinophil", "blast", "l1", "l2", "l3"), 0)
    recipe |= {"lymphocyte": 2, "clusters": (2,) if touching else (), "touching_fraction": 0.0}
    for n in range(FIELDS // 2):
        yield simulate_smear(
            SmearRecipe(width_px=SIDE_PX, height_px=SIDE_PX, **recipe), seed=SEED + n
        )


def cases() -> tuple[Case, ...]:
    """Every case that is shown."""
    lymphocytes = Version("lymphocytes", _cells("lymphocyte"))
    reactive = Version("large, much blue cytoplasm", _cells("lymphocyte", change=_reactive))
    large = Version("large blasts (L2-like)", _cells("l2"))
    sharp = Version("large blasts in focus", _cells("l2", optics=FOCUSED))
    blurred = _cells("l2", optics=OpticsParameters(blur_um=DEFOCUS_UM))
    called_blast = (BLAST_SIDE, "called blast")
    missed = (("normal", UNKNOWN.name, NOT_OUTLINED), "not called blast")
    return (
        Case("reactive-lymphocyte", "Reactive lymphocyte", lymphocytes, reactive, *called_blast),
        Case(
            "blue-stain",
            "Blue stain",
            Version("such lymphocytes, pink stain", _stained("rose")),
            Version("the same, blue stain", _stained("blue")),
            *called_blast,
        ),
        Case(
            "pixel-size-too-large",
            "Pixel size stated too large",
            lymphocytes,
            Version(f"the same, size × {SCALE_ERROR:g}", lymphocytes.fields, SCALE_ERROR),
            *called_blast,
        ),
        Case(
            "pixel-size-too-small",
            "Pixel size stated too small",
            large,
            Version(f"the same, size ÷ {SCALE_ERROR:g}", large.fields, 1 / SCALE_ERROR),
            *missed,
        ),
        Case(
            "small-blast", "Small blast", large, Version("small (L1-like)", _cells("l1")), *missed
        ),
        Case(
            "out-of-focus",
            "Out of focus",
            sharp,
            Version(f"the same, blurred by {DEFOCUS_UM:g} µm", blurred),
            *missed,
        ),
        Case(
            "monocyte",
            "Monocyte",
            Version("neutrophils", _cells("neutrophil")),
            Version("monocytes", _cells("monocyte")),
            *called_blast,
        ),
        Case(
            "touching",
            "Touching cells",
            Version("two lymphocytes, apart", partial(_pairs, False)),
            Version("two lymphocytes, touching", partial(_pairs, True)),
            (*BLAST_SIDE, NOT_OUTLINED),
            "called blast, or not outlined",
        ),
    )


def _stained(style: StyleName) -> Callable[[], Iterator[SimulatedSmear]]:
    return _cells("lymphocyte", change=_reactive, style=style)


def _analyser(classifier: Classifier, um_per_px: float) -> Analyser:
    settings = {"scale": {"pixel_size_um": um_per_px}, "model": {"batch_size": 4}}
    return Analyser(AnalysisParameters.of(**settings), classifier)


def seen_of(version: Version, classifier: Classifier) -> list[Seen]:
    """What the whole product says of every cell of `version`."""
    seen, analyser = [], None
    for field in version.fields():
        stated = round(field.um_per_px * version.stated_scale, 4)
        analyser = analyser or _analyser(classifier, stated)
        analysis = analyser(field.pixels)
        for label in range(1, field.masks.count + 1):
            seen.append(Seen(field, analysis, label, *_said(field, analysis, label)))
    return seen


def _said(field: SimulatedSmear, analysis: Analysis, label: int) -> tuple[str, float]:
    """What is said of the outline that is the drawn cell, and its probability of blast."""
    drawn = field.masks.labels == label
    over = np.bincount(analysis.masks.labels[drawn])
    over[0] = 0
    found = int(over.argmax())
    union = np.count_nonzero(drawn | (analysis.masks.labels == found))
    if not over[found] or over[found] / union < SAME_CELL_IOU:
        return NOT_OUTLINED, float("nan")
    row = analysis.cells.loc[found]
    return str(row["subtype"]), float(row["p_blast_any"])


def tally(seen: list[Seen], wrong: tuple[str, ...]) -> dict:
    """How many cells were called what, and the share that is wrong with its interval."""
    count = sum(one.word in wrong for one in seen)
    interval = wilson(count, len(seen))
    words = Counter("blast" if one.word in BLAST_SIDE else one.word for one in seen)
    p_blast = [one.p_blast for one in seen if not np.isnan(one.p_blast)]
    return {
        "cells": len(seen),
        "called": dict(sorted(words.items())),
        "median p_blast": round(float(np.median(p_blast)), 3) if p_blast else None,
        "wrong": count,
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
    }


def example(usual: list[Seen], hard: list[Seen], wrong: tuple[str, ...]) -> tuple[Seen, Seen]:
    """The first pair of which only the hard one is wrong; else the first pair."""
    for one, other in zip(usual, hard, strict=True):
        if one.word not in wrong and other.word in wrong:
            return one, other
    return usual[0], hard[0]


def picture(pair: tuple[Seen, Seen], path: Path) -> None:
    """Both cells side by side, outlined as the product does, at one scale."""
    gap = np.full((PANEL_PX, GAP_PX, 3), 255, np.uint8)
    both = np.hstack([_panel(pair[0]), gap, _panel(pair[1])])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(both).save(path, quality=88, subsampling=0, optimize=True)


def _panel(seen: Seen) -> np.ndarray:
    """The field with its outlines, in the colours of what was said, thin enough to see the cell."""
    zoom = PANEL_PX / SIDE_PX
    shown = cv2.resize(seen.field.pixels, (PANEL_PX, PANEL_PX), interpolation=cv2.INTER_CUBIC)
    for row in present(seen.analysis.cells).itertuples():
        colour = rgb(class_of(seen.analysis.taxonomy, row.subtype).colour)
        for contour in cell_contours(seen.analysis.masks.labels, row):
            points = np.round(contour * zoom * 16).astype(np.int32)
            cv2.polylines(shown, [points], True, HALO_RGB, 4, cv2.LINE_AA, shift=4)
            cv2.polylines(shown, [points], True, colour, 2, cv2.LINE_AA, shift=4)
    return shown


def failures(classifier: Classifier, folder: Path) -> list[dict]:
    """Tally of every case, with a picture of each written to `folder`."""
    known: dict[Version, list[Seen]] = {}
    rows = []
    for case in cases():
        for version in (case.usual, case.hard):
            if version not in known:
                known[version] = seen_of(version, classifier)
        usual, hard = known[case.usual], known[case.hard]
        pair = example(usual, hard, case.wrong)
        picture(pair, folder / f"{case.name}.jpg")
        rows.append(
            {
                "name": case.name,
                "title": case.title,
                "wrong": case.wrong_in_words,
                "usual": {"what": case.usual.name} | tally(usual, case.wrong) | _of(pair[0]),
                "hard": {"what": case.hard.name} | tally(hard, case.wrong) | _of(pair[1]),
            }
        )
        print(f"{case.name}: {rows[-1]['usual']['called']} -> {rows[-1]['hard']['called']}")
    return rows


def _of(seen: Seen) -> dict:
    shown = None if np.isnan(seen.p_blast) else round(seen.p_blast, 3)
    return {"shown": {"said": seen.word, "p_blast": shown}}
