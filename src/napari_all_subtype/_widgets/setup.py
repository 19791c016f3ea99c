"""How it is analysed: model, instrument, and the parameters that matter."""

from __future__ import annotations

from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.cells_chooser import CellsChooser
from napari_all_subtype._widgets.folded import FoldedForms
from napari_all_subtype._widgets.form import ParameterForm, all_names, field_of, with_values
from napari_all_subtype.cells.profiles import list_profiles
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.taxonomy import FAB5, Taxonomy

MAIN = (
    "scale.pixel_size_um",
    "segmentation.sensitivity",
    "decision.blast_threshold",
    "decision.subtype_threshold",
)
OWN_WIDGETS = ("model.model", "scale.profile", "finding.segmenter")
NO_PROFILE, NEW_PROFILE = "No profile", "New profile…"
BUNDLED = "bundled"
TIGHT_PX = 3


class SetupPanel(QWidget):
    """Chooses an :class:`AnalysisParameters`."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.defaults = AnalysisParameters()
        self._build()
        self.profile.activated.connect(self._on_profile)
        self.model_button.clicked.connect(self._on_model_button)

    def _build(self) -> None:
        self.model = _narrow_combo("model.model", self.defaults)
        self.model.addItem("Bundled model", BUNDLED)
        self.model_button = QPushButton("Other…")
        self.model_button.setToolTip("Choose the folder of another model.")
        models = QHBoxLayout()
        models.addWidget(self.model, 1)
        models.addWidget(self.model_button)
        self.cells, self.beside_cells = CellsChooser(), QHBoxLayout()
        self.beside_cells.addWidget(self.cells, 1)
        self.profile = _narrow_combo("scale.profile", self.defaults)
        self._fill_profiles(None)
        top = QFormLayout()
        top.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        # What is below must be in sight on a small screen, too.
        top.setVerticalSpacing(TIGHT_PX)
        top.addRow("Model", models)
        top.addRow("Cells", self.beside_cells)
        top.addRow("Instrument", self.profile)
        self.main = ParameterForm(self.defaults, MAIN, compact=True)
        others = [n for n in all_names(self.defaults) if n not in (*MAIN, *OWN_WIDGETS)]
        self.more = ParameterForm(self.defaults, others, folded=True)
        self.collapsible = FoldedForms("More", [self.more])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(TIGHT_PX)
        layout.addLayout(top)
        layout.addWidget(self.main)
        layout.addWidget(self.collapsible)

    def parameters(self) -> AnalysisParameters:
        """All that is chosen.

        Raises
        ------
        ParameterError, PixelSizeError
            If a value is out of its bounds.
        """
        chosen = {
            "model.model": self.model.currentData(),
            "scale.profile": self.chosen_profile,
            "finding.segmenter": self.cells.segmenter,
        }
        return with_values(self.defaults, {**self.more.values(), **self.main.values(), **chosen})

    @property
    def chosen_profile(self) -> str | None:
        """Name of the chosen instrument profile, None without one."""
        return self.profile.currentData()

    def _fill_profiles(self, chosen: str | None) -> None:
        self.profile.clear()
        self.profile.addItem(NO_PROFILE, None)
        for name in list_profiles():
            self.profile.addItem(name, name)
        self.profile.addItem(NEW_PROFILE, None)
        self.profile.setCurrentIndex(self.profile.findData(chosen) if chosen else 0)
        self._chosen = chosen

    def _on_profile(self, index: int) -> None:
        from napari_all_subtype._widgets.profile_dialog import ProfileDialog

        if self.profile.itemText(index) == NEW_PROFILE and index == self.profile.count() - 1:
            dialog = ProfileDialog(self)
            accepted = dialog.exec() == QDialog.DialogCode.Accepted
            self._fill_profiles(dialog.saved if accepted else self._chosen)
            dialog.deleteLater()
        self._chosen = self.chosen_profile
        pixel_size = self.main.editor("scale.pixel_size_um")
        if self._chosen:
            # An entered size would overrule the profile that was just chosen.
            self.main.set_value("scale.pixel_size_um", None)
        pixel_size.setEnabled(self._chosen is None)

    def show_classes(self, taxonomy: Taxonomy) -> None:
        """Leave out what has no meaning where the chosen model tells these classes apart."""
        without = [] if taxonomy.meanings == FAB5.meanings else ["fab.", "smear_score."]
        if not taxonomy.has_sides:
            without.append("decision.blast_threshold")
        if not any(map(taxonomy.children, taxonomy.names)):
            without.append("decision.subtype_threshold")
        for form in (self.main, self.more):
            form.hide_all([name for name in form.names if name.startswith(tuple(without))])

    def _on_model_button(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of a model")
        if folder:
            self.add_model(folder)

    def add_model(self, folder: str) -> None:
        """Offer and choose the model in `folder`, shown by the folder's own name."""
        index = self.model.findData(folder)
        if index < 0:
            index = self.model.count()
            self.model.addItem(folder.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1], folder)
        self.model.setCurrentIndex(index)


def _narrow_combo(name: str, defaults: AnalysisParameters) -> QComboBox:
    combo = QComboBox()
    combo.setToolTip(field_of(defaults, name)[0].description)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(10)
    return combo
