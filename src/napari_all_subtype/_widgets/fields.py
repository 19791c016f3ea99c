"""One field of a smear as the window knows it: where it is, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype._widgets.edit_history import EditHistory
from napari_all_subtype._widgets.packing import PackedAnalysis


@dataclass(frozen=True)
class SmearField:
    """One field of the smear, before and after its analysis.

    Parameters
    ----------
    name : str
        File or layer, without folder.
    path : Path or None
        The file; None for a layer.
    layer : napari.layers.Image or None
        The layer; None for a file.
    result : PackedAnalysis or None
        None until it is analysed.
    error : str
        Why it could not be, in one sentence.
    same_as : str
        Name of an earlier field with the very same pixels: its cells count once.
    history : EditHistory
        What a person changed in its masks since it was opened.
    """

    name: str
    path: Path | None = None
    layer: object | None = None
    result: PackedAnalysis | None = None
    error: str = ""
    same_as: str = ""
    history: EditHistory = EditHistory()
