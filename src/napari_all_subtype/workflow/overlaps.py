"""Which fields of a smear show a part of it again, so that its cells count twice."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import cv2

from napari_all_subtype.cells.quality import overlapping_fields
from napari_all_subtype.cells.source import ArraySource, ImageSource, pixel_digest
from napari_all_subtype.config import QualityParameters
from napari_all_subtype.progress import SILENT, Monitor

OVERVIEW_SIDE_PX = 256
COMPARED_FIELDS = 200


def same_picture(name: str) -> str:
    """Flag of a field that has the very same pixels as the field `name`.

    Examples
    --------
    >>> same_picture("field-1.png")
    'same picture as field-1.png: counted once'
    """
    return f"same picture as {name}: counted once"


@dataclass
class SmearOverviews:
    """Small pictures of the fields of one smear, taken one by one and compared at the end."""

    _pictures: dict[Hashable, ArraySource] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _factor: float = 0.0

    def add(self, key: Hashable, name: str, source: ImageSource) -> str:
        """Keep a small picture of `source` under `key`; `name` is what its flags call it.

        Gives back the name of an earlier field with the very same pixels, or nothing.
        """
        digest = pixel_digest(source)
        if digest in self._names:
            return self._names[digest]
        self._names[digest] = name
        # One factor for the whole smear, so that its fields stay comparable.
        self._factor = self._factor or min(1.0, OVERVIEW_SIDE_PX / max(source.shape))
        small = cv2.resize(
            source.read(), None, fx=self._factor, fy=self._factor, interpolation=cv2.INTER_AREA
        )
        self._pictures[key] = ArraySource(small, name)
        return ""

    def flags(
        self, quality: QualityParameters, monitor: Monitor = SILENT
    ) -> dict[Hashable, tuple[str, ...]]:
        """Flags by key: which earlier fields a field shows again in part.

        Fields are compared within runs of 200, since the effort grows with the square.

        Raises
        ------
        Stopped
            If the monitor asked for it.
        """
        found: dict[Hashable, tuple[str, ...]] = {}
        keys = list(self._pictures)
        for start in range(0, len(keys), COMPARED_FIELDS):
            run = keys[start : start + COMPARED_FIELDS]
            pictures = [self._pictures[key] for key in run]
            for pair in overlapping_fields(pictures, quality, monitor):
                flag = f"overlaps {pictures[pair.first].name}"
                found[run[pair.second]] = (*found.get(run[pair.second], ()), flag)
        return found
