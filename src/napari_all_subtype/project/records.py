"""What a project knows of smears, cells and readers: one frozen value per row."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.cells.source import Region


@dataclass(frozen=True)
class Slide:
    """A smear, which is the unit a laboratory reports on.

    Parameters
    ----------
    slide_id : int
    specimen_id : int
    case_id : str
        Pseudonym of the patient's case.
    specimen_kind : str
        ``blood``, ``marrow`` or what else a person calls it; may be empty.
    """

    slide_id: int
    specimen_id: int
    case_id: str
    specimen_kind: str


@dataclass(frozen=True)
class Field:
    """One image of a slide. Where its file is stands elsewhere: paths tell names.

    Parameters
    ----------
    field_id, slide_id : int
    sha256 : str
        Of the pixels as they are read, in hexadecimal digits.
    shape_yx_px : tuple of int
        Height and width.
    um_per_px : float or None
        Micrometres per pixel.
    um_origin : str
        Where that is from, as in `PixelSize.origin`; empty if it is not known.
    """

    field_id: int
    slide_id: int
    sha256: str
    shape_yx_px: tuple[int, int]
    um_per_px: float | None = None
    um_origin: str = ""


@dataclass(frozen=True)
class PlacedCell:
    """A cell where the last segmentation of its field found it.

    Parameters
    ----------
    label : int
        Its integer in the masks.
    centroid_yx_px : tuple of float
    box : Region
    """

    label: int
    centroid_yx_px: tuple[float, float]
    box: Region


@dataclass(frozen=True)
class Reader:
    """A person who annotates, by name or code."""

    reader_id: int
    name: str


@dataclass(frozen=True)
class Reading:
    """One reader's pass over a slide, kept apart from what others said of it.

    Parameters
    ----------
    reading_id, reader_id, slide_id : int
    blind : bool
        The reader saw no other annotation.
    brought_from : str
        Id of the packet or project that it came from; empty for one that was made here.
    finished : bool
        It takes no more words.
    """

    reading_id: int
    reader_id: int
    slide_id: int
    blind: bool
    brought_from: str = ""
    finished: bool = False
