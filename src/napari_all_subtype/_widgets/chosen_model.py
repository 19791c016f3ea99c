"""The model that is chosen for the next analysis, and what of the form has a meaning with it."""

from __future__ import annotations

from pathlib import Path

from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.setup import BUNDLED, SetupPanel
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.taxonomy import FAB5, Taxonomy


def classes_of(model: str) -> Taxonomy:
    """Classes that a model tells apart, by its card; of one that is damaged its run will tell."""
    from napari_all_subtype.model.card import read_card

    try:
        return FAB5 if model == BUNDLED else read_card(Path(model)).classes
    except (AllSubtypeError, OSError):
        return FAB5


def by_bundled(result: PackedAnalysis | None) -> bool:
    """Whether `result` has what the model that comes with the program says of its cells."""
    if result is None or result.analysis.model == FOUND_ONLY:
        return False
    return result.analysis.parameters.model.model == BUNDLED


class ChosenModel:
    """Has the form follow the model that is chosen in it, or elsewhere in the viewer.

    Parameters
    ----------
    setup : SetupPanel
    session : Session
    """

    def __init__(self, setup: SetupPanel, session: Session):
        self.setup, self.session = setup, session
        self._closed = False
        setup.model.currentIndexChanged.connect(self._on_chosen)
        session.model_wanted.connect(setup.add_model)
        if session.wanted_model:
            setup.add_model(session.wanted_model)

    def close(self) -> None:
        """Listen no more."""
        self._closed = True
        self.session.model_wanted.disconnect(self.setup.add_model, missing_ok=True)

    def _on_chosen(self, *_: object) -> None:
        model = self.setup.model.currentData()

        def show(classes: Taxonomy) -> None:
            if not self._closed and self.setup.model.currentData() == model:
                self.setup.show_classes(classes)

        in_thread(classes_of, model, then=show)
