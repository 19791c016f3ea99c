"""How a field is cut for its overlay: one picture, or an overview and pieces one can read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.source import ImageSource, Region
from napari_all_subtype.workflow.overlay import HALO_RGB, draw_overlay, haloed_text

OVERVIEW_FILE = "overlay.png"
PIECE_FILE = re.compile(r"overlay-[1-9]\d*\.png")
MAX_SIDE_PX = 4096
# A cell of 12 µm is then 36 pixels wide: the least at which its ring and letters can be told.
LEGIBLE_PX_PER_UM = 3.0
PIECE_PX_PER_UM = 5.0
FRAME_RGB = (255, 255, 255)


@dataclass(frozen=True)
class Piece:
    """A rectangle of a field in a file of its own.

    Parameters
    ----------
    file : str
        Its name: ``overlay-1.png``, row by row.
    region : Region
        Which pixels of the field it shows.
    """

    file: str
    region: Region


@dataclass(frozen=True)
class OverlayPlan:
    """What is drawn of a field, and how small.

    Parameters
    ----------
    scale : float
        Of ``overlay.png``: 1 is the field's own size, 0.5 half of it.
    pieces_scale : float or None
        Of the pieces; None without any.
    pieces : tuple of Piece
        Needed where ``overlay.png`` is too small to be read.
    """

    scale: float
    pieces_scale: float | None = None
    pieces: tuple[Piece, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The plan, ready for JSON."""
        pieces = [{"file": piece.file, **_sides(piece.region)} for piece in self.pieces]
        return {
            "file": OVERVIEW_FILE,
            "scale": round(self.scale, 4),
            "pieces_scale": self.pieces_scale and round(self.pieces_scale, 4),
            "pieces": pieces,
        }


def plan_overlay(shape: tuple[int, int], um_per_px: float) -> OverlayPlan:
    """How a field of `shape` (Y, X) pixels is drawn: at most 4096 pixels a side and file.

    Pieces are added where cells would be smaller than one can read, less than 3
    pixels per µm. They are drawn at 5 pixels per µm, or at full size if that is less.

    Examples
    --------
    >>> plan_overlay((3000, 4000), 0.1).scale
    1.0
    >>> plan = plan_overlay((1000, 100_000), 0.1)
    >>> round(plan.scale, 3), plan.pieces_scale, len(plan.pieces)
    (0.041, 0.5, 13)
    """
    scale = min(1.0, MAX_SIDE_PX / max(shape))
    if scale == 1 or scale / um_per_px >= LEGIBLE_PX_PER_UM:
        return OverlayPlan(scale)
    pieces_scale = min(1.0, PIECE_PX_PER_UM * um_per_px)
    regions = _regions(shape, MAX_SIDE_PX / pieces_scale)
    pieces = tuple(Piece(f"overlay-{n}.png", region) for n, region in enumerate(regions, 1))
    return OverlayPlan(scale, pieces_scale, pieces)


def write_overlay(folder: Path, source: ImageSource, analysis: Analysis) -> OverlayPlan:
    """Write ``overlay.png``, and its pieces one after the other, into `folder`."""
    plan = plan_overlay(source.shape, analysis.pixel_size.um_per_px)
    overview = draw_overlay(source.read(), analysis, plan.scale, captions=not plan.pieces)
    for n, piece in enumerate(plan.pieces, 1):
        _frame(overview, piece.region, plan.scale, str(n))
        region = piece.region
        picture = draw_overlay(
            source.read(region), analysis, plan.pieces_scale, (region.y0, region.x0)
        )
        _save(folder / piece.file, picture)
    _save(folder / OVERVIEW_FILE, overview)
    return plan


def earlier_pieces(folder: Path) -> set[str]:
    """Names of the pieces in `folder`: a new result may have fewer."""
    if not folder.is_dir():
        return set()
    return {path.name for path in folder.iterdir() if PIECE_FILE.fullmatch(path.name)}


def _regions(shape: tuple[int, int], most_px: float) -> Iterator[Region]:
    """Rectangles of about equal size that cover `shape`, row by row."""
    ys, xs = (_cuts(side, most_px) for side in shape)
    for y0, y1 in pairwise(ys):
        for x0, x1 in pairwise(xs):
            yield Region(y0, x0, y1, x1)


def _cuts(side: int, most_px: float) -> list[int]:
    n = math.ceil(side / most_px)
    return [round(side * k / n) for k in range(n + 1)]


def _sides(region: Region) -> dict[str, int]:
    return {f"{side}_px": value for side, value in region._asdict().items()}


def _frame(overview: np.ndarray, region: Region, scale: float, number: str) -> None:
    """Draw where a piece is, with its number where there is room."""
    y0, x0, y1, x1 = (round(side * scale) for side in region)
    cv2.rectangle(overview, (x0, y0), (x1 - 1, y1 - 1), HALO_RGB, 1)
    haloed_text(overview, number, (x0 + 4, y0 + 22), 0.7, FRAME_RGB)


def _save(path: Path, picture: np.ndarray) -> None:
    _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    path.write_bytes(png.tobytes())
