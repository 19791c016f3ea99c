"""Which fields of a smear show a part of it again, so that its cells count twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from napari_all_subtype.cells.quality import Overlap, overlapping_fields
from napari_all_subtype.cells.source import ArraySource, ImageSource, Region, pixel_digest
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
    _shapes: dict[Hashable, tuple[int, int]] = field(default_factory=dict)
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
        self._shapes[key] = source.shape
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
        for first, second, _ in self._pairs(quality, monitor):
            flag = f"overlaps {self._pictures[first].name}"
            found[second] = (*found.get(second, ()), flag)
        return found

    def seen_before(
        self, quality: QualityParameters, monitor: Monitor = SILENT
    ) -> dict[Hashable, tuple[Region, ...]]:
        """Parts of fields, by key, that an earlier field of the same run of 200 shows as well.

        They are known to a pixel of what was compared, and are that much wider than found.

        Raises
        ------
        Stopped
            If the monitor asked for it.
        """
        found: dict[Hashable, tuple[Region, ...]] = {}
        for first, second, pair in self._pairs(quality, monitor):
            part = _common_part(self._shapes[first], self._shapes[second], pair, self._factor)
            found[second] = (*found.get(second, ()), part)
        return found

    def _pairs(
        self, quality: QualityParameters, monitor: Monitor
    ) -> Iterator[tuple[Hashable, Hashable, Overlap]]:
        keys = list(self._pictures)
        for start in range(0, len(keys), COMPARED_FIELDS):
            run = keys[start : start + COMPARED_FIELDS]
            pictures = [self._pictures[key] for key in run]
            for pair in overlapping_fields(pictures, quality, monitor):
                yield run[pair.first], run[pair.second], pair


def _common_part(
    first: tuple[int, int], second: tuple[int, int], pair: Overlap, factor: float
) -> Region:
    """What of the field of shape `second` the field of shape `first` shows, in its pixels."""
    # Pictures are compared at three quarters of their size.
    unsure = 1.5 / factor if factor else 0.0
    ends = []
    for at in (0, 1):
        start = -pair.shift_fraction_yx[at] * max(first)
        low = int(np.floor(start - unsure))
        high = int(np.ceil(start + first[at] + unsure))
        ends.append((min(max(low, 0), second[at]), min(max(high, 0), second[at])))
    (y0, y1), (x0, x1) = ends
    return Region(y0, x0, y1, x1)
