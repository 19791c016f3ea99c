"""The group *Training*: curves as they grow."""

from __future__ import annotations

from qtpy.QtWidgets import QGroupBox, QVBoxLayout, QWidget

from napari_all_subtype._widgets.train.png import Png


class CurvesPanel(QGroupBox):
    """Shows drawn curves, and is hidden while there are none.

    Parameters
    ----------
    title : str
    name : str
        What the curves are, for the tooltip and for screen readers.
    """

    def __init__(self, title: str, name: str, parent: QWidget | None = None):
        super().__init__(title, parent)
        self.curves = Png(name)
        QVBoxLayout(self).addWidget(self.curves)
        self.hide()

    def show_png(self, png: bytes) -> None:
        """Have other curves; empty bytes hide them."""
        self.curves.show_png(png)
        self.setVisible(bool(png))
