"""Seconds per stage of the segmentation, by wrapping the functions that a stage is made of."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType

from napari_all_subtype.cells import image, segmentation
from napari_all_subtype.cells.cytoplasm import Contours, Territories
from napari_all_subtype.cells.segmentation import FoundCells
from napari_all_subtype.cells.stain import Stain
from napari_all_subtype.cells.working import WorkingGrid

# The methods of each stage. What such a function spends in one of another stage counts there.
METHODS: dict[str, tuple[tuple[object, str], ...]] = {
    "read": ((image, "open_image"), (WorkingGrid, "read")),
    "density": ((Stain, "density"), (segmentation, "nucleus_contrast")),
    "stain": ((segmentation, "stain_of"),),
    "nuclei": (),
    "contours": ((Territories, "of"), (Contours, "draw")),
    "lobes": (),
    "sharpening": ((FoundCells, "refined"),),
    "painting": ((segmentation, "paint_all"),),
    "other": ((segmentation, "segment"), (segmentation, "find_cells")),
}
# The stage of every function that the segmentation takes from these modules.
MODULES = {
    "darkness": "density",
    "nuclei": "nuclei",
    "debris": "nuclei",
    "platelets": "nuclei",
    "cytoplasm": "contours",
    "lobes": "lobes",
}


def stages() -> dict[str, list[tuple[object, str]]]:
    """Each stage and where its functions are looked up."""
    found = {stage: list(methods) for stage, methods in METHODS.items()}
    for name, value in vars(segmentation).items():
        if isinstance(value, FunctionType):
            stage = MODULES.get(value.__module__.rpartition(".")[2])
            if stage:
                found[stage].append((segmentation, name))
    return found


STAGES = tuple(METHODS)


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Seconds of each stage of what happens inside, in one thread."""
    seconds: dict[str, float] = defaultdict(float)
    inner: list[float] = []
    kept = []
    for stage, functions in stages().items():
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
