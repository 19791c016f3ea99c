"""White cells of blood smears in acute lymphoblastic leukaemia: found, measured, classified.

For Research Use Only. Not for use in diagnostic procedures.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_all_subtype.cells.analysis import Analysis
    from napari_all_subtype.config import AnalysisParameters
    from napari_all_subtype.taxonomy import FAB5
    from napari_all_subtype.workflow.analyse import analyse
    from napari_all_subtype.workflow.saliency import saliency
    from napari_all_subtype.workflow.verbs import (
        add_cells,
        create_project,
        evaluate,
        feedback,
        self_train,
        train,
    )

_HOME = {
    "analyse": "napari_all_subtype.workflow.analyse",
    "Analysis": "napari_all_subtype.cells.analysis",
    "AnalysisParameters": "napari_all_subtype.config",
    "FAB5": "napari_all_subtype.taxonomy",
    "saliency": "napari_all_subtype.workflow.saliency",
    "create_project": "napari_all_subtype.workflow.verbs",
    "add_cells": "napari_all_subtype.workflow.verbs",
    "train": "napari_all_subtype.workflow.verbs",
    "feedback": "napari_all_subtype.workflow.verbs",
    "self_train": "napari_all_subtype.workflow.verbs",
    "evaluate": "napari_all_subtype.workflow.verbs",
}

__all__ = [
    "FAB5",
    "Analysis",
    "AnalysisParameters",
    "add_cells",
    "analyse",
    "create_project",
    "evaluate",
    "feedback",
    "saliency",
    "self_train",
    "train",
]


def __getattr__(name: str) -> object:
    """Load the public names on first use, so that importing the package costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
