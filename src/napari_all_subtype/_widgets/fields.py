"""Fields of a smear as the window knows them: where they are, and their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype._widgets.edit_history import EditHistory
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.cells.analysis import Analysis

if TYPE_CHECKING:
    from napari_all_subtype.workflow.project_keeping import KeptField


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
        What a person changed in its masks since it was opened, while no project keeps it.
    kept : KeptField or None
        Where its result is in the open project.
    home : Path or None
        Folder of the project that its result was ever kept in: it goes into no other one.
    look_of : int or None
        Slide of the open project whose result is locked: this one is only a look beside it.
    single : bool
        Whether it is a picture of one cell, which came into the project without an analysis.
    """

    name: str
    path: Path | None = None
    layer: object | None = None
    result: PackedAnalysis | None = None
    error: str = ""
    same_as: str = ""
    history: EditHistory = EditHistory()
    kept: KeptField | None = None
    home: Path | None = None
    look_of: int | None = None
    single: bool = False

    @property
    def bare(self) -> SmearField:
        """The same field before its analysis."""
        return SmearField(self.name, self.path, self.layer)

    @property
    def of_no_project(self) -> SmearField:
        """The same field where no project is open that it has a place in."""
        return replace(self, kept=None, look_of=None)


def reworded(
    fields: Sequence[SmearField], key: object, word: Callable[[Analysis], Analysis]
) -> tuple[SmearField, ...]:
    """`fields`, of which the result known by `key` has other words; the others as they are.

    Parameters
    ----------
    key : PackedMask
        The labels of the result.
    word : callable
        The analysis, without masks, to what it is now.
    """
    return tuple(
        replace(field, result=field.result.edited((), word(field.result.analysis)))
        if field.result is not None and field.result.labels is key
        else field
        for field in fields
    )
