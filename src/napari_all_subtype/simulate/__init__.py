"""Synthetic stained blood smears with known truth: the offline demo, and what tests trust."""

from __future__ import annotations

from napari_all_subtype.simulate.recipe import (
    KINDS,
    Kind,
    OpticsParameters,
    SmearRecipe,
    StyleName,
    class_of,
)
from napari_all_subtype.simulate.smear import SimulatedSmear, simulate_cells, simulate_smear

__all__ = [
    "KINDS",
    "Kind",
    "OpticsParameters",
    "SimulatedSmear",
    "SmearRecipe",
    "StyleName",
    "class_of",
    "simulate_cells",
    "simulate_smear",
]
