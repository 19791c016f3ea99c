"""One change of the masks by a person: a box before and after, reversible, ready for a log."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import Region
from napari_all_subtype.errors import EditError

if TYPE_CHECKING:
    import pandas as pd

_PIXEL = np.dtype("<i4")


@dataclass(frozen=True)
class MaskPatch:
    """Cells and nuclei of one rectangle, compressed: some hundred bytes for a cell.

    Parameters
    ----------
    shape : tuple of int
        (Y, X).
    content : bytes
        Labels, then nuclei: little-endian int32 in C order, zlib.
    """

    shape: tuple[int, int]
    content: bytes

    @classmethod
    def of(cls, labels: np.ndarray, nuclei: np.ndarray) -> MaskPatch:
        """The rectangle with `labels` and `nuclei`, each of shape (Y, X), int32."""
        both = np.stack([labels, nuclei]).astype(_PIXEL, copy=False)
        return cls(labels.shape, zlib.compress(both.tobytes(), 1))

    def unpack(self) -> tuple[np.ndarray, np.ndarray]:
        """Labels and nuclei: two ndarrays, shape (Y, X), int32."""
        both = np.frombuffer(zlib.decompress(self.content), _PIXEL).reshape(2, *self.shape)
        return both[0].astype(np.int32), both[1].astype(np.int32)


@dataclass(frozen=True)
class Edit:
    """What a person changed in the masks of a field.

    Parameters
    ----------
    kind : str
        ``paint``, ``split``, ``merge``, ``delete`` or ``add``; ``undo`` before it for a reverse.
    region : Region
        The pixels that changed lie in it.
    before, after : MaskPatch
        The masks there.
    changed : tuple of int
        Labels of cells that have other pixels than before.
    added, deleted : tuple of int
        Labels of cells that exist only after, or only before.
    """

    kind: str
    region: Region
    before: MaskPatch
    after: MaskPatch
    changed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()

    @classmethod
    def between(
        cls,
        kind: str,
        masks: CellMasks,
        cells: pd.DataFrame,
        region: Region,
        labels: np.ndarray,
        nuclei: np.ndarray,
    ) -> Edit:
        """The edit that gives `region` of `masks` other `labels` and `nuclei`.

        Parameters
        ----------
        masks : CellMasks
            Before the edit.
        cells : pandas.DataFrame
            Cell table before the edit: its areas tell which cells are new or gone.
        labels, nuclei : ndarray, shape of `region`, int32
            After the edit.

        Raises
        ------
        EditError
            If nothing changes.
        """
        here = box_of(region)
        old, old_nuclei = masks.labels[here], masks.nuclei[here]
        differ = (old != labels) | (old_nuclei != nuclei)
        if not differ.any():
            raise EditError("Nothing changes: the cells there have these outlines already.")
        inner, region = _tight(differ, region)
        old, old_nuclei, labels, nuclei = (m[inner] for m in (old, old_nuclei, labels, nuclei))
        changed, added, deleted = _fates(old, labels, differ[inner], cells)
        return cls(
            kind,
            region,
            MaskPatch.of(old, old_nuclei),
            MaskPatch.of(labels, nuclei),
            changed,
            added,
            deleted,
        )

    @property
    def remaining(self) -> tuple[int, ...]:
        """Labels of the cells to be measured again."""
        return (*self.changed, *self.added)

    @property
    def touched(self) -> tuple[int, ...]:
        """Labels of all cells that the edit concerns."""
        return (*self.changed, *self.added, *self.deleted)

    def reversed(self) -> Edit:
        """The edit that takes this one back."""
        undone = self.kind.startswith("undo ")
        kind = self.kind.removeprefix("undo ") if undone else f"undo {self.kind}"
        return Edit(
            kind, self.region, self.after, self.before, self.changed, self.deleted, self.added
        )

    def apply_to(self, masks: CellMasks) -> None:
        """Write the edit into `masks`, in place and in its region only.

        Raises
        ------
        EditError
            If the masks are not those the edit was made on.
        """
        here = box_of(self.region)
        labels, nuclei = self.before.unpack()
        found = masks.labels[here]
        same = found.shape == labels.shape and np.array_equal(found, labels)
        if not same or not np.array_equal(masks.nuclei[here], nuclei):
            raise EditError(
                f"The masks at rows {self.region.y0}–{self.region.y1}, columns {self.region.x0}–"
                f"{self.region.x1} are not those this edit ({self.kind}) was made on. Apply all "
                "edits of a field in their order."
            )
        masks.labels[here], masks.nuclei[here] = self.after.unpack()

    def to_dict(self) -> dict[str, object]:
        """The edit, ready for JSON."""
        return {
            "kind": self.kind,
            "region": list(self.region),
            "before": base64.b64encode(self.before.content).decode(),
            "after": base64.b64encode(self.after.content).decode(),
            "changed": list(self.changed),
            "added": list(self.added),
            "deleted": list(self.deleted),
        }

    @classmethod
    def from_dict(cls, content: dict) -> Edit:
        """The edit that `to_dict` wrote."""
        region = Region(*content["region"])
        shape = (region.y1 - region.y0, region.x1 - region.x0)
        patches = (
            MaskPatch(shape, base64.b64decode(content[name])) for name in ("before", "after")
        )
        labels = (tuple(content[name]) for name in ("changed", "added", "deleted"))
        return cls(content["kind"], region, *patches, *labels)


def box_of(region: Region) -> tuple[slice, slice]:
    """`region` as an index."""
    return np.s_[region.y0 : region.y1, region.x0 : region.x1]


def joined(*regions: Region) -> Region:
    """Smallest region that holds all of `regions`."""
    y0, x0, y1, x1 = zip(*regions, strict=True)
    return Region(min(y0), min(x0), max(y1), max(x1))


def _tight(differ: np.ndarray, region: Region) -> tuple[tuple[slice, slice], Region]:
    """Index of the pixels that differ, and where that is in the image."""
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    y0, y1, x0, x1 = (int(v) for v in (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
    place = Region(region.y0 + y0, region.x0 + x0, region.y0 + y1, region.x0 + x1)
    return np.s_[y0:y1, x0:x1], place


def _fates(
    old: np.ndarray, new: np.ndarray, differ: np.ndarray, cells: pd.DataFrame
) -> tuple[tuple[int, ...], ...]:
    """Labels that changed, came and went: by their areas in the table and what they lost."""
    area = cells["area_px"].to_numpy()
    changed, added, deleted = [], [], []
    for label in np.union1d(old[differ], new[differ]).tolist():
        if label == 0:
            continue
        known = area[label] if label < len(area) else np.nan
        before = 0 if np.isnan(known) else int(known)
        after = before + np.count_nonzero(new == label) - np.count_nonzero(old == label)
        (deleted if after == 0 else added if before == 0 else changed).append(label)
    return tuple(changed), tuple(added), tuple(deleted)
