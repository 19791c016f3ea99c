"""Where the project starts: cells found, their masks and the time of every stage.

``make figures-start`` measures every dataset of ``../shared/data`` and writes
``docs/figures/start.md`` and ``start.json``. Each finished dataset is kept in
``build/figures`` under a hash of code and data: an interrupted run goes on
where it stopped.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import time

import cv2
import numpy as np
import pandas as pd
from checkout import commit
from development_images import (
    FOLDER,
    NOMINAL_UM_PER_PX,
    REPOSITORY,
    fingerprint,
    manifest,
    truth_of,
)
from scores import score, summarise

from napari_all_subtype.cells.crops import crop_cells
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.scale import pixel_size_of
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.table import present
from napari_all_subtype.config import SegmentationParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.model.classifier import Classifier, load_classifier

CACHE = REPOSITORY / "build" / "figures"
OUTPUT = REPOSITORY / "docs" / "figures"
STAGES = ("read", "scale", "segment", "measure", "crop", "classify")
# mll holds 3,000 crops without masks: every tenth shows how many cells are found in them.
STRIDE = {"mll": 10}


def main() -> None:
    """Measure what is not yet measured, then write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", default=list(NOMINAL_UM_PER_PX))
    parser.add_argument("--every", type=int, default=1, help="measure every n-th image only")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows, results = manifest(), []
    classifier = load_classifier()
    blank = np.zeros((1, *classifier.crop_spec.shape), np.uint8)
    classifier.predict(blank)  # the first call builds the graph
    for name in options.datasets:
        chosen = rows[rows["dataset"] == name].iloc[:: STRIDE.get(name, 1) * options.every]
        results.append(_cached(name, chosen, classifier))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    report = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "model": classifier.card.identity,
        "processor": "one core for images, all for the model",
        "datasets": results,
    }
    (OUTPUT / "start.json").write_text(json.dumps(report, indent=1) + "\n")
    (OUTPUT / "start.md").write_text(_markdown(report))


def _cached(name: str, rows: pd.DataFrame, classifier: Classifier) -> dict:
    """Result of one dataset, from the cache if code and data are the same."""
    key = f"{name}-{fingerprint(rows)}-{_code_hash(classifier)}"
    path = CACHE / f"{key}.json"
    if path.is_file():
        print(f"{name}: kept from before")
        return json.loads(path.read_text())
    result = _measure(name, rows, classifier)
    CACHE.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result))
    return result


def _measure(name: str, rows: pd.DataFrame, classifier: Classifier) -> dict:
    """Scores at the dataset's own pixel size and at the one measured on each image."""
    nominal, measured, seconds, origins = [], [], [], []
    for _, row in rows.iterrows():
        truth = truth_of(row)
        here: dict[str, float] = {}
        source = _timed(here, "read", open_image, FOLDER / row["file"])
        size = _timed(here, "scale", pixel_size_of, source)
        origins.append((size.origin, size.um_per_px))
        for table, um_per_px in (
            (measured, size.um_per_px),
            (nominal, NOMINAL_UM_PER_PX[name]),
        ):
            masks = _timed(here, "segment", segment, source, um_per_px, SegmentationParameters())
            cells = _timed(here, "measure", measure, masks, um_per_px)
            spec = classifier.crop_spec
            crops = _timed(here, "crop", crop_cells, source, masks, cells, um_per_px, spec)
            probabilities = _timed(here, "classify", classifier.predict, crops)
            scores = score(masks, cells, truth)
            called = decide(probabilities).subtype != "normal"
            if row["label"] == "normal":
                scores["called_blast"] = int(called.sum())
            elif row["label"] in ("blast", "other"):
                scores[f"{row['label']}_called"] = float(_of_middle(called, masks, cells))
            table.append({"group": row["group"], **scores})
        seconds.append(here)
    times = pd.DataFrame(seconds)[list(STAGES)].median()
    sizes = pd.DataFrame(origins, columns=["origin", "um_per_px"])
    print(f"{name}: {len(rows)} images, {times.sum():.3f} s per image", flush=True)
    return {
        "dataset": name,
        "images": len(rows),
        "split": f"all development images, groups {fingerprint(rows)}",
        "nominal_um_per_px": NOMINAL_UM_PER_PX[name],
        "at_nominal_scale": summarise(pd.DataFrame(nominal)),
        "at_measured_scale": summarise(pd.DataFrame(measured)),
        "measured_scale": {
            "origin": sizes["origin"].value_counts().to_dict(),
            "um_per_px_5_50_95": np.percentile(sizes["um_per_px"], [5, 50, 95]).round(4).tolist(),
        },
        "median_seconds": times.round(4).to_dict(),
    }


def _of_middle(called: np.ndarray, masks: CellMasks, cells: pd.DataFrame) -> bool:
    """Whether the cell in the middle was found and called blast."""
    height, width = masks.labels.shape
    label = masks.labels[height // 2, width // 2]
    return bool(label and called[present(cells).index.get_loc(label)])


def _timed(seconds: dict[str, float], stage: str, call, *arguments):
    """Result of `call`; its time goes to `seconds` (the last call of a stage counts)."""
    start = time.perf_counter()
    result = call(*arguments)
    seconds[stage] = time.perf_counter() - start
    return result


def _code_hash(classifier: Classifier) -> str:
    """Hash of the code and the model that the figures depend on."""
    digest = hashlib.sha256()
    cells = REPOSITORY / "src" / "napari_all_subtype" / "cells"
    own = [p for p in (REPOSITORY / "benchmarks").glob("*.py") if p.name in _OWN]
    for path in [*sorted(cells.glob("*.py")), *sorted(own)]:
        digest.update(path.read_bytes())
    digest.update(SegmentationParameters().model_dump_json().encode())
    digest.update(classifier.card.identity.encode())
    return digest.hexdigest()[:12]


_OWN = ("development_images.py", "scores.py", "figures_start.py")


_HEAD = """# Where the project starts

{date}, commit `{commit}`, one core for images. Written by `make figures-start`; per-group values
are in `start.json`.

Intervals are 95 %, by bootstrap over the groups of the manifest. These groups are blocks of
files, **not patients**. The method has no trained part, but its constants were chosen while
looking at these very images: the figures are a starting point, not an independent test. Boxes
of `txl_pbc`, `txl_raabin` and `bccd` are semi-automatic. `mll` has neither masks nor boxes.
*Called blast* is the whole chain with the bundled model, {model}, **which was trained on
cells of these sets**: the rates of laboratories left out stand in `model.md`, and are what a new
laboratory gets. Of images of one cell it is the cell in the middle; one that was not found counts
as not called. `mll`: every tenth image.

*Own scale*: at the dataset's nominal pixel size; the training of the model took those that red
cells tell where they differ (`model-card.md`). *Measured scale*: at the pixel size that the product
finds on each image alone (red cells, else the assumed 0.13 µm). What pooling the red cells of
a smear's fields gains is not measured here: these sets do not say which fields share a slide.

## Cells found and their masks

| dataset | images | groups | figure | own scale | measured scale |
|---|---:|---:|---|---|---|
"""


def _markdown(report: dict) -> str:
    """The report as a page."""
    lines = [_HEAD.format(**report).rstrip("\n")]
    for result in report["datasets"]:
        pairs = zip(result["at_nominal_scale"], result["at_measured_scale"], strict=True)
        for own, measured in pairs:
            cells = [
                f"{f['value']:.3f} ({f['low']:.3f} – {f['high']:.3f})" for f in (own, measured)
            ]
            lines.append(
                f"| `{result['dataset']}` | {own['n']} | {own['groups']} | {own['figure']} "
                f"| {cells[0]} | {cells[1]} |"
            )
    lines += [
        "",
        "Dice is that of the central nucleus, with all its lobes, and of its cell; boxes match at",
        "an IoU of 0.5, one to one.",
        "",
        "## Pixel size",
        "",
        "| dataset | own µm/px | measured, median (5 – 95 %) | origin |",
        "|---|---:|---|---|",
    ]
    for result in report["datasets"]:
        low, middle, high = result["measured_scale"]["um_per_px_5_50_95"]
        origin = ", ".join(f"{k} {v}" for k, v in result["measured_scale"]["origin"].items())
        lines.append(
            f"| `{result['dataset']}` | {result['nominal_um_per_px']} "
            f"| {middle} ({low} – {high}) | {origin} |"
        )
    lines += [
        "",
        "## Seconds per image, median",
        "",
        "| dataset | " + " | ".join(STAGES) + " | all |",
        "|---|" + "---:|" * (len(STAGES) + 1),
    ]
    for result in report["datasets"]:
        times = result["median_seconds"]
        values = [f"{times[stage]:.3f}" for stage in STAGES]
        lines.append(
            f"| `{result['dataset']}` | {' | '.join(values)} | {sum(times.values()):.3f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
