"""The pictures of thumbnails: got for those that are in sight, and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtGui import QImage, QPixmap

# Asked for at once: so few that those in sight come one after the other, not all late.
BATCH = 48
# More than any screen holds: what was scrolled past long ago need not come any more.
MOST_WANTED = 480
MOST_BYTES = 200_000_000

Got = Mapping[Hashable, "np.ndarray | None"]
Fetch = Callable[[Sequence[Hashable], int, Callable[[Got], None]], None]


class ThumbnailPictures(QObject):
    """Has the pictures that were painted last, and gets the others, newest wish first.

    Parameters
    ----------
    fetch : callable
        Called with keys, the side of a picture in pixels, and what to call with the pictures:
        ndarrays, shape (S, S, 3), uint8, by key; None where there is none to be had. A key that
        is left out is asked for again; more than was asked for is kept too. May answer at once
        or later.

    Signals
    -------
    arrived : list of hashable
        These can be painted now.
    """

    arrived = Signal(object)

    def __init__(self, fetch: Fetch, parent: QObject | None = None):
        super().__init__(parent)
        self._fetch = fetch
        self._side_px = 96
        self._kept: OrderedDict[Hashable, QPixmap] = OrderedDict()
        self._bytes = 0
        self._wanted: OrderedDict[Hashable, None] = OrderedDict()
        self._asked: set[Hashable] = set()
        self._outdated: set[Hashable] = set()
        self._generation = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)

    def get(self, key: Hashable) -> QPixmap | None:
        """The picture, null where there is none to be had; None while it is on its way."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._asked:
            self._wanted[key] = None
            self._wanted.move_to_end(key)
            while len(self._wanted) > MOST_WANTED:
                self._wanted.popitem(last=False)
            if not self._asked:
                self._timer.start()
        return None

    def set_side(self, side_px: int) -> None:
        """Have pictures of another size, in pixels of the screen."""
        if side_px != self._side_px:
            self._side_px = side_px
            self.forget_all()

    def forget(self, keys: Iterable[Hashable]) -> None:
        """Get these anew when they are painted next: they look otherwise now."""
        for key in keys:
            if (pixmap := self._kept.pop(key, None)) is not None:
                self._bytes -= _size(pixmap)
            if self._asked:
                self._outdated.add(key)

    def forget_all(self) -> None:
        """Let go of all pictures, also of those on their way."""
        self._kept.clear()
        self._wanted.clear()
        self._asked, self._outdated = set(), set()
        self._bytes = 0
        self._generation += 1

    def _ask(self) -> None:
        if self._asked or not self._wanted:
            return
        keys = [self._wanted.popitem()[0] for _ in range(min(BATCH, len(self._wanted)))]
        self._asked, generation = set(keys), self._generation

        def take(got: Got) -> None:
            if generation == self._generation:
                self._take(got)

        self._fetch(keys, self._side_px, take)

    def _take(self, got: Got) -> None:
        for key, picture in got.items():
            if key not in self._outdated and key not in self._kept:
                self._keep(key, QPixmap() if picture is None else _pixmap(picture))
                self._wanted.pop(key, None)
        if got:  # else nothing is to be had now, and asking on would never end
            self._wanted.update(dict.fromkeys(self._asked - got.keys()))
        self._asked, self._outdated = set(), set()
        self.arrived.emit(list(got))
        if self._wanted:
            self._timer.start()

    def _keep(self, key: Hashable, pixmap: QPixmap) -> None:
        self._kept[key] = pixmap
        self._bytes += _size(pixmap)
        while self._bytes > MOST_BYTES:
            self._bytes -= _size(self._kept.popitem(last=False)[1])


def _pixmap(picture: np.ndarray) -> QPixmap:
    picture = np.ascontiguousarray(picture[..., :3])
    height, width = picture.shape[:2]
    image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)


def _size(pixmap: QPixmap) -> int:
    return 4 * pixmap.width() * pixmap.height()
