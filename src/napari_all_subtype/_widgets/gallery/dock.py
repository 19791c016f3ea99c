"""The dock *Cell gallery*: its parts, and nothing of what they do."""

from __future__ import annotations

from collections.abc import Collection

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import QFlowLayout

from napari_all_subtype._widgets.gallery.cells import OF_MODEL, SORTS
from napari_all_subtype._widgets.gallery.class_bar import ClassBar
from napari_all_subtype._widgets.gallery.curator import Curator
from napari_all_subtype._widgets.gallery.pictures import CellPictures
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.session import session_of
from napari_all_subtype._widgets.thumbnail_pictures import ThumbnailPictures
from napari_all_subtype._widgets.thumbnail_view import ThumbnailView
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, RESEARCH_USE_ONLY, Taxonomy

SIDE_PX, SMALLEST_PX, LARGEST_PX, STEP_PX = 88, 48, 208, 16
SLIDER_PX, LEAST_VIEW_PX = 120, 120
MIN_SIZE_PX = (320, 380)
SHOWN: tuple[tuple[str, str, str], ...] = (
    ("All cells", "all", "Cells that were read, and those that were not."),
    ("Not yet read", "unreviewed", "Only cells of which nobody has said anything."),
    ("Read by a person", "reviewed", "Only cells of which a person has said something."),
)


class CellGallery(QWidget):
    """The cells of a smear as small pictures, class by class, to be chosen and called otherwise.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer, or the proxy of it that napari hands to a plugin.

    Signals
    -------
    shown_again
        It came into sight.
    called : str
        What is chosen is to be called so; an empty word takes words back.
    """

    shown_again = Signal()
    called = Signal(str)

    def __init__(self, napari_viewer, parent: QWidget | None = None):
        super().__init__(parent)
        session = session_of(napari_viewer)
        self.source = CellPictures(session)
        self._build()
        self.set_side(SIDE_PX)
        self.curator = Curator(self, session)
        self.size.valueChanged.connect(self.set_side)
        # Bound to it, not to this widget, which is gone by then.
        self.destroyed.connect(self.curator.close)

    def _build(self) -> None:
        self.pictures = ThumbnailPictures(self.source, self)
        self.view = ThumbnailView(self.pictures)
        self.view.setMinimumHeight(LEAST_VIEW_PX)
        self.empty = paragraph()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        self.told, self.conflict = paragraph(), paragraph()
        self.told.setAccessibleName("What is chosen, and what was done")
        self.classes: ClassBar | None = None
        self._bars = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.addWidget(self._build_head())
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.conflict)
        layout.addWidget(self.told)
        layout.addLayout(self._bars)
        layout.addWidget(paragraph(f"<b>{RESEARCH_USE_ONLY}</b>"))
        self.setMinimumSize(*MIN_SIZE_PX)
        self.show_classes(FAB5)

    def _build_head(self) -> QWidget:
        self.sort, self.shown = QComboBox(), QComboBox()
        self._sorted = ""  # as before the model was hidden
        self.sort.setAccessibleName("Order of the thumbnails")
        for n, (name, title, tip) in enumerate(SORTS):
            self.sort.addItem(title, name)
            self.sort.setItemData(n, tip, Qt.ItemDataRole.ToolTipRole)
        self.sort.setToolTip("Which cells of each class come first.")
        self.shown.setAccessibleName("Which cells are shown")
        for n, (title, reviewed, tip) in enumerate(SHOWN):
            self.shown.addItem(title, reviewed)
            self.shown.setItemData(n, tip, Qt.ItemDataRole.ToolTipRole)
        self.shown.setToolTip("Which cells are shown.")
        self.filtered = QCheckBox("Filters of the queue")
        self.filtered.setChecked(True)
        self.filtered.setVisible(False)
        self.filtered.setToolTip("Leave out what the filters of the dock Review leave out.")
        self.size = QSlider(Qt.Orientation.Horizontal)
        self.size.setAccessibleName("Size of the thumbnails")
        self.size.setToolTip(
            "How large the pictures are. All show the same 24 µm, so that sizes can be compared."
        )
        self.size.setRange(SMALLEST_PX, LARGEST_PX)
        self.size.setSingleStep(STEP_PX)
        self.size.setPageStep(2 * STEP_PX)
        self.size.setValue(SIDE_PX)
        self.size.setFixedWidth(SLIDER_PX)
        size = QWidget()
        beside = QHBoxLayout(size)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(QLabel("Size"))
        beside.addWidget(self.size)
        head = QWidget()
        # In a narrow dock in two rows.
        row = QFlowLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self.shown, self.sort, self.filtered, size):
            row.addWidget(part)
        return head

    def set_side(self, side_px: int) -> None:
        """Show thumbnails of another size."""
        self.view.set_side(side_px)

    def show_classes(
        self, taxonomy: Taxonomy, refused: Collection[str] = (), why: str = ""
    ) -> None:
        """Have a button for each class of `taxonomy` and each exclusion.

        Parameters
        ----------
        refused : collection of str
            Names of classes that cannot be said of the cells that are shown.
        why : str
            Why not, in HTML.
        """
        if self.classes is not None:
            self._bars.removeWidget(self.classes)
            self.classes.hide()
            self.classes.deleteLater()
        self.conflict.setText(why)
        self.conflict.setVisible(bool(why))
        self.classes = ClassBar((*taxonomy.classes, *EXCLUSIONS), refused)
        self.classes.called.connect(self.called)
        self._bars.addWidget(self.classes)

    def hide_model(self, on: bool) -> None:
        """Offer no order that tells what the model says; or offer them all again."""
        for name in OF_MODEL:
            self.sort.model().item(self.sort.findData(name)).setEnabled(not on)
        chosen = self.sort.currentData()
        if on and chosen in OF_MODEL:
            self._sorted, chosen = chosen, "field"
        elif not on and chosen == "field" and self._sorted:
            self._sorted, chosen = "", self._sorted
        self.sort.setCurrentIndex(self.sort.findData(chosen))

    def say(self, text: str) -> None:
        """Write what is chosen, or what was done."""
        self.told.setText(text)

    def show_empty(self, text: str) -> None:
        """Say why there is no thumbnail, and what to do; an empty text shows the thumbnails."""
        if text:
            self.empty.setText(text)
        self.stack.setCurrentWidget(self.empty if text else self.view)

    def showEvent(self, event: QEvent) -> None:
        """What changed while nobody looked is shown now."""
        super().showEvent(event)
        self.set_side(self.size.value())
        self.shown_again.emit()
