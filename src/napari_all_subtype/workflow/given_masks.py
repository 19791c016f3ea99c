"""Which mask file belongs to which image: one by its name, or those of a folder by their stems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from napari_all_subtype.cells.given import GivenCells
from napari_all_subtype.cells.label_files import MASK_SUFFIXES
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import MaskReadError, ParameterError
from napari_all_subtype.workflow.inputs import Field


def with_masks(
    fields: Sequence[Field],
    cells: Path,
    parameters: AnalysisParameters = AnalysisParameters(),
    nuclei: Path | None = None,
) -> list[Field]:
    """`fields`, each with the file of its cells, and that of its nuclei if they are given.

    Parameters
    ----------
    fields : sequence of Field
    cells, nuclei : Path
        A file for a single image, or a folder with a file of the same stem for
        each: ``a.png`` or ``a.npy`` for ``a.jpg``. What is missing there shows when
        its image is analysed, and the others go on.

    Raises
    ------
    MaskReadError
        If there is no such file or folder.
    ParameterError
        If it cannot be told which mask belongs to which image, or another way of
        finding cells was chosen as well.
    """
    if parameters.finding.segmenter != "classical":
        raise ParameterError(
            f"Masks are given, and {parameters.finding.segmenter} is to find the cells. Expected "
            "one of the two; leave out the other."
        )
    of_cells = _files(fields, cells)
    of_nuclei = [None] * len(fields) if nuclei is None else _files(fields, nuclei)
    return [
        replace(field, cells=own, nuclei=inner)
        for field, own, inner in zip(fields, of_cells, of_nuclei, strict=True)
    ]


def segmenter_for(field: Field, parameters: AnalysisParameters) -> GivenCells | None:
    """The given cells of `field`; None where they are to be looked for.

    Raises
    ------
    MaskReadError
        If a folder of masks has none for it, or several.
    """
    if field.cells is None:
        return None
    called = {"cells": f"The mask of {field.name}", "nuclei": f"The mask of nuclei of {field.name}"}
    for what in called:
        given = getattr(field, what)
        if given is not None and given.is_dir():
            raise _not_one(field, given, what)
    return GivenCells(
        field.cells, field.nuclei, parameters.segmentation, called["cells"], called["nuclei"]
    )


def _files(fields: Sequence[Field], masks: Path) -> list[Path]:
    """The mask of each field; see :func:`with_masks`."""
    if masks.is_dir():
        _refuse_equal_stems(fields)
        return [_of_stem(field.path, masks) for field in fields]
    if not masks.exists():
        raise MaskReadError(f"There is no mask {masks.name}; check the name.")
    if len(fields) != 1:
        raise ParameterError(
            f"One mask is given for {len(fields)} images. Expected a folder with a mask for each, "
            "of the same name as the image."
        )
    return [masks]


def _not_one(field: Field, folder: Path, what: str) -> MaskReadError:
    """Why `folder` has no mask for `field`, and what to do."""
    n = len(_candidates(field.path, folder))
    endings = ", ".join(MASK_SUFFIXES)
    if n:
        return MaskReadError(
            f"The folder of masks has {n} masks of {what} for {field.name}, with different "
            f"endings ({endings}). Expected one; remove the others."
        )
    return MaskReadError(
        f"The folder of masks has no mask of {what} for {field.name}. Expected a file of the same "
        f"name, ending in {endings}; add one, of zeros where there is no cell, or leave the image "
        "out."
    )


def _of_stem(image: Path, folder: Path) -> Path:
    """The mask of `image`, or `folder` itself where there is not exactly one."""
    there = _candidates(image, folder)
    return there[0] if len(there) == 1 else folder


def _candidates(image: Path, folder: Path) -> list[Path]:
    named = (path for path in folder.iterdir() if path.suffix.lower() in MASK_SUFFIXES)
    return sorted(
        path
        for path in named
        if path.stem == image.stem and path.is_file() and path.resolve() != image.resolve()
    )


def _refuse_equal_stems(fields: Sequence[Field]) -> None:
    stem, count = Counter(field.path.stem for field in fields).most_common(1)[0]
    if count > 1:
        names = [field.name for field in fields if field.path.stem == stem]
        raise ParameterError(
            f"{count} images would have the same mask ({', '.join(names[:3])}). Expected images "
            "of different names; analyse their folders one by one, each with its own masks."
        )
