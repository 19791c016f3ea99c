"""Masks that a person or another program has drawn, as one whole number per cell."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.errors import MaskError, MaskTypeError

# A row of the cell table is kept for every number up to the largest: beyond this one the
# numbers are given anew, unless most of them are in use.
_LARGEST_NUMBER = 100_000
# What programs write for "cell" where they tell cells from ground only.
_BINARY_VALUES = (1, 255)
# Cells lie side by side: their boxes overlap a little. Each cell is looked at in its box, so
# that labels strewn over the field would take hours; a small image is done at once anyway.
_MOST_BOXES_PER_PIXEL = 20
_SMALL_IMAGE_PX = 100_000
_DIGEST_CHARACTERS = 12
RENUMBERED = "cells renumbered"


@dataclass(frozen=True)
class LabelImage:
    """One whole number per cell, and what had to be done for that.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        0 background.
    notes : tuple of str
        A digest of what was given, and what was changed in it.
    flags : tuple of str
        ``cells renumbered`` where the rows of the table are not the numbers given.
    """

    labels: np.ndarray
    notes: tuple[str, ...]
    flags: tuple[str, ...] = ()


def as_labels(given: object, shape: tuple[int, int], called: str = "The mask") -> LabelImage:
    """`given` as labels of an image of `shape` (Y, X).

    The numbers are kept, also one that is in several places. A mask with a single
    value beside 0 tells cells from ground only: it is parted into its connected
    pieces. Numbers beyond 100 000 of which few are in use are given anew. The notes
    say so. What a masked array masks is ground.

    Parameters
    ----------
    given : array, napari Labels layer, or path of a PNG, TIFF or NPY file
        Whole numbers, also as fractions without a fraction.
    shape : tuple of int
        (Y, X) of the image in pixels.
    called : str
        What messages call it.

    Raises
    ------
    MaskReadError, MaskTypeError, MaskError
        If it is no mask, or not of this image.

    Examples
    --------
    >>> as_labels(np.array([[0, 255, 0], [0, 0, 0], [255, 0, 0]], np.uint8), (3, 3)).labels
    array([[0, 1, 0],
           [0, 0, 0],
           [2, 0, 0]], dtype=int32)
    """

    def check(found: tuple[int, ...]) -> None:
        _refuse_shape(found, shape, called)

    values = _plane(_array_of(given, check, called), check)
    values = _whole(values, called)
    notes = (f"given as a mask, sha256 {_digest(values)}",)
    labels = _parted(values)
    if labels is not None:
        return LabelImage(labels, (*notes, f"its one value parted into {labels.max()} pieces"))
    labels, note = _numbered(values)
    _refuse_strewn(labels, called)
    return LabelImage(labels, (*notes, note), (RENUMBERED,)) if note else LabelImage(labels, notes)


def _array_of(given: object, check: Callable[[tuple[int, ...]], None], called: str) -> np.ndarray:
    from napari_all_subtype.cells.label_files import read_labels

    if isinstance(given, (str, PathLike)):
        return read_labels(Path(given), check, called)
    if not hasattr(given, "__array__") and hasattr(given, "data"):  # a layer of napari
        given = given.data[0] if getattr(given, "multiscale", False) else given.data
    if not hasattr(given, "__array__"):
        raise MaskTypeError(
            f"{called} is {type(given).__name__}. Expected an array of whole numbers, shape "
            "(Y, X), a Labels layer, or the path of a PNG, TIFF or NPY file."
        )
    if hasattr(given, "shape"):
        check(given.shape)  # before a lazy array is computed
    return given.filled(0) if isinstance(given, np.ma.MaskedArray) else np.asarray(given)


def _plane(values: np.ndarray, check: Callable[[tuple[int, ...]], None]) -> np.ndarray:
    """`values` without axes of length 1 before and behind."""
    check(values.shape)
    while values.ndim > 2:
        values = values[0] if values.shape[0] == 1 else values[..., 0]
    return values


def _refuse_shape(found: tuple[int, ...], shape: tuple[int, int], called: str) -> None:
    inner = tuple(found)
    while len(inner) > 2 and 1 in (inner[0], inner[-1]):
        inner = inner[1:] if inner[0] == 1 else inner[:-1]
    if inner == tuple(shape):
        return
    if len(inner) == 3 and (inner[-1] in (2, 3, 4) or inner[0] in (2, 3, 4)):
        raise MaskError(
            f"{called} is a picture of several channels (shape {tuple(found)}). Expected one whole "
            "number per cell in one channel: save the labels themselves, not their colours."
        )
    if len(inner) != 2:
        raise MaskError(
            f"{called} has the shape {tuple(found)}. Expected one plane of {shape[1]} × {shape[0]} "
            "pixels (width × height); of a stack, give the one slice that belongs to the image."
        )
    if inner == tuple(shape)[::-1]:
        hint = "rows and columns are exchanged, transpose it"
    else:
        hint = "draw it on the very image that is analysed, neither cropped nor resized"
    raise MaskError(
        f"{called} has {inner[1]} × {inner[0]} pixels (width × height), the image "
        f"{shape[1]} × {shape[0]}. Expected the same; {hint}."
    )


def _whole(values: np.ndarray, called: str) -> np.ndarray:
    """`values` as whole numbers from 0 on, of whatever integer or boolean type."""
    if values.dtype.kind == "b" or values.dtype.kind == "u":
        return values
    if values.dtype.kind == "O":
        raise MaskTypeError(
            f"{called} holds Python objects (dtype object), not numbers. Expected one whole number "
            "per pixel; convert it first, as with mask.astype(int)."
        )
    if values.dtype.kind not in "if":
        raise MaskTypeError(
            f"{called} holds {values.dtype}. Expected one whole number per pixel: 0 for the "
            "ground, another for each cell."
        )
    if values.dtype.kind == "f":
        n_none = values.size - int(np.isfinite(values).sum())
        if n_none:
            raise MaskError(
                f"{called} holds NaN or infinity in {n_none} pixels. Expected whole numbers: 0 for "
                "the ground, another for each cell; set what is no cell to 0."
            )
        if (values != np.round(values)).any():
            raise MaskError(
                f"{called} holds fractions ({values.dtype}), as maps of probabilities do. Expected "
                "whole numbers: 0 for the ground, another for each cell; set a threshold first."
            )
        values = values.astype(np.int64)
    lowest = int(values.min(initial=0))
    if lowest < 0:
        raise MaskError(
            f"{called} holds negative numbers, down to {lowest}. Expected 0 for the ground and "
            "positive numbers for cells; set what is no cell to 0."
        )
    return values


def _parted(values: np.ndarray) -> np.ndarray | None:
    """Connected pieces, 1…n, of a mask with one value beside 0; None if it numbers its cells."""
    highest = int(values.max(initial=0))
    if ((values != 0) & (values != highest)).any():
        return None
    pieces = _pieces(values > 0)
    # A single cell may well be number 7; 255 numbers none.
    numbered = values.dtype.kind != "b" and highest not in _BINARY_VALUES
    return None if numbered and pieces.max(initial=0) < 2 else pieces


def _pieces(mask: np.ndarray) -> np.ndarray:
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1]


def _refuse_strewn(labels: np.ndarray, called: str) -> None:
    """Labels whose boxes cover the image many times over are not cells."""
    from scipy.ndimage import find_objects

    boxes = find_objects(labels)
    areas = [0 if b is None else (b[0].stop - b[0].start) * (b[1].stop - b[1].start) for b in boxes]
    if sum(areas) <= _MOST_BOXES_PER_PIXEL * max(labels.size, _SMALL_IMAGE_PX):
        return
    label = int(np.argmax(areas)) + 1
    rows, columns = boxes[label - 1]
    pieces = int(_pieces(labels[rows, columns] == label).max())
    raise MaskError(
        f"{called} has numbers strewn all over the field: {label} alone lies in {pieces} separate "
        f"places within {columns.stop - columns.start} × {rows.stop - rows.start} pixels (width × "
        "height). Expected one number per cell, in one place each; is this a mask of cells?"
    )


def _numbered(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Labels as int32, never the caller's own memory, and a note if numbers are new."""
    highest = int(values.max(initial=0))
    if highest <= _LARGEST_NUMBER:
        return values.astype(np.int32), ""
    used = np.unique(values[values > 0])
    if highest <= min(2 * len(used), np.iinfo(np.int32).max):
        return values.astype(np.int32), ""
    labels = np.searchsorted(used, values).astype(np.int32) + 1
    labels[values == 0] = 0
    return labels, f"its numbers, up to {highest}, given anew as 1 to {len(used)}"


def _digest(values: np.ndarray) -> str:
    content = np.ascontiguousarray(values)
    return hashlib.sha256(content).hexdigest()[:_DIGEST_CHARACTERS] if content.size else "of none"
