"""Seconds per stage of the segmentation, by wrapping the functions that a stage is made of."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from napari_all_subtype.cells import image, segmentation
from napari_all_subtype.cells.cytoplasm import Contours, Territories
from napari_all_subtype.cells.segmentation import FoundCells
from napari_all_subtype.cells.stain import Stain
from napari_all_subtype.cells.working import WorkingGrid

# Each stage and where its functions are looked up. What such a function spends in one of
# another stage counts there.
STAGES: dict[str, tuple[tuple[object, str], ...]] = {
    "read": ((image, "open_image"), (WorkingGrid, "read")),
    "stain": ((segmentation, "stain_of"),),
    "density": (
        (Stain, "density"),
        (segmentation, "smoothed"),
        (segmentation, "nucleus_contrast"),
    ),
    "nuclei": (
        (segmentation, "hide_foreign"),
        (segmentation, "find_parts"),
        (segmentation, "add_pale"),
        (segmentation, "drop_small"),
        (segmentation, "drop_red_cells"),
    ),
    "contours": (
        (Territories, "of"),
        (segmentation, "cell_evidence"),
        (segmentation, "cell_contours"),
        (Contours, "draw"),
    ),
    "lobes": ((segmentation, "join_lobes"),),
    "sharpening": ((FoundCells, "refined"),),
    "painting": ((segmentation, "paint_all"),),
    "other": ((segmentation, "segment"), (segmentation, "find_cells")),
}


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Seconds of each stage of what happens inside, in one thread."""
    seconds: dict[str, float] = defaultdict(float)
    inner: list[float] = []
    kept = []
    for stage, functions in STAGES.items():
        for place, name in functions:
            kept.append((place, name, place.__dict__[name]))
            setattr(place, name, _wrapped(getattr(place, name), stage, seconds, inner))
    try:
        yield seconds
    finally:
        for place, name, function in kept:
            setattr(place, name, function)


def _wrapped(call: Callable, stage: str, seconds: dict[str, float], inner: list[float]) -> Callable:
    """`call`, adding its own seconds, without those of wrapped calls inside it, to `stage`."""

    def measured(*arguments, **named):
        inner.append(0.0)
        start = time.perf_counter()
        try:
            return call(*arguments, **named)
        finally:
            whole = time.perf_counter() - start
            seconds[stage] += whole - inner.pop()
            if inner:
                inner[-1] += whole

    return measured
