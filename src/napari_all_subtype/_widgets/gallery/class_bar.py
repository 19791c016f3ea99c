"""A button per class: what is chosen is called so by a press, or by being dragged there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QPushButton, QSizePolicy, QWidget
from superqt.utils import QFlowLayout

from napari_all_subtype._widgets.legend import swatch
from napari_all_subtype._widgets.thumbnail_view import MIME
from napari_all_subtype.taxonomy import CellClass

SWATCH = QSize(18, 18)
TIP = "Call the chosen cells so: {meaning}. Press it, drag them here{key}."


class ClassButton(QPushButton):
    """One class, on which thumbnails can be dropped.

    Signals
    -------
    reached
        Thumbnails were dropped here.
    """

    reached = Signal()

    def __init__(self, title: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setText(title)
        self.setAccessibleName(title)
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def dragEnterEvent(self, event) -> None:
        """Thumbnails may come; the button looks pressed while they are above it."""
        event.setAccepted(event.mimeData().hasFormat(MIME))
        self.setDown(event.isAccepted())

    def dragLeaveEvent(self, _event) -> None:
        """They went elsewhere."""
        self.setDown(False)

    def dropEvent(self, event) -> None:
        """They came here."""
        self.setDown(False)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        # Once the drag is over: what follows may show a message.
        QTimer.singleShot(0, self.reached.emit)


class ClassBar(QWidget):
    """Buttons of all classes, in as many rows as are needed.

    Parameters
    ----------
    classes : sequence of CellClass
    refused : collection of str
        Names of those that can never be said of what is shown.

    Signals
    -------
    called : str
        Cells are to be called by this name; an empty one takes their words back.
    """

    called = Signal(str)

    def __init__(
        self,
        classes: Sequence[CellClass],
        refused: Collection[str] = (),
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._refused = frozenset(refused)
        self.buttons: dict[str, ClassButton] = {}
        self._titles = {one.name: one.title for one in classes} | {"": "No word"}
        self._meanings = {one.name: one.meaning for one in classes}
        layout = QFlowLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(2)
        layout.setVerticalSpacing(2)
        for one in classes:
            button = self._button(one.name)
            button.setIcon(QIcon(swatch(one)))
            layout.addWidget(button)
        layout.addWidget(self._button(""))
        high = max(button.sizeHint().height() for button in self.buttons.values())
        for button in self.buttons.values():
            button.setMinimumHeight(high)
        self.show_keys({})

    def _button(self, name: str) -> ClassButton:
        button = ClassButton(self._titles[name])
        button.setIconSize(SWATCH)
        button.clicked.connect(lambda: self.called.emit(name))
        button.reached.connect(lambda: self.called.emit(name))
        self.buttons[name] = button
        return button

    def show_keys(self, keys: Mapping[str, str]) -> None:
        """Write the key of each class beside it.

        Parameters
        ----------
        keys : mapping of str to str
            Keys as Qt writes them, by names of classes; an empty name for no word.
        """
        for name, button in self.buttons.items():
            key = keys.get(name, "")
            button.setText(f"{self._titles[name]} ({key})" if key else self._titles[name])
            told = f", or press {key}" if key else ""
            meaning = self._meanings.get(name, "take back what a person said of them")
            button.setToolTip(TIP.format(meaning=meaning, key=told))

    def allow(self, possible: bool) -> None:
        """Whether there is anything chosen that could be called so."""
        for name, button in self.buttons.items():
            button.setEnabled(possible and name not in self._refused)
