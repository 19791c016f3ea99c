"""The group *Agreement*: how far readers and the model agree, and the cells that they differ on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QGroupBox, QPushButton, QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.frame_table import FrameTable

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype._widgets.thumbnail_pictures import Fetch
    from napari_all_subtype._widgets.thumbnail_view import ThumbnailView
    from napari_all_subtype._widgets.thumbnails import Thumbnail

SIDE_PX, GALLERY_PX = 72, 280
NOT_COMPARED = (
    "Two readings of the same cells, one of them blind and finished, or a reading and the model: "
    "press <b>Compare</b>."
)
NOT_FINISHED = (
    "A blind reading goes on: what others said, and where you differ, is shown when it is "
    "finished (<i>Read apart</i> in the group <i>Project</i>)."
)
NOT_KEPT = "Readings are compared in a project: make or open one."
CHANGED = "Words were said since: compare again."


class AgreementPanel(QGroupBox):
    """A button that compares, the kappas and the confusion of two, and a gallery.

    Parameters
    ----------
    fetch : callable
        Gives what gets pictures of cells, see `ThumbnailPictures`, once there are any to show.

    Signals
    -------
    compare_wanted
        A person wants readings compared.
    pair_chosen : int
        Number of a pair in the list.
    cell_wanted : hashable
        Key of a thumbnail.
    """

    compare_wanted = Signal()
    pair_chosen = Signal(int)
    cell_wanted = Signal(object)

    def __init__(self, fetch: Callable[[], Fetch], parent: QWidget | None = None):
        super().__init__("Agreement", parent)
        self._fetch = fetch
        self._build()
        self.compare_button.clicked.connect(lambda: self.compare_wanted.emit())
        self.pairs.currentIndexChanged.connect(self.pair_chosen)

    def _build(self) -> None:
        self.told = paragraph(NOT_COMPARED)
        self.compare_button = QPushButton("Compare")
        self.compare_button.setToolTip(
            "Compare what readers said of the same cells, and the model: Cohen's kappa of two, "
            "Fleiss' kappa of more."
        )
        self.whole = QCheckBox("All smears of the project")
        self.whole.setToolTip("Compare readings of all smears, not only of the one that is shown.")
        self.pairs = QComboBox()
        self.pairs.setAccessibleName("Who is compared")
        self.pairs.setToolTip("Of whom the table and the cells below are.")
        self.kappas = paragraph()
        self.table = FrameTable("Confusion")
        self.table.setToolTip("Words of the first in rows, of the second in columns.")
        self.differ = paragraph()
        layout = QVBoxLayout(self)
        for part in (self.compare_button, self.whole, self.told, self.pairs, self.kappas):
            layout.addWidget(part)
        for part in (self.table, self.differ):
            layout.addWidget(part)
        self.show_nothing(NOT_KEPT, False)

    @cached_property
    def gallery(self) -> ThumbnailView:
        """The cells that two differ on; made with the first pair, for most compare nothing."""
        from napari_all_subtype._widgets.thumbnail_pictures import ThumbnailPictures
        from napari_all_subtype._widgets.thumbnail_view import ThumbnailView

        self.pictures = ThumbnailPictures(self._fetch(), self)
        gallery = ThumbnailView(self.pictures)
        gallery.setAccessibleName("Cells that they differ on")
        gallery.setFixedHeight(GALLERY_PX)
        gallery.set_side(SIDE_PX)
        gallery.wanted.connect(self.cell_wanted)
        gallery.setVisible(False)
        self.layout().addWidget(gallery)
        self.setTabOrder(self.table, gallery)
        return gallery

    def show_nothing(self, why: str, possible: bool) -> None:
        """Say why nothing is compared, in HTML, and whether something can be."""
        self.told.setText(why)
        self.compare_button.setEnabled(possible)
        with QSignalBlocker(self.pairs):
            self.pairs.clear()
        for part in (self.pairs, self.kappas, self.table, self.differ):
            part.setVisible(False)
        if "gallery" in vars(self):
            self.gallery.setVisible(False)

    def show_pairs(self, titles: Sequence[str], lines: Sequence[str]) -> None:
        """Offer pairs, and say what is to be known of all of them."""
        with QSignalBlocker(self.pairs):
            self.pairs.clear()
            self.pairs.addItems(list(titles))
        self.pairs.setVisible(bool(titles))
        self.compare_button.setEnabled(True)
        self.say(lines)

    def say(self, lines: Sequence[str]) -> None:
        """Write what is to be known of all pairs; nothing without lines."""
        self.told.setText("<br>".join(escape(line, quote=False) for line in lines))
        self.told.setVisible(bool(lines))

    def show_pair(
        self,
        kappas: Sequence[str],
        table: pd.DataFrame,
        thumbnails: Sequence[Thumbnail],
        differ: str,
    ) -> None:
        """Show one pair.

        Parameters
        ----------
        differ : str
            What is said of the cells of which they differ.
        """
        self.kappas.setText("<br>".join(escape(line, quote=False) for line in kappas))
        self.table.show_frame(table)
        self.differ.setText(differ)
        self.gallery.show_thumbnails(thumbnails)
        for part in (self.kappas, self.differ):
            part.setVisible(True)
        self.gallery.setVisible(bool(thumbnails))
