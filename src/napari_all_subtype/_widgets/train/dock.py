"""The dock *Train*: its parts, and nothing of what they do."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from napari_all_subtype._widgets.session import session_of
from napari_all_subtype._widgets.train.curves_panel import CurvesPanel
from napari_all_subtype._widgets.train.footer import Footer
from napari_all_subtype._widgets.train.learning_dock import lay_out
from napari_all_subtype._widgets.train.models_panel import ModelsPanel
from napari_all_subtype._widgets.train.result_panel import ResultPanel
from napari_all_subtype._widgets.train.set_panel import SetPanel
from napari_all_subtype._widgets.train.setup_panel import SetupPanel
from napari_all_subtype._widgets.train.trainer import Trainer

START_TIP = (
    "Train a model on the cells that readers named, in a process of its own: go on reading "
    "meanwhile. The model that runs is replaced only when the new one is complete."
)


class TrainModel(QWidget):
    """Teach a model the stain and the words of one's own laboratory.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer, or the proxy of it that napari hands to a plugin.
    """

    def __init__(self, napari_viewer, parent: QWidget | None = None):
        super().__init__(parent)
        self._build()
        self.trainer = Trainer(self, session_of(napari_viewer))
        # Bound to it, not to this widget, which is gone by then.
        self.destroyed.connect(self.trainer.close)

    def _build(self) -> None:
        self.set, self.setup, self.models = SetPanel(), SetupPanel(), ModelsPanel()
        self.curves = CurvesPanel("Training", "Loss, and figures on the validation cells, by pass")
        self.result = ResultPanel()
        self.footer = Footer("Train", START_TIP)
        parts = (self.set, self.setup, self.curves, self.result, self.models)
        self.scroll = lay_out(self, parts, self.footer)
