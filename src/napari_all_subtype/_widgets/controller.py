"""What happens when: between the dock's widgets, the session and the layers."""

from __future__ import annotations

from pathlib import Path

from napari.layers import Image, Labels, Layer
from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import QTimer

from napari_all_subtype._widgets import rerun, words
from napari_all_subtype._widgets.asked import asked_of
from napari_all_subtype._widgets.chosen_model import ChosenModel, by_bundled
from napari_all_subtype._widgets.drawing import Drawing
from napari_all_subtype._widgets.exporter import Exporter
from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.homes import ProjectSmear
from napari_all_subtype._widgets.inputs import fields_of_folder
from napari_all_subtype._widgets.layer_kinds import is_drawn
from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype._widgets.picking import CellPicker
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.shown_slide import locked_slide_of
from napari_all_subtype._widgets.sighting import Sighting
from napari_all_subtype._widgets.state import show_state
from napari_all_subtype._widgets.tally import Tally
from napari_all_subtype.cells import table
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError


class Controller:
    """Connects one dock to the session of its viewer.

    Parameters
    ----------
    dock : AnalyseSmear
        The widgets.
    session : Session
        The state.
    """

    def __init__(self, dock, session: Session):
        self.dock, self.session = dock, session
        self.layers = session.layers
        self.picker = CellPicker(dock.cell, session)
        self.ask = rerun.ask
        self.tally = Tally(dock, session)
        self.sighting = Sighting(session, self.picker, self._reading, self._on_shown)
        self.drawing = Drawing(dock.result, session)
        self.exporter = Exporter(dock, session, self._reading, self.show_state)
        self.chosen_model = ChosenModel(dock.setup, session)
        # Where one word leads on to the next cell, nobody reads about the one before.
        self._cell_timer = QTimer(dock)
        self._cell_timer.setSingleShot(True)
        self._cell_timer.timeout.connect(self._on_cell_reworded)
        self._reworded = 0
        self._restore()
        self._connect()
        self.tally.show()
        self._on_layers_changed()
        self._on_fields_changed()
        self.show_state()

    def _restore(self) -> None:
        """Show what a dock that was closed before has left in the session and the layers."""
        session = self.session
        self.dock.chooser.set_layers(self._layers_of(Image))
        if session.folder is not None:
            self.dock.chooser.set_folder(session.folder.name)
        self.dock.chooser.choose(session.source)
        if session.device:
            self._on_device(session.device)

    def _connect(self) -> None:
        dock = self.dock
        dock.chooser.folder_requested.connect(lambda folder: self.open_folder(Path(folder)))
        dock.chooser.chosen.connect(self._on_chosen)
        dock.chooser.field_clicked.connect(self.session.select)
        dock.run_button.clicked.connect(self._on_run)
        dock.stop_button.clicked.connect(self._on_stop)
        dock.result.scope_changed.connect(self.tally.show)
        for signal, slot in self._session_slots():
            signal.connect(slot)
        for event in self._layer_events():
            event.connect(self._on_layers_changed)

    def _session_slots(self):
        session = self.session
        return (
            (session.fields_changed, self._on_fields_changed),
            (session.field_updated, self._on_field_updated),
            (session.field_selected, self._on_field_selected),
            (session.progressed, self._on_progress),
            (session.started, self._on_started),
            (session.ended, self._on_ended),
            (session.device_changed, self._on_device),
            (session.place_wanted, self.sighting.go_to),
            (session.classes.changed, self.tally.show),
            (session.project_left, self._on_project_left),
            (session.record.worded, self._on_worded),
            (session.record.keeper.smear_opened, self._on_smear_opened),
            (session.record.keeper.trouble, show_warning),
        )

    def _layer_events(self):
        events = self.session.viewer.layers.events
        return events.inserted, events.removed, events.reordered, events.renamed

    def close(self, *_: object) -> None:
        """Let go of everything; the child process ends, results stay."""
        self.drawing.close()
        self.exporter.close()
        self.chosen_model.close()
        self.sighting.close()
        self.tally.stop()
        self._cell_timer.stop()
        self.picker.close()
        for signal, slot in self._session_slots():
            signal.disconnect(slot, missing_ok=True)
        if self.session.viewer is not None:
            for event in self._layer_events():
                event.disconnect(self._on_layers_changed)
        self.session.close()

    # What is chosen

    def _layers_of(self, kind: type[Layer]) -> list[Layer]:
        """Layers of a kind that are not our own."""
        layers = self.session.viewer.layers
        return [one for one in layers if isinstance(one, kind) and not self.layers.owns(one)]

    def _on_layers_changed(self, event: object = None) -> None:
        layers = self._layers_of(Image)
        self.dock.chooser.set_layers(layers)
        self.dock.setup.cells.set_layers(self._layers_of(Labels))
        added = getattr(event, "value", None)
        inserted = getattr(event, "type", "") == "inserted"
        if inserted and added in layers and not self.session.running:
            self.dock.chooser.choose(added)
        self._on_chosen()
        self.session.forget_all_but([*layers, self.session.folder])

    def _on_chosen(self) -> None:
        """Have list and result follow the choice; those of a run stay until its end."""
        session, chosen = self.session, self.dock.chooser.current()
        if chosen is not None and not session.running:
            layer = chosen if isinstance(chosen, Image) else None
            source = layer or session.folder
            if source is not None and source is not session.source:
                self.dock.stage.clear()
                fields = [SmearField(layer.name, layer=layer)] if layer else []
                session.open(source, fields, layer.name if layer else source.name)
        self.show_state()

    def open_folder(self, folder: Path) -> None:
        """Make the images in `folder` the fields of the smear, and show the first."""
        try:
            fields = fields_of_folder(folder)
        except AllSubtypeError as error:
            show_error(str(error))
            return
        self.session.folder = folder
        self.session.forget_all_but(self._layers_of(Image))
        self.session.open(folder, fields, folder.name)
        self.dock.chooser.set_folder(folder.name)
        self.show_state()

    def _on_smear_opened(self, smear: ProjectSmear, fields: list[SmearField]) -> None:
        """A slide of the project is to be seen."""
        self.session.folder = smear
        self.session.forget_all_but(self._layers_of(Image))
        self.session.open(smear, fields, smear.name)
        self.dock.chooser.set_folder(smear.name)
        self.show_state()

    def _on_project_left(self) -> None:
        """Another project is opened: smears of the one before can be chosen no longer."""
        self.dock.chooser.drop_folder()
        self.show_state()

    # Running

    def _on_run(self) -> None:
        try:
            setup, step = self.dock.setup, self.session.viewer.dims.current_step
            parameters, chosen = setup.parameters(), self.dock.chooser.current()
            asked = asked_of(
                chosen, self.session.folder, setup.cells.layer, step, self.session.fields
            )
        except AllSubtypeError as error:
            show_error(str(error))
            return
        locked = locked_slide_of(self.session)
        loss = rerun.LOCKED if locked else rerun.loss_of(self.session.fields)
        if loss and not self.ask(self.dock, loss):
            return
        paths = [field.path for field in asked.fields]
        if paths != [field.path for field in self.session.fields] or None in paths:
            self.session.set_fields(asked.fields, asked.smear)
        self.session.run(parameters, asked.pixels, asked.pixel_sizes, asked.masks, locked)
        # Also takes the last result off the image.
        self.session.select(max(self.session.selected, 0))

    def _on_started(self) -> None:
        self._on_progress(0, "Starting…")
        self.show_state()

    def _on_stop(self) -> None:
        self.dock.stop_button.setEnabled(False)
        self.dock.stage.setText("Stopping…")
        self.session.stop()

    def _on_progress(self, percent: int, text: str) -> None:
        self.dock.progress.setValue(percent)
        self.dock.stage.setText(text)

    def _on_device(self, device: str) -> None:
        model = self.session.model
        self.dock.tell_device(f"{device}, {model.split(',')[0]}", f"Model: {model}")

    def _on_ended(self, ended: Ended) -> None:
        failed = [field for field in self.session.fields if field.error]
        self.session.failure = ended.message
        if ended.message:
            show_error(ended.message)
        elif len(failed) == 1:
            show_error(f"{failed[0].name}: {failed[0].error}")
        elif failed:
            show_warning(
                f"{len(failed)} of {len(self.session.fields)} fields could not be analysed: "
                "point at their lines in the list to read why."
            )
        done = sum(field.result is not None for field in self.session.fields)
        other = self.session.classes.follow_project()
        told = words.end_text(ended, done, len(self.session.fields))
        drawn = any(is_drawn(one.layer) and by_bundled(one.result) for one in self.session.fields)
        notes = [told, words.FOUND_ONLY if other else "", words.DRAWN if drawn else ""]
        self.dock.stage.setText(" ".join(filter(None, notes)))
        if done:
            self.dock.setup.cells.hide_layer()
        self._on_chosen()
        self.session.record.keeper.keep_results()
        self.dock.progress.setValue(0 if ended.stopped or ended.message else 100)

    # Showing

    def _on_fields_changed(self) -> None:
        told = [self._told(field) for field in self.session.fields]
        lines, tips = [line for line, _ in told], [tip for _, tip in told]
        self.dock.chooser.show_fields(lines, tips, self.session.selected)
        self.tally.show()

    def _on_field_updated(self, n: int) -> None:
        if n == self.session.selected:
            self._on_field_selected(n)
        self.show_counts(n)
        self.show_state()

    def show_counts(self, n: int) -> None:
        """Write how many cells field number `n`, and the smear, have now."""
        self.dock.chooser.show_field(n, *self._told(self.session.fields[n]))
        self.tally.show()

    def _told(self, field: SmearField) -> tuple[str, str]:
        count = len(table.present(field.result.analysis.cells)) if field.result else None
        return words.field_line(field.name, count, field.error), field.error or field.name

    def _on_field_selected(self, n: int) -> None:
        self.sighting.show(n)
        self.show_state()

    def _on_shown(self) -> None:
        """The field is in sight with all its cells."""
        self.tally.show()

    def _reading(self) -> ReadingParameters:
        return self.dock.setup.parameters().reading

    def _on_worded(self, n: int, labels: tuple[int, ...]) -> None:
        """People call cells of field `n` something else now."""
        result = self.session.result(n)
        view = self.layers.view
        if n == self.session.selected and view is not None and view.key is result.labels:
            self.layers.show_words(result.analysis.cells, labels)
            if self.picker.shown in labels:
                self._reworded = self.picker.shown
                self._cell_timer.start(0)
        self.tally.show_soon()

    def _on_cell_reworded(self) -> None:
        if self.picker.shown == self._reworded:
            self.picker.refresh()

    def show_state(self) -> None:
        """Enable what can be done now."""
        show_state(self.dock, self.session)
