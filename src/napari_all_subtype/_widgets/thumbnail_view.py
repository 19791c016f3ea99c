"""A view of thumbnails: one or many are chosen, by mouse or keys, and dragged to another class."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from qtpy.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from qtpy.QtGui import QDrag, QKeySequence, QPainter, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QFrame, QListView

from napari_all_subtype._widgets.thumbnail_delegate import ThumbnailDelegate
from napari_all_subtype._widgets.thumbnail_pictures import ThumbnailPictures
from napari_all_subtype._widgets.thumbnails import Thumbnail, ThumbnailModel, runs

MIME = "application/x-napari-all-subtype-thumbnails"
DRAGGED_PX, MOST_DRAGGED = 64, 3
# Arrow keys that are held down pass by; only where they stop is worth a look.
STOPPED_AFTER_MS = 120


class ThumbnailView(QListView):
    """Shows a `ThumbnailModel`.

    Parameters
    ----------
    pictures : ThumbnailPictures
        Has the pictures of the thumbnails.

    Attributes
    ----------
    refused : frozenset of str
        Names of classes that nothing can be dragged to.
    taken_keys : callable
        Whether a key, as Qt writes it, is told of by `typed`.

    Signals
    -------
    chosen : list of hashable
        A person chose these thumbnails.
    wanted : hashable
        A person clicked this one alone, or stopped at it with the arrow keys.
    dropped : str
        Those that are chosen were dragged to the class of this name.
    typed : str
        A key that is no key of the view, as Qt writes it.
    menu_wanted : QPoint
        A menu is wanted there, in pixels of the screen.
    """

    chosen = Signal(object)
    wanted = Signal(object)
    dropped = Signal(str)
    typed = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, pictures: ThumbnailPictures, parent=None):
        super().__init__(parent)
        self.pictures = pictures
        self._quiet = False
        self.refused: frozenset[str] = frozenset()
        self.taken_keys: Callable[[str], bool] = lambda _: False
        self._build()
        self._stopped = QTimer(self)
        self._stopped.setSingleShot(True)
        self._stopped.setInterval(STOPPED_AFTER_MS)
        self._stopped.timeout.connect(self._on_stopped)

    def _build(self) -> None:
        self.thumbnails = ThumbnailModel(self.pictures, self)
        self.painter_ = ThumbnailDelegate(self._section_width, self.thumbnails.is_section, self)
        self.setModel(self.thumbnails)
        self.setItemDelegate(self.painter_)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDropIndicatorShown(False)
        self.setMouseTracking(True)
        self.setAccessibleName("Thumbnails of cells")

    def _section_width(self) -> int:
        return self.viewport().width() - 2

    # What is shown

    def resizeEvent(self, event) -> None:
        """Sections are as wide as the view."""
        self.painter_.measure(self.fontMetrics())
        super().resizeEvent(event)

    def changeEvent(self, event) -> None:
        """Captions have room in another font as well."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.painter_.measure(self.fontMetrics())
            self.scheduleDelayedItemsLayout()

    def show_thumbnails(self, thumbnails: Iterable[Thumbnail]) -> None:
        """Show these thumbnails; those that stay keep their place and stay chosen."""
        keys, current = self.chosen_keys, self.current_key
        self._quiet = True
        self.thumbnails.show(thumbnails)
        self._quiet = False
        self.choose(keys, current)

    def set_side(self, side_px: int) -> None:
        """Show pictures of another size."""
        self.painter_.side_px = side_px
        self.pictures.set_side(round(side_px * self.devicePixelRatioF()))
        self.painter_.measure(self.fontMetrics())
        step = self.painter_.tile(self.fontMetrics()).height()
        self.verticalScrollBar().setSingleStep(step // 2)
        self.scheduleDelayedItemsLayout()

    # What is chosen

    @property
    def chosen_keys(self) -> list[Hashable]:
        """Keys of the thumbnails that are chosen, in their order."""
        # By ranges: each index of ten thousand would be asked for its flags.
        ranges = sorted((one.top(), one.bottom()) for one in self.selectionModel().selection())
        rows = {n: self.thumbnails.rows[n] for a, b in ranges for n in range(a, b + 1)}
        return [row.key for row in rows.values() if isinstance(row, Thumbnail)]

    @property
    def current_key(self) -> Hashable | None:
        """The thumbnail that arrow keys start from."""
        n = self.currentIndex().row()
        return self.thumbnails.rows[n].key if n >= 0 else None

    @property
    def current_class(self) -> str | None:
        """Name of the class of the thumbnail that arrow keys start from."""
        n = self.currentIndex().row()
        return self.thumbnails.rows[n].cell_class.name if n >= 0 else None

    def reveal(self, key: Hashable | None) -> None:
        """Scroll to the thumbnail `key`, if there is one."""
        if key is not None and (n := self.thumbnails.row_of(key)) >= 0:
            self.scrollTo(self.thumbnails.index(n))

    def choose(self, keys: Sequence[Hashable], current: Hashable | None = None) -> None:
        """Have these chosen and no others, without a word of it; stand on `current`."""
        rows = sorted(n for n in map(self.thumbnails.row_of, keys) if n >= 0)
        chosen = QItemSelection()
        for first, last in runs(rows):
            chosen.select(self.thumbnails.index(first), self.thumbnails.index(last))
        self._quiet = True
        how = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(chosen, how.ClearAndSelect)
        if current is not None and (n := self.thumbnails.row_of(current)) >= 0:
            self.selectionModel().setCurrentIndex(self.thumbnails.index(n), how.NoUpdate)
        self._quiet = False

    def choose_section(self, name: str, more: bool = False) -> None:
        """Choose all thumbnails of the class `name`, beside others or alone."""
        for n, section in self.thumbnails.sections():
            if section.key.name == name:
                first, last = (self.thumbnails.index(n + k) for k in (1, section.count))
                how = QItemSelectionModel.SelectionFlag
                flag = how.Select if more else how.ClearAndSelect
                self.selectionModel().select(QItemSelection(first, last), flag)

    def selectionChanged(self, selected, deselected) -> None:
        """Tell of what a person chose."""
        super().selectionChanged(selected, deselected)
        if not self._quiet:
            self.chosen.emit(self.chosen_keys)

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        """A person goes on with the arrow keys."""
        super().currentChanged(current, previous)
        if not self._quiet and current.isValid():
            self._stopped.start()

    def _on_stopped(self) -> None:
        keys = self.chosen_keys
        if keys == [self.current_key]:
            self.wanted.emit(keys[0])

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """A click on the line above a class chooses all that is below it."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.thumbnails.is_section(index.row()):
            if event.button() == Qt.MouseButton.LeftButton:
                more = event.modifiers() & Qt.KeyboardModifier.ControlModifier
                self.choose_section(self.thumbnails.rows[index.row()].key.name, bool(more))
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event) -> None:
        """Keys of classes call; the others choose and move as in any list."""
        text = QKeySequence(event.keyCombination()).toString()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_key is not None:
            self.wanted.emit(self.current_key)
        elif self.taken_keys(text):
            if not event.isAutoRepeat():  # a key that is held says one word
                self.typed.emit(text)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, _text: str) -> None:
        """Captions are no names: nothing is searched by typing."""

    def contextMenuEvent(self, event) -> None:
        """The menu of what is chosen, by mouse or by the key for it."""
        self.menu_wanted.emit(event.globalPos())

    # Dragging

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Drag what is chosen; where it was does not change before it is called otherwise."""
        keys = self.chosen_keys
        if keys:
            drag, data = QDrag(self), QMimeData()
            data.setData(MIME, b"")
            drag.setMimeData(data)
            drag.setPixmap(self._dragged(keys))
            drag.exec(Qt.DropAction.MoveAction)

    def _dragged(self, keys: Sequence[Hashable]) -> QPixmap:
        """The first few pictures, one above the other, and how many there are."""
        shown = keys[:MOST_DRAGGED]
        side = DRAGGED_PX + 8 * (len(shown) - 1)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        for k, key in reversed(list(enumerate(shown))):
            if (picture := self.pictures.get(key)) is not None and not picture.isNull():
                painter.drawPixmap(8 * k, 8 * k, DRAGGED_PX, DRAGGED_PX, picture)
        painter.fillRect(0, 0, DRAGGED_PX, 20, Qt.GlobalColor.black)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(0, 0, DRAGGED_PX, 20, Qt.AlignmentFlag.AlignCenter, str(len(keys)))
        painter.end()
        return pixmap

    def class_at(self, y_px: int) -> str:
        """Name of the class whose section is there; empty if there is none."""
        name = ""
        for n, section in self.thumbnails.sections():
            if self.visualRect(self.thumbnails.index(n)).top() > y_px:
                break
            name = section.key.name
        return name

    def target_at(self, y_px: int) -> str:
        """The class that what is chosen would come to there; empty where nothing would change."""
        name = self.class_at(y_px)
        rows = (self.thumbnails.rows[self.thumbnails.row_of(key)] for key in self.chosen_keys)
        others = any(row.cell_class.name != name for row in rows)
        return name if others and name not in self.refused else ""

    def dragEnterEvent(self, event) -> None:
        """Thumbnails of this view may come."""
        event.setAccepted(event.source() is self)

    def dragMoveEvent(self, event) -> None:
        """Show which class they would come to, and scroll at the edges."""
        super().dragMoveEvent(event)
        name = self.target_at(event.position().toPoint().y())
        self._aim(name)
        event.setAccepted(event.source() is self and bool(name))

    def dragLeaveEvent(self, event) -> None:
        """They went elsewhere."""
        super().dragLeaveEvent(event)
        self._aim("")

    def dropEvent(self, event) -> None:
        """They came to a class."""
        name = self.target_at(event.position().toPoint().y())
        self._aim("")
        self.setState(QAbstractItemView.State.NoState)
        if event.source() is self and name:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            QTimer.singleShot(0, lambda: self.dropped.emit(name))

    def _aim(self, name: str) -> None:
        if self.painter_.target != name:
            self.painter_.target = name
            self.viewport().update()
