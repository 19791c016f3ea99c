"""What the outputs L1, L2, L3 and Blast of the bundled model follow: simulator and FAB rules.

python scripts/bundled_subtypes.py     -> docs/figures/subtypes.md and .json

No real cell carries such a label. Said here is how far the outputs reach what could be told of
simulated cells at all, and how often they agree with the FAB rules on real blasts kept apart.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import numpy as np
from bundled_bootstrap import with_interval
from bundled_data import PATTERNS, ROOT, SIMULATED_SIZE, SPEC, SUBTYPES, Cells, load_cells
from bundled_draws import diameters_um
from bundled_subtypes_page import page_of
from sklearn.ensemble import HistGradientBoostingClassifier

from napari_all_subtype.cells.single_cell import crop_single_cell
from napari_all_subtype.model.augmentation import stain_statistics, swap_stain
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.simulate import simulate_cells
from napari_all_subtype.simulate.traits import Traits, draw_traits

OUT = ROOT / "docs" / "figures"
EACH = 150  # fresh simulated cells of each class
DRAWN = 6000  # cells of each class, by their parameters alone, that the ceiling is learned from
FIRST_SEED = 1000  # those of the training are 0 to 3
PARAMETERS = [
    field.name
    for field in dataclasses.fields(Traits)
    if field.name not in ("kind", "shape", "granules")
]


# In which sizes they are cut: as drawn, and in the middle of those of the training, where they
# are as large as real cells of the same kind (`bundled_data.SIMULATED_SIZE`).
SIZES = {"as drawn": 1.0, "as large as real cells": float(np.mean(SIMULATED_SIZE))}


@dataclasses.dataclass(frozen=True)
class Fresh:
    """Simulated cells that the network never saw, (N,) each: crops by size, classes, parameters.

    `crops` holds an array (N, S, S, C) for each of SIZES, of the same cells; `parameters` is
    (N, P).
    """

    crops: dict[str, np.ndarray]
    classes: np.ndarray
    parameters: np.ndarray


def fresh_cells(each: int = EACH) -> Fresh:
    """`each` cells of every class, of other seeds than those of the training."""
    crops: dict[str, list[np.ndarray]] = {name: [] for name in SIZES}
    classes, parameters = [], []
    for number, word in enumerate(SUBTYPES):
        shown: list[Traits] = []
        noted = _noting(shown)
        smears = simulate_cells(each, word, FIRST_SEED + number, change=noted)
        for smear in smears:
            cut = {
                name: crop_single_cell(smear.pixels, smear.um_per_px * factor, SPEC)
                for name, factor in SIZES.items()
            }
            if all(cell.found for cell in cut.values()):
                for name, cell in cut.items():
                    crops[name].append(cell.crop)
                classes.append(number)
                parameters.append(_numbers(shown[-1]))
    stacked = {name: np.stack(those) for name, those in crops.items()}
    return Fresh(stacked, np.array(classes), np.array(parameters))


def _noting(shown: list[Traits]):
    def noted(traits: Traits, _: np.random.Generator) -> Traits:
        shown.append(traits)
        return traits

    return noted


def _numbers(traits: Traits) -> list[float]:
    return [float(getattr(traits, name)) for name in PARAMETERS]


def restained(crops: np.ndarray, cells: Cells) -> np.ndarray:
    """`crops` in the stains of chance real cells: ndarray of the same shape."""
    pool = cells.crops[cells.teaching & cells.found]
    rng = np.random.default_rng(0)
    out = crops.copy()
    for crop in out:
        target = stain_statistics(pool[rng.integers(len(pool))][..., :3], SPEC.ground)
        rgb = np.ascontiguousarray(crop[..., :3])
        crop[..., :3] = swap_stain(rgb, target, 1.0, SPEC.ground)
    return out


def ceiling(fresh: Fresh) -> np.ndarray:
    """Class of each cell as its true parameters tell it best: ndarray, shape (N,)."""
    rng = np.random.default_rng(0)
    x = [_numbers(draw_traits(word, rng)) for word in SUBTYPES for _ in range(DRAWN)]
    y = np.repeat(np.arange(len(SUBTYPES)), DRAWN)
    told = HistGradientBoostingClassifier(random_state=0).fit(x, y)
    return told.predict(fresh.parameters)


def simulated_rows(network, cells: Cells) -> list[dict]:
    """How often the strongest blast-side output is the class drawn, beside the ceiling."""
    fresh = fresh_cells()
    best = ceiling(fresh)
    shown = {}
    for name, crops in fresh.crops.items():
        shown |= {name: crops, f"{name}, in stains of real ones": restained(crops, cells)}
    rows = []
    for name, crops in shown.items():
        told = predict_logits(network, crops, batch_size=256)[:, 1:].argmax(axis=1)
        rows.append(
            {
                "cells": name,
                "n": len(told),
                "network": _rate(told == fresh.classes),
                "ceiling": _rate(best == fresh.classes),
                "share of the ceiling": float(
                    (told == fresh.classes).mean() / (best == fresh.classes).mean()
                ),
                "each class": {
                    word: float((told == k)[fresh.classes == k].mean())
                    for k, word in enumerate(SUBTYPES)
                },
            }
        )
    return rows


def _rate(right: np.ndarray) -> tuple[float, float, float]:
    return with_interval(np.arange(len(right)), lambda rows: right[rows].mean())


def rule_rows(cells: Cells, folder: Path) -> list[dict]:
    """How often the strongest blast-side output is the FAB rules' word, on groups kept apart."""
    told = np.full(len(cells.word), -1)
    for path in sorted(folder.glob("fold*.npz")):
        with np.load(path) as kept:
            told[kept["rows"]] = kept["logits"][:, 1:].argmax(axis=1)
    whole = {crop.tobytes() for crop in cells.crops[cells.teaching & (cells.word == "blast")]}
    as_it_is = np.array([crop.tobytes() in whole for crop in cells.crops])
    truth = np.array([PATTERNS.index(w) if w in PATTERNS else -1 for w in cells.word])
    rows = []
    for name in np.unique(cells.laboratory[cells.by_rule]):
        for shown, those in (("as they are", as_it_is), ("altered", ~as_it_is)):
            mine = cells.by_rule & (cells.laboratory == name) & those & (told >= 0)
            if mine.any():
                measured = _agreement(told[mine], truth[mine], cells.group[mine])
                rows.append({"laboratory": str(name), "blasts": shown, **measured})
    return rows


def _agreement(told: np.ndarray, truth: np.ndarray, group: np.ndarray) -> dict:
    right = told == truth
    return {
        "n": len(truth),
        "groups": len(np.unique(group)),
        "agreement": with_interval(group, lambda rows: right[rows].mean()),
        "mean of the patterns": with_interval(
            group, lambda rows: _mean_recall(told[rows], truth[rows])
        ),
        "usual word alone": float(np.bincount(truth).max() / len(truth)),
        "each pattern": {
            pattern: [int((truth == k).sum()), float(right[truth == k].mean())]
            for k, pattern in enumerate(PATTERNS)
            if (truth == k).any()
        },
    }


def _mean_recall(told: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([(told == truth)[truth == k].mean() for k in np.unique(truth)]))


def left_out_of_rules(cells: Cells) -> dict[str, dict]:
    """How many blasts carry a word of the rules and how many do not, with median diameters."""
    named = {crop.tobytes() for crop in cells.crops[cells.by_rule]}
    blasts = cells.at(cells.teaching & cells.found & (cells.word == "blast"))
    has = np.array([crop.tobytes() in named for crop in blasts.crops])
    sizes = diameters_um(blasts.crops)
    found = {}
    for name in np.unique(blasts.laboratory):
        for key, those in (("with", has), ("without", ~has)):
            mine = sizes[(blasts.laboratory == name) & those]
            middle = float(np.median(mine)) if len(mine) else 0.0
            found.setdefault(str(name), {})[key] = [len(mine), middle]
    return found


def main() -> None:
    """Measure the bundled model and write the page."""
    from train_bundled import FULL, commit, folder_of

    from napari_all_subtype.model.weights import load_network

    cells = load_cells()
    network, card = load_network()
    content = {
        "date": date.today().isoformat(),
        "model": card.id,
        "commit": commit(),
        "simulated": simulated_rows(network, cells),
        "rules": rule_rows(cells, folder_of(cells, FULL)),
        "left out of the rules": left_out_of_rules(cells),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "subtypes.json").write_text(json.dumps(content, indent=1) + "\n")
    (OUT / "subtypes.md").write_text(page_of(content))
    print(page_of(content))


if __name__ == "__main__":
    main()
