"""The group *Result*: what a model is worth on cells that nothing was learned from."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QGroupBox, QLabel, QVBoxLayout, QWidget

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.frame_table import FrameTable
from napari_all_subtype._widgets.thumbnails import Thumbnail
from napari_all_subtype._widgets.train.crop_gallery import CropGallery
from napari_all_subtype._widgets.train.orders import Figures, Picture
from napari_all_subtype._widgets.train.png import Png
from napari_all_subtype.amounts import amount
from napari_all_subtype.taxonomy import class_of

if TYPE_CHECKING:
    import pandas as pd

CONFUSION, RELIABILITY = "confusion", "reliability"


class ResultPanel(QGroupBox):
    """Figures, pictures and the cells that were called otherwise."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Result", parent)
        self.told = paragraph()
        self.table = FrameTable("Precision, recall and F1 of each class")
        self.pictures = {
            CONFUSION: Png("Confusion matrix: people's words against the model's"),
            RELIABILITY: Png("Reliability: how often each confidence was right"),
        }
        self.wrong_title = QLabel()
        self.wrong_title.setWordWrap(True)
        self.wrong = CropGallery("Cells called otherwise than people called them")
        layout = QVBoxLayout(self)
        for part in (self.told, self.table, *self.pictures.values(), self.wrong_title, self.wrong):
            layout.addWidget(part)
        self.hide()

    def clear(self) -> None:
        """Show nothing: other figures are on their way."""
        for one in self.pictures.values():
            one.show_png(b"")
        self.hide()

    def show_picture(self, picture: Picture) -> None:
        """Have a figure that was drawn, if it belongs here."""
        if picture.name in self.pictures:
            self.pictures[picture.name].show_png(picture.png)

    def show_figures(self, figures: Figures) -> None:
        """Have the figures of a model."""
        lines = [f"<b>{escape(figures.model_id)}</b> on {escape(figures.on)}"]
        self.told.setText("<br>".join([*lines, *map(escape, figures.lines)]))
        self.table.show_frame(_per_class(figures))
        taxonomy = figures.taxonomy
        order = {one.name: k for k, one in enumerate(taxonomy.classes)}
        wrong = sorted(figures.wrong, key=lambda one: order.get(one.word, len(order)))
        self.wrong.show_crops(
            [
                Thumbnail(
                    n,
                    class_of(taxonomy, one.word),
                    f"→ {class_of(taxonomy, one.said).letter} {one.confidence:.2f}",
                    tip=f"A person: {class_of(taxonomy, one.word).title}. The model: "
                    f"{class_of(taxonomy, one.said).title}, confidence {one.confidence:.2f}.",
                )
                for n, one in enumerate(wrong)
            ],
            [one.crop for one in wrong],
        )
        n = len(wrong)
        self.wrong_title.setText(
            f"{amount(n, 'cell')} called otherwise than people called them, the surest first:"
            if n
            else "No cell was called otherwise than people called it."
        )
        self.show()


def _per_class(figures: Figures) -> pd.DataFrame:
    """Precision, recall and F1 with their intervals, a row per class with its number of cells."""
    import pandas as pd

    rows = figures.per_class
    told = pd.DataFrame(index=rows.index)
    for name, title in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1")):
        told[title] = [
            _value(value, low, high)
            for value, low, high in zip(
                rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True
            )
        ]
    # No column for the number of cells: all three figures are in sight then.
    pairs = zip(rows["class"], rows["cells"], strict=True)
    told.index = [f"{class_of(figures.taxonomy, name).title} ({n})" for name, n in pairs]
    return told


def _value(value: float, low: float | None, high: float | None) -> str:
    import pandas as pd

    if low is None or high is None or pd.isna(low):
        return f"{value:.2f}"
    return f"{value:.2f}\n{low:.2f}–{high:.2f}"
