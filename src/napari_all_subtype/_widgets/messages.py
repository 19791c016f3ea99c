"""What the window and its child process say to each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.sent_mask import SentMask
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.cells.fab import Ruler
    from napari_all_subtype.model.saliency import Saliency

PIECE_BYTES = 4 << 20


@dataclass(frozen=True)
class FieldRequest:
    """One field to analyse: a file, or an array that follows in pieces.

    Parameters
    ----------
    name : str
        What the field is called.
    path : Path or None
        The file; None for an array.
    shape, dtype : tuple of int, str
        Of the array.
    pixel_size : PixelSize or None
        Of the layer the array is from.
    cells : SentMask or None
        Its cells, if they are given; at the other end an ndarray.
    """

    name: str
    path: Path | None = None
    shape: tuple[int, ...] = ()
    dtype: str = ""
    pixel_size: PixelSize | None = None
    cells: SentMask | np.ndarray | None = None


@dataclass(frozen=True)
class Run:
    """Analyse these fields, one after the other."""

    parameters: AnalysisParameters
    fields: tuple[FieldRequest, ...]


@dataclass(frozen=True)
class Classify:
    """Say what these crops show, which follow as the array of the one field.

    Parameters
    ----------
    parameters : AnalysisParameters
        Those of the analysis the cells belong to.
    labels : tuple of int
        Of the cells, in the order of their crops.
    fields : tuple of FieldRequest
        One: the array of the crops.
    """

    parameters: AnalysisParameters
    labels: tuple[int, ...]
    fields: tuple[FieldRequest, ...]


@dataclass(frozen=True)
class Explain:
    """Say what the network looks at in one crop, which follows as the array of the one field.

    Parameters
    ----------
    parameters : AnalysisParameters
        Those of the analysis the cell belongs to.
    fields : tuple of FieldRequest
        One: the array of the crop.
    """

    parameters: AnalysisParameters
    fields: tuple[FieldRequest, ...]


@dataclass(frozen=True)
class Stop:
    """Stop the run at the next step."""


@dataclass(frozen=True)
class Ready:
    """The model is loaded."""

    model: str
    device: str
    crop_spec: CropSpec = CropSpec()


@dataclass(frozen=True)
class Step:
    """How far field number `field` of `fields` has come."""

    field: int
    fields: int
    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class FieldDone:
    """The result of one field.

    Parameters
    ----------
    same_as : str
        Name of an earlier field with the very same pixels; empty where there is none.
    """

    field: int
    result: PackedAnalysis
    same_as: str = ""


@dataclass(frozen=True)
class FieldFailed:
    """Why one field has no result, in one sentence."""

    field: int
    message: str


@dataclass(frozen=True)
class FieldFlagged:
    """Quality flags that show only once all fields are known."""

    field: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class FieldCompared:
    """What the blasts of a field are once they are compared with the ruler of the smear.

    Parameters
    ----------
    ruler : Ruler
    rows : pandas.DataFrame
        The FAB evidence of its blasts; the labels are its index.
    """

    field: int
    ruler: Ruler
    rows: pd.DataFrame


@dataclass(frozen=True)
class Classified:
    """What the model says of the cells of a `Classify`.

    Parameters
    ----------
    labels : tuple of int
        Of the cells.
    said : pandas.DataFrame
        Probabilities and decision, one row per label.
    """

    labels: tuple[int, ...]
    said: pd.DataFrame


@dataclass(frozen=True)
class Explained:
    """What the network looks at in the crop of an `Explain`."""

    saliency: Saliency


@dataclass(frozen=True)
class Ended:
    """The run is over: stopped, failed with a message, or done."""

    stopped: bool = False
    message: str = ""


def send_array(connection: Connection, array: np.ndarray) -> None:
    """Send the bytes of `array` in pieces, so that nobody waits for one long copy."""
    for piece in _pieces(_bytes_of(np.ascontiguousarray(array))):
        connection.send_bytes(piece)


def receive_array(connection: Connection, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """The array that `send_array` sends at the other end."""
    array = np.empty(shape, np.dtype(dtype))
    for piece in _pieces(_bytes_of(array)):
        connection.recv_bytes_into(piece)
    return array


def _bytes_of(array: np.ndarray) -> memoryview:
    # Not `memoryview.cast`, which refuses an array without pixels.
    return memoryview(array.reshape(-1).view(np.uint8))


def _pieces(view: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(view), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]
