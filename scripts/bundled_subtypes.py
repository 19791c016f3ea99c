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
from bundled_data import PATTERNS, ROOT, SPEC, SUBTYPES, Cells, load_cells
from bundled_figures import RESAMPLES
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import balanced_accuracy_score

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


@dataclasses.dataclass(frozen=True)
class Fresh:
    """Simulated cells that the network never saw: crops, classes (N,), parameters (N, P)."""

    crops: np.ndarray
    classes: np.ndarray
    parameters: np.ndarray


def fresh_cells(each: int = EACH) -> Fresh:
    """`each` cells of every class, of other seeds than those of the training."""
    crops, classes, parameters = [], [], []
    for number, word in enumerate(SUBTYPES):
        shown: list[Traits] = []
        noted = _noting(shown)
        smears = simulate_cells(each, word, FIRST_SEED + number, change=noted)
        for smear in smears:
            cell = crop_single_cell(smear.pixels, smear.um_per_px, SPEC)
            if cell.found:
                crops.append(cell.crop)
                classes.append(number)
                parameters.append(_numbers(shown[-1]))
    return Fresh(np.stack(crops), np.array(classes), np.array(parameters))


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
    shown = {"as drawn": fresh.crops, "in stains of real cells": restained(fresh.crops, cells)}
    rows = []
    for name, crops in shown.items():
        told = predict_logits(network, crops, batch_size=256)[:, 1:].argmax(axis=1)
        rows.append(
            {
                "cells": name,
                "n": len(told),
                "network": _interval(told == fresh.classes),
                "ceiling": _interval(best == fresh.classes),
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


def _interval(right: np.ndarray) -> tuple[float, float, float]:
    rng = np.random.default_rng(0)
    means = [right[rng.integers(len(right), size=len(right))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(right.mean()), float(low), float(high)


def rule_rows(cells: Cells, folder: Path) -> list[dict]:
    """How often the strongest blast-side output is the FAB rules' word, on groups kept apart."""
    told, word, laboratory, group = [], [], [], []
    for path in sorted(folder.glob("fold*.npz")):
        with np.load(path) as kept:
            mine = cells.by_rule[kept["rows"]]
            rows = kept["rows"][mine]
            told.append(kept["logits"][mine][:, 1:].argmax(axis=1))
            word.append(cells.word[rows])
            laboratory.append(cells.laboratory[rows])
            group.append(cells.group[rows])
    if not told:
        return []
    told, word, laboratory, group = map(np.concatenate, (told, word, laboratory, group))
    truth = np.array([PATTERNS.index(name) for name in word])
    rows = []
    for name in np.unique(laboratory):
        mine = laboratory == name
        rows.append(
            {
                "laboratory": str(name),
                "n": int(mine.sum()),
                "groups": len(np.unique(group[mine])),
                "agreement": float((told == truth)[mine].mean()),
                "balanced": float(balanced_accuracy_score(truth[mine], told[mine])),
                "usual word alone": float(np.bincount(truth[mine]).max() / mine.sum()),
                "each pattern": {
                    pattern: [int((mine & (truth == k)).sum()), _share(told, truth, mine, k)]
                    for k, pattern in enumerate(PATTERNS)
                },
            }
        )
    return rows


def _share(told: np.ndarray, truth: np.ndarray, mine: np.ndarray, k: int) -> float | None:
    those = mine & (truth == k)
    return float((told[those] == k).mean()) if those.any() else None


def page_of(content: dict) -> str:
    """The page, in Markdown."""
    lines = [
        "# What the outputs L1, L2, L3 and Blast follow",
        "",
        f"Made by `make figures-subtypes`, {content['date']}, model {content['model']}.",
        "",
        "**No real cell with a label L1, L2 or L3 could be had.** These outputs are scores: they",
        "were learned from simulated cells, and from real blasts, as they are and altered, named",
        "by the FAB rules of `cells/fab`. Nothing here says how a reader would call a cell.",
        "",
        "## Simulated cells of other seeds",
        "",
        "Share whose strongest output on the blast side is the class that was drawn. The ceiling",
        "is what gradient boosting tells from the true parameters, for the ranges of the classes",
        "overlap as in the FAB table.",
        "",
        "| cells | n | network | ceiling | share of the ceiling (asked 0.95) | "
        + " | ".join(SUBTYPES)
        + " |",
        "|---|---|---|---|---|" + "---|" * len(SUBTYPES),
    ]
    for row in content["simulated"]:
        each = " | ".join(f"{row['each class'][word]:.2f}" for word in SUBTYPES)
        lines.append(
            f"| {row['cells']} | {row['n']} | {_shown(row['network'])} | {_shown(row['ceiling'])} "
            f"| {row['share of the ceiling']:.2f} | {each} |"
        )
    lines += [
        "",
        "## Real blasts kept apart, beside the FAB rules",
        "",
        "Grouped folds, blasts as they are and altered along chance criteria. Agreement says that",
        "the network has learned the rules, **not that either is right**. *Usual word alone*: what",
        "always saying the commonest pattern would reach.",
        "",
        "| laboratory | crops | groups | agreement | balanced | usual word alone | "
        + " | ".join(f"{p} (n)" for p in PATTERNS)
        + " |",
        "|---|---|---|---|---|---|" + "---|" * len(PATTERNS),
    ]
    for row in content["rules"]:
        each = " | ".join(
            "" if share is None else f"{share:.2f} ({n})"
            for n, share in row["each pattern"].values()
        )
        lines.append(
            f"| {row['laboratory']} | {row['n']} | {row['groups']} | {row['agreement']:.2f} "
            f"| {row['balanced']:.2f} | {row['usual word alone']:.2f} | {each} |"
        )
    return "\n".join(lines) + "\n"


def _shown(figure: tuple[float, float, float]) -> str:
    return f"{figure[0]:.2f} ({figure[1]:.2f}–{figure[2]:.2f})"


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
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "subtypes.json").write_text(json.dumps(content, indent=1) + "\n")
    (OUT / "subtypes.md").write_text(page_of(content))
    print(page_of(content))


if __name__ == "__main__":
    main()
