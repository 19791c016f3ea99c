"""How cells are drawn: by what they are coloured, how strongly, and whether guesses are shown."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget
from superqt import QLabeledDoubleSlider

from napari_all_subtype._widgets import words
from napari_all_subtype._widgets.codes import FILL_OPACITY
from napari_all_subtype._widgets.look import Look
from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.scale_legend import ScaleLegend
from napari_all_subtype.workflow.colour_values import CLASS, DISAGREEMENT, QUANTITIES


class LookPanel(QWidget):
    """The controls of a :class:`Look`, but for the classes that the legend hides.

    Signals
    -------
    changed : dict
        Fields of the look and what they are now.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._build()
        self._connect()
        self._tell()

    def _build(self) -> None:
        self.colour_by = QComboBox()
        self.colour_by.addItem("Class", CLASS)
        for quantity in QUANTITIES.values():
            self.colour_by.addItem(quantity.title, quantity.name)
        self.colour_by.setAccessibleName("Colour by")
        self.colour_by.setToolTip(
            "What the colour of a cell says: its class, or a value from low (blue) to "
            "high (yellow). The legend above shows and hides classes in either case."
        )
        self.scale = ScaleLegend()
        self.opacity = _slider(
            "Fill opacity", FILL_OPACITY, "Opacity of the fill; the rings stay opaque."
        )
        self.confidence = _slider(
            "Minimum confidence", 0.0, "Cells below this confidence are drawn hollow."
        )
        self.letters = QCheckBox("Letters on the cells")
        self.letters.setToolTip("Write each cell's class on it, so that colour is not needed.")
        self.letters.setChecked(True)
        self.best_guess = QCheckBox("Best guess")
        self.best_guess.setToolTip(
            "Draw each blast without an accepted subtype as the one that scores highest, hatched "
            "and with a question mark. Counts and files keep the accepted classes."
        )
        self.banner = paragraph(words.BEST_GUESS)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Colour by", self.colour_by)
        form.addRow(self.scale)
        form.addRow("Fill opacity", self.opacity)
        form.addRow("Min confidence", self.confidence)
        form.addRow("", self.letters)
        form.addRow("", self.best_guess)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.banner)

    def _connect(self) -> None:
        self.colour_by.currentIndexChanged.connect(self._on_colour_by)
        self.opacity.valueChanged.connect(lambda v: self.changed.emit({"fill_opacity": v}))
        self.confidence.valueChanged.connect(lambda v: self.changed.emit({"min_confidence": v}))
        self.letters.toggled.connect(lambda on: self.changed.emit({"letters": on}))
        self.best_guess.toggled.connect(self._on_best_guess)

    def show_fab(self, on: bool) -> None:
        """Offer what there is only of L1, L2 and L3, or leave it out."""
        self.best_guess.setVisible(on)
        at = self.colour_by.findData(DISAGREEMENT.name)
        with QSignalBlocker(self.colour_by):
            if on and at < 0:
                self.colour_by.addItem(DISAGREEMENT.title, DISAGREEMENT.name)
            elif not on and at >= 0:
                self.colour_by.removeItem(at)
        self._tell()

    def show_look(self, look: Look) -> None:
        """Have the controls say what `look` is."""
        with QSignalBlocker(self):
            self.colour_by.setCurrentIndex(self.colour_by.findData(look.colour_by))
            self.opacity.setValue(look.fill_opacity)
            self.confidence.setValue(look.min_confidence)
            self.letters.setChecked(look.letters)
            self.best_guess.setChecked(look.best_guess)
        self._tell()

    def _on_colour_by(self, _index: int) -> None:
        self._tell()
        self.changed.emit({"colour_by": self.colour_by.currentData()})

    def _on_best_guess(self, on: bool) -> None:
        self._tell()
        self.changed.emit({"best_guess": on})

    def _tell(self) -> None:
        self.scale.show_quantity(QUANTITIES.get(self.colour_by.currentData()))
        self.banner.setVisible(self.best_guess.isChecked())


def _slider(title: str, value: float, tip: str) -> QLabeledDoubleSlider:
    slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
    slider.setRange(0.0, 1.0)
    slider.setDecimals(2)
    slider.setSingleStep(0.05)
    slider.setValue(value)
    for part in (slider, *slider.findChildren(QWidget)):
        part.setToolTip(tip)
        part.setAccessibleName(title)
    return slider
