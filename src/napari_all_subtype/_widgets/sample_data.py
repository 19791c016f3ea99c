"""File → Open Sample: synthetic smears, drawn here, and real ones, fetched when asked for."""

from __future__ import annotations

from collections.abc import Callable

from napari.types import LayerData

from napari_all_subtype._widgets.layer_kinds import DRAWN
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.samples import SAMPLES, fetch_sample
from napari_all_subtype.simulate import SmearRecipe, simulate_smear

NO_BLASTS = {"blast": 0, "l1": 0, "l2": 0, "l3": 0}
NORMAL = SmearRecipe(lymphocyte=12, monocyte=4, neutrophil=18, eosinophil=2, **NO_BLASTS)
MANY_BLASTS = SmearRecipe(
    lymphocyte=4, monocyte=1, neutrophil=3, eosinophil=0, blast=10, l1=14, l2=12, l3=2
)


def synthetic_mixed() -> list[LayerData]:
    """Normal cells and blasts of every kind, on a peach ground."""
    return _synthetic("synthetic mixed", SmearRecipe(style="peach"), seed=1)


def synthetic_normal() -> list[LayerData]:
    """Normal blood on a beige ground."""
    return _synthetic("synthetic normal", NORMAL.model_copy(update={"style": "beige"}), seed=2)


def synthetic_blasts() -> list[LayerData]:
    """Many blasts, some touching, on a rose ground."""
    recipe = MANY_BLASTS.model_copy(update={"style": "rose", "clusters": (4, 3)})
    return _synthetic("synthetic blasts", recipe, seed=3)


def _synthetic(name: str, recipe: SmearRecipe, seed: int) -> list[LayerData]:
    smear = simulate_smear(recipe, seed)
    placed = {"scale": (smear.um_per_px,) * 2, "units": ("um", "um")}
    return [
        (smear.pixels, {"name": name, "rgb": True, "metadata": {DRAWN: True}, **placed}, "image")
    ]


def _real(name: str) -> Callable[[], list[LayerData]]:
    def opened() -> list[LayerData]:
        # An error is shown by napari as its one sentence; a sample without data, also
        # the empty `[(None,)]` of readers, would be an error of napari's after ours.
        source = open_image(fetch_sample(name))
        return [(source.read(), {"name": name, "rgb": True}, "image")]

    sample = next(sample for sample in SAMPLES if sample.name == name)
    opened.__doc__ = f"{sample.title} ({sample.terms})."
    return opened


bccd_00000 = _real("bccd-00000")
bccd_00071 = _real("bccd-00071")
bccd_00221 = _real("bccd-00221")
draaslan_1 = _real("draaslan-1")
draaslan_12 = _real("draaslan-12")
draaslan_30 = _real("draaslan-30")
