"""Time and memory of one image in a process of its own.

``python growth.py FIELD.png MEGAPIXELS WHAT REPEATS`` repeats the field until it has the
size, and prints seconds and memory as JSON. `WHAT` is ``segment`` or ``analyse``.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from machine import load, peak_mib

from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.source import ArraySource

UM_PER_PX = 0.13


def main(path: str, megapixels: float, what: str, repeats: int) -> None:
    """Print what was measured."""
    field = open_image(path).pixels
    work = _analyse() if what == "analyse" else _segment
    work(ArraySource(field[:512, :512]))  # the first call loads what is loaded lazily
    before = peak_mib()
    image = ArraySource(repeated(field, megapixels))
    seconds, cpu, busy = [], [], []
    for _ in range(repeats):
        start, started = time.perf_counter(), time.process_time()
        count = work(image)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - started)
        busy.append(load())
    print(
        json.dumps(
            {
                "what": what,
                "megapixels": image.pixels.shape[0] * image.pixels.shape[1] / 1e6,
                "cells": count,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "load": max(busy),
                "image_mib": image.pixels.nbytes / 2**20,
                "above_imports_mib": peak_mib() - before,
            }
        )
    )


def repeated(field: np.ndarray, megapixels: float) -> np.ndarray:
    """`field`, shape (Y, X, 3), repeated or cut to a square of about `megapixels`."""
    side = round((megapixels * 1e6) ** 0.5)
    image = np.empty((side, side, 3), np.uint8)
    height, width = field.shape[:2]
    for y in range(0, side, height):
        for x in range(0, side, width):
            part = image[y : y + height, x : x + width]
            part[:] = field[: part.shape[0], : part.shape[1]]
    return image


def _segment(source: ArraySource) -> int:
    return segment(source, UM_PER_PX).count


def _analyse():
    from napari_all_subtype.config import AnalysisParameters
    from napari_all_subtype.workflow.analyse import Analyser

    analyser = Analyser(AnalysisParameters.of(scale={"pixel_size_um": UM_PER_PX}))
    return lambda source: analyser(source).masks.count


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
