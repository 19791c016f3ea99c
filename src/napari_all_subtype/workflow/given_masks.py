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
    fields: Sequence[Field], masks: Path, parameters: AnalysisParameters = AnalysisParameters()
) -> list[Field]:
    """`fields`, each with the file of its cells.

    Parameters
    ----------
    fields : sequence of Field
    masks : Path
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
    if masks.is_dir():
        _refuse_equal_stems(fields)
        return [replace(field, cells=_of_stem(field.path, masks)) for field in fields]
    if not masks.exists():
        raise MaskReadError(f"There is no mask {masks.name}; check the name.")
    if len(fields) != 1:
        raise ParameterError(
            f"One mask is given for {len(fields)} images. Expected a folder with a mask for each, "
            "of the same name as the image."
        )
    return [replace(fields[0], cells=masks)]


def segmenter_for(field: Field, parameters: AnalysisParameters) -> GivenCells | None:
    """The given cells of `field`; None where they are to be looked for.

    Raises
    ------
    MaskReadError
        If the folder of masks has none for it, or several.
    """
    if field.cells is None:
        return None
    called = f"The mask of {field.name}"
    if field.cells.is_dir():
        there = _candidates(field.path, field.cells)
        found = f"{len(there)}, with different endings" if there else "none"
        raise MaskReadError(
            f"{called} cannot be told: the folder of masks has {found}. Expected one file of the "
            f"image's own name, ending in {', '.join(MASK_SUFFIXES)}."
        )
    return GivenCells(field.cells, parameters=parameters.segmentation, called=called)


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
