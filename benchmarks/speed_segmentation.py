"""How fast cells are found: per stage, with growing images, beside a network, without cells.

``make figures-speed`` writes ``docs/figures/speed.md`` and ``speed.json``. The column of
StarDist needs the Python of an environment that StarDist is installed in::

    uv venv build/stardist && uv pip install --python build/stardist stardist tensorflow
    make figures-speed STARDIST_PYTHON=build/stardist/bin/python
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import machine
import numpy as np
from checkout import commit
from development_images import REPOSITORY
from speed_page import page
from stage_times import STAGES, timed_stages

from napari_all_subtype.cells import image, segmentation
from napari_all_subtype.simulate import SmearRecipe, simulate_smear

HERE = Path(__file__).parent
OUTPUT = REPOSITORY / "docs" / "figures"
PIXEL_SIZES = (0.07, 0.13, 0.25)
MAIN_SIZE = 0.13
WIDTH_PX, HEIGHT_PX = 2592, 1944
LEUKOCYTES = {
    "lymphocyte": 12,
    "monocyte": 5,
    "neutrophil": 13,
    "eosinophil": 2,
    "blast": 7,
    "l1": 8,
    "l2": 8,
    "l3": 5,
}
# Megapixels and repeats.
GROWTH = ((1, 9), (4, 7), (16, 5), (36, 3), (100, 3))
SEED = 1


def main() -> None:
    """Measure everything in one run, then write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stardist-python", help="Python of an environment with StarDist")
    parser.add_argument("--repeats", type=int, default=11, help="of the field of 5 megapixels")
    parser.add_argument("--out", type=Path, default=OUTPUT, help="folder of both files")
    options = parser.parse_args()
    report = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "machine": machine.describe(),
        "load_before": machine.load(),
    }
    with tempfile.TemporaryDirectory() as folder:
        fields = {um: _field(Path(folder), um, **LEUKOCYTES) for um in PIXEL_SIZES}
        report["fields"] = [_whole(path, um, options.repeats) for um, path in fields.items()]
        report["stages"] = [_stages(path, um) for um, path in fields.items()]
        main_field = fields[MAIN_SIZE]
        report["without_cells"] = _without_cells(Path(folder))
        report["stardist"] = _stardist(options.stardist_python, main_field)
        report["growth"] = [_child(main_field, mp, "segment", n) for mp, n in GROWTH]
        report["analyse"] = _child(main_field, 100, "analyse", 1)
    report["load_after"] = machine.load()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "speed.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "speed.md").write_text(page(report))


def _field(folder: Path, um_per_px: float, **cells: int) -> Path:
    """A simulated field of 5 megapixels as a PNG file."""
    counts = dict.fromkeys(LEUKOCYTES, 0) | cells
    size = {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "um_per_px": um_per_px}
    smear = simulate_smear(SmearRecipe.of(**size, **counts), SEED)
    return _saved(folder / f"field-{um_per_px}-{sum(counts.values())}.png", smear.pixels)


def _saved(path: Path, rgb: np.ndarray) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def _whole(path: Path, um_per_px: float, repeats: int) -> dict:
    """From the file to the masks, with all cores, warm."""
    seconds, cpu = [], []
    for repeat in range(repeats + 1):
        start, started = time.perf_counter(), time.process_time()
        source = image.open_image(path)
        count = segmentation.segment(source, um_per_px).count
        if repeat:  # the first is not warm
            seconds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - started)
    megapixels = source.shape[0] * source.shape[1] / 1e6
    print(f"{path.name}: {megapixels / statistics.median(seconds):.1f} MP/s", flush=True)
    return {
        "file": path.name,
        "um_per_px": um_per_px,
        "megapixels": megapixels,
        "cells": count,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "load": machine.load(),
    }


def _stages(path: Path, um_per_px: float, repeats: int = 7) -> dict:
    """Median seconds of every stage, in one thread."""
    rows = []
    for _ in range(repeats):
        with timed_stages() as seconds:
            source = image.open_image(path)
            segmentation.segment(source, um_per_px, workers=1)
        rows.append([seconds[stage] for stage in STAGES])
    medians = np.median(rows, axis=0).tolist()
    spread = np.ptp(rows, axis=0).tolist()
    return {
        "um_per_px": um_per_px,
        "megapixels": source.shape[0] * source.shape[1] / 1e6,
        "seconds": dict(zip(STAGES, medians, strict=True)),
        "spread": dict(zip(STAGES, spread, strict=True)),
        "load": machine.load(),
    }


def _without_cells(folder: Path) -> list[dict]:
    """Images without white cells, of the size of the field."""
    shape = (HEIGHT_PX, WIDTH_PX, 3)
    noise = np.random.default_rng(SEED).integers(0, 256, shape).astype(np.uint8)
    pictures = {
        "blank": _saved(folder / "blank.png", np.full(shape, (236, 232, 238), np.uint8)),
        "saturated": _saved(folder / "saturated.png", np.full(shape, 255, np.uint8)),
        "red cells only": _field(folder, MAIN_SIZE),
        "noise": _saved(folder / "noise.png", noise),
    }
    return [{"picture": name, **_whole(p, MAIN_SIZE, 5)} for name, p in pictures.items()]


def _stardist(python: str | None, path: Path) -> dict:
    """What the network of an untrained StarDist takes for the same pixels, or why it was not."""
    if python is None:
        return {"skipped": "no environment with StarDist was named (--stardist-python)"}
    return _json([python, str(HERE / "stardist_network.py"), str(path), "3"])


def _child(path: Path, megapixels: float, what: str, repeats: int) -> dict:
    """Time and memory of a larger image, in a process of its own."""
    script = str(HERE / "growth.py")
    result = _json([sys.executable, script, str(path), str(megapixels), what, str(repeats)])
    print(f"{what}, {megapixels} MP: {statistics.median(result['seconds']):.2f} s", flush=True)
    return result


def _json(command: list[str]) -> dict:
    """The last line that a program printed; if it failed, the reason instead."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = run.stdout.strip().splitlines()
    if run.returncode or not lines:
        last = (run.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise SystemExit(f"{Path(command[1]).name} failed: {last}")
    return json.loads(lines[-1])


if __name__ == "__main__":
    main()
