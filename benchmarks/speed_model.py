"""How fast cells are classified: cutting crops, the network, what is unlike the training.

``make figures-speed-model`` writes ``docs/figures/speed-model.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
import pandas as pd
from checkout import commit
from development_images import REPOSITORY

from napari_all_subtype.cells.crops import crop_cells
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.config import AnalysisParameters, ModelParameters
from napari_all_subtype.model.backbones import build_backbone
from napari_all_subtype.model.classifier import Classifier, load_classifier, predict_logits
from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.workflow.said import said_of

OUTPUT = REPOSITORY / "docs" / "figures"
UM_PER_PX = (0.07, 0.13, 0.25)
MAIN_SIZE = 0.13
FIELD_CELLS = 64
TIMES = 4  # the cells of the field, one after the other: a smear has more than one batch
FIELD_UM = 230.0
BATCH = 64
TO_REACH = 500.0
SEED = 1
VGG16_CELLS = 64


def main() -> None:
    """Measure everything in one run, then write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, default=OUTPUT, help="folder of both files")
    options = parser.parse_args()
    classifier = load_classifier()
    rows = [_row(classifier, um, options.repeats) for um in UM_PER_PX]
    crops = np.zeros((VGG16_CELLS, *classifier.crop_spec.shape), np.uint8)
    vgg16 = build_backbone("vgg16", classifier.crop_spec, len(classifier.taxonomy))
    report = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "machine": machine.describe(),
        "model": classifier.card.id,
        "batch": BATCH,
        "rows": rows,
        "vgg16": _rates(lambda: predict_logits(vgg16, crops, batch_size=BATCH), len(crops), 3),
        "load": machine.load(),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "speed-model.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "speed-model.md").write_text(_page(report))
    print(_page(report))


def _row(classifier: Classifier, um_per_px: float, repeats: int) -> dict:
    source, masks, cells = _field(um_per_px)
    spec = classifier.crop_spec
    crops = crop_cells(source, masks, cells, um_per_px, spec)
    count = len(crops)
    parameters = AnalysisParameters(model=ModelParameters(batch_size=BATCH))
    stages: dict[str, Callable[[], object]] = {
        "crops": lambda: crop_cells(source, masks, cells, um_per_px, spec),
        "network": lambda: classifier.predict(crops, batch_size=BATCH),
        "novelty": lambda: classifier.novelty(crops),
        "crops and network": lambda: classifier.predict(
            crop_cells(source, masks, cells, um_per_px, spec), batch_size=BATCH
        ),
        "all": lambda: said_of(
            crop_cells(source, masks, cells, um_per_px, spec), classifier, parameters
        ),
    }
    rates = {name: _rates(work, count, repeats) for name, work in stages.items()}
    return {"um_per_px": um_per_px, "cells": count, "rates": rates}


def _field(um_per_px: float) -> tuple[ArraySource, object, pd.DataFrame]:
    """A simulated field with its own masks: what is timed begins after the segmentation."""
    side = round(FIELD_UM / um_per_px)
    recipe = SmearRecipe.of(
        width_px=side,
        height_px=side,
        um_per_px=um_per_px,
        **dict.fromkeys(SmearRecipe().kinds, FIELD_CELLS // 8),
    )
    smear = simulate_smear(recipe, SEED)
    cells = pd.concat([measure(smear.masks, um_per_px)] * TIMES)
    return ArraySource(smear.pixels), smear.masks, cells


def _rates(work: Callable[[], object], count: int, repeats: int) -> list[float]:
    """Cells per second of each repeat, after one that is not counted."""
    work()
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        rates.append(count / (time.perf_counter() - start))
    return rates


def _page(report: dict) -> str:
    stages = list(report["rows"][0]["rates"])
    of_machine = report["machine"]
    network = _main(report)["rates"]["network"]
    ratio = statistics.median(network) / statistics.median(report["vgg16"])
    lines = [
        "# How fast cells are classified",
        "",
        f"{report['date']}, commit `{report['commit']}`, model {report['model']}. Written by "
        "`make figures-speed-model`; all repeats are in `speed-model.json`.",
        "",
        f"{of_machine['processor']}, {of_machine['cores']} cores; one core copies "
        f"{of_machine['copy_gb_per_s']} GB/s; processes that wanted a core after the run: "
        f"{report['load']}. Above {of_machine['cores']}, others were at work and all is too slow.",
        "",
        f"Cells per second in batches of {report['batch']}: median of warm repeats, the slowest "
        "and the fastest in brackets. Simulated fields, masks given. *All*: crops, network, "
        "novelty (what is unlike the training), the stain, and the decision.",
        "",
        "| µm/px | cells | " + " | ".join(stages) + " |",
        "|---|---|" + "---|" * len(stages),
    ]
    for row in report["rows"]:
        shown = " | ".join(_shown(row["rates"][name]) for name in stages)
        lines.append(f"| {row['um_per_px']} | {row['cells']} | {shown} |")
    reached = [_verdict(row) for row in report["rows"]]
    lines += [
        "",
        f"To reach: {TO_REACH:.0f} cells/s with the cutting of crops: {', '.join(reached)}. VGG16 "
        f"on the same crops: {_shown(report['vgg16'])} cells/s, so the network is {ratio:.0f} "
        "times as fast.",
    ]
    return "\n".join(lines) + "\n"


def _verdict(row: dict) -> str:
    rate = statistics.median(row["rates"]["crops and network"])
    word = "reached" if rate >= TO_REACH else "**falls short**"
    return f"{word} at {row['um_per_px']} µm/px"


def _main(report: dict) -> dict:
    return next(row for row in report["rows"] if row["um_per_px"] == MAIN_SIZE)


def _shown(rates: list[float]) -> str:
    return f"{statistics.median(rates):.0f} ({min(rates):.0f}–{max(rates):.0f})"


if __name__ == "__main__":
    main()
