"""What finds the cells, as the parameters choose it: loaded only when it is."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ExtraMissingError

if TYPE_CHECKING:
    from napari_all_subtype.cells.segmenter import Segmenter

EXTRAS = {"stardist": "StarDist", "cellpose": "Cellpose"}


def segmenter_of(parameters: AnalysisParameters) -> Segmenter:
    """The segmenter that `parameters` choose, with its weights loaded.

    Raises
    ------
    ExtraMissingError
        If the program is not installed.
    ExtraFailedError
        If it cannot be started.
    ModelNotFoundError
        If its weights are not on this machine, or are none.
    """
    from napari_all_subtype.cells.drawn import DrawnCells
    from napari_all_subtype.cells.segmenter import ClassicalSegmenter

    finding = parameters.finding
    if finding.segmenter == "classical":
        return ClassicalSegmenter(parameters.segmentation)
    if not is_installed(finding.segmenter):
        raise ExtraMissingError(how_to_install(finding.segmenter))
    if finding.segmenter == "stardist":
        from napari_all_subtype.model.stardist_network import load_stardist as load
    else:
        from napari_all_subtype.model.apart import CellposeApart as load
    return DrawnCells(load(finding.segmenter_model), finding, parameters.segmentation)


def is_installed(segmenter: str) -> bool:
    """Whether the program `segmenter` is there; it is not loaded."""
    return segmenter not in EXTRAS or find_spec(segmenter) is not None


def how_to_install(segmenter: str) -> str:
    """What to do to have `segmenter`.

    Examples
    --------
    >>> how_to_install("stardist")
    'StarDist is not installed. Install it with: pip install "napari-all-subtype[stardist]".'
    """
    return (
        f"{EXTRAS[segmenter]} is not installed. Install it with: "
        f'pip install "napari-all-subtype[{segmenter}]".'
    )
