"""What happens when in the dock *Train*: between its parts, the project and the child process."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

from qtpy.QtWidgets import QFileDialog

from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype._widgets.review.later import Later
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype._widgets.train import looking
from napari_all_subtype._widgets.train.child import CURVES
from napari_all_subtype._widgets.train.orders import (
    Control,
    Figures,
    Order,
    Picture,
    Release,
    Released,
    Train,
    Trained,
)
from napari_all_subtype._widgets.train.release_dialog import ReleaseDialog
from napari_all_subtype._widgets.train.set_panel import LOOKING, NO_PROJECT
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.progress import Progress, TrainingProgress
from napari_all_subtype.project.models import models_of
from napari_all_subtype.project.rounds import running_model
from napari_all_subtype.workflow.models import KnownModel
from napari_all_subtype.workflow.training_survey import TrainingSurvey

MINE = (Train, Control, Release)
BUSY = "Self-training or feedback goes on; see the dock Self-training."
STOPPING = "Stopping: the best weights so far are measured and kept…"
INTERRUPTED = (
    "A training was interrupted. With the same cells and settings, <b>Train</b> goes on from its "
    "last pass."
)


class Trainer:
    """Connects one dock *Train* to the session of its viewer.

    Parameters
    ----------
    dock : TrainModel
        The widgets.
    session : Session
        The state.
    """

    def __init__(self, dock, session: Session):
        self.dock, self.session = dock, session
        self.record, self.learning = session.record, session.learning
        self.survey: TrainingSurvey | None = None
        self.measured_on: dict[str, Path] = {}
        self._closed = self._looking = self._again = False
        self._resumed = False
        self._until = looking.Until()
        self.later = Later(self.look, dock)
        self.record.join(self)
        self.learning.join(self)
        self._connect()
        self._on_project()

    def _connect(self) -> None:
        dock = self.dock
        dock.set.open_wanted.connect(self._on_open)
        dock.setup.changed.connect(self.later.ask)
        dock.setup.preview_wanted.connect(self.preview)
        dock.footer.start_button.clicked.connect(self.train)
        dock.footer.stop_button.clicked.connect(self._on_stop)
        dock.models.use_wanted.connect(self._on_use)
        dock.models.release_wanted.connect(self.ask_release)
        for signal, slot in self._slots():
            signal.connect(slot)

    def _slots(self):
        record, learning = self.record, self.learning
        return (
            (record.opened, self._on_project),
            (record.worded, self.later.ask),
            (record.taken_back, self.later.ask),
            (record.keeper.kept, self.later.ask),
            (learning.started, self._on_started),
            (learning.progressed, self._on_progress),
            (learning.reported, self._on_report),
            (learning.ended, self._on_ended),
            (learning.changed, self._on_changed),
        )

    def close(self, *_: object) -> None:
        """Listen no more; the work ends when no dock shows it."""
        self._closed = True
        self._until.stop()
        self.later.stop()
        for signal, slot in self._slots():
            signal.disconnect(slot, missing_ok=True)
        self.learning.leave(self)
        self.record.leave(self)

    # The project

    def _on_open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.dock, "Folder of the project")
        if folder:
            self.open(Path(folder))

    def open(self, folder: Path) -> None:
        """Open the project in `folder`; say why where it cannot be."""
        try:
            self.record.open(folder)
        except AllSubtypeError as error:
            self.dock.footer.say(f"⚠ {escape(str(error))}")

    def _on_project(self) -> None:
        """Another project is open, or none."""
        self.survey = None
        self.dock.result.clear()
        self.dock.curves.show_png(b"")
        self.dock.setup.preview.show_views(looking.NO_VIEWS)
        if self.record.database is None:
            self.dock.set.show_nothing(NO_PROJECT)
        else:
            self.dock.set.show_nothing(LOOKING, can_open=False)
            interrupted = looking.has_checkpoint(self.record.database.folder)
            self.dock.footer.say(INTERRUPTED if interrupted else "")
        self.look()
        self._on_changed()

    def look(self) -> None:
        """Look, in a thread, at what there is to learn from; once more if it changed meanwhile."""
        self._again = self._looking
        if self._looking or self.record.database is None or self._closed:
            return
        try:
            choices = self.dock.setup.choices()
        except AllSubtypeError as error:
            self.dock.footer.say(f"⚠ {escape(str(error))}")
            return
        self._looking = True
        folder = self.record.database.folder
        then = partial(self._on_survey, folder)
        in_thread(looking.survey, folder, choices, self._until, then=then)

    def _on_survey(self, folder: Path, found: TrainingSurvey | AllSubtypeError) -> None:
        self._looking = False
        if self._closed:
            return
        if self.record.database is None or self.record.database.folder != folder:
            self.look()
            return
        if isinstance(found, AllSubtypeError):
            self.survey = None
            self.dock.set.show_nothing(f"⚠ {escape(str(found))}", can_open=False)
        else:
            self.survey = found
            self.dock.set.show_survey(folder.name, found)
        self.show_state()
        if self._again:
            self.look()

    def preview(self) -> None:
        """Show, from a thread, what training will see."""
        if self.survey is None:
            return
        try:
            choices = self.dock.setup.choices()
        except AllSubtypeError as error:
            self.dock.footer.say(f"⚠ {escape(str(error))}")
            return

        def show(views: object) -> None:
            if not self._closed and not isinstance(views, AllSubtypeError):
                self.dock.setup.preview.show_views(views)

        in_thread(looking.views, self.survey, choices, then=show)

    # Training

    @property
    def able(self) -> bool:
        """Whether a training could begin."""
        return self.record.writable and self.survey is not None and not self.survey.refused

    def train(self) -> None:
        """Begin a training in the child process."""
        try:
            order = Train(self.record.opened_database().folder, self.dock.setup.choices())
        except AllSubtypeError as error:
            self.dock.footer.say(f"⚠ {escape(str(error))}")
            return
        self.dock.result.clear()
        self.dock.curves.show_png(b"")
        self.learning.run(order)

    def _on_stop(self) -> None:
        self.learning.stop()
        if self.learning.running:
            self.dock.footer.say(STOPPING)
        self.show_state()

    def _on_started(self, order: Order) -> None:
        self._resumed = False
        if isinstance(order, MINE):
            self.dock.footer.show_start()
        self.show_state()

    @property
    def _mine(self) -> bool:
        return isinstance(self.learning.order, MINE)

    def _on_progress(self, progress: Progress) -> None:
        if not self._mine or self.learning.stopping:
            return
        if isinstance(progress, TrainingProgress) and not self._resumed:
            self._resumed = True
            self._before = "Goes on where it was. " if progress.epoch > 1 else ""
        before = self._before if isinstance(progress, TrainingProgress) else ""
        self.dock.footer.show_progress(progress, before)

    def _on_report(self, message: object) -> None:
        if not self._mine:
            return
        match message:
            case Picture(name, png) if name == CURVES:
                self.dock.curves.show_png(png)
            case Picture():
                self.dock.result.show_picture(message)
            case Trained():
                self._told = _trained_text(message)
                self._wanted = message.model_id
            case Figures():
                self.dock.result.show_figures(message)
                if isinstance(self.learning.order, Control):
                    self.measured_on[message.model_id] = self.learning.order.table
                    self._told = "Measured on the control set. <b>Release…</b> releases it."
            case Released(model_id, by):
                self._told = f"<b>{escape(model_id)}</b> is released by {escape(by)}."

    _told, _wanted, _before = "", "", ""

    def _on_ended(self, ended: Ended) -> None:
        if self._mine:
            told, self._told = self._told, ""
            if ended.message:
                told = f"⚠ {escape(ended.message)}"
            self.dock.footer.say(told or ("Stopped." if ended.stopped else ""))
        self.show_state()

    # Models

    def _on_changed(self) -> None:
        """Models of the project are others now."""
        database = self.record.database
        folder = None if database is None else database.folder
        in_thread(looking.models, folder, then=partial(self._on_models, folder))
        self.later.ask()
        self.show_state()

    def _on_models(self, folder: Path | None, known: object) -> None:
        database = self.record.database
        here = None if database is None else database.folder
        if self._closed or here != folder or isinstance(known, AllSubtypeError):
            return
        states, running = {}, None
        if database is not None:
            states = {one.model_id: one.kind for one in models_of(database)}
            running = running_model(database)
        self.dock.models.show_models(known, states, "" if running is None else running.model_id)
        if self._wanted:
            self.dock.models.choose(self._wanted)
            self._wanted = ""

    def _on_use(self, model: KnownModel) -> None:
        self.session.use_model(str(model.folder))
        self.dock.footer.say(f"Analyses are made with <b>{escape(model.id)}</b> from now on.")

    def ask_release(self, model: KnownModel) -> None:
        """Ask for a name and a control set; measure the model on it, or release it."""
        reader = "" if self.record.reader is None else self.record.reader.name
        dialog = ReleaseDialog(model.id, reader, self.measured_on.get(model.id), self.dock)
        if dialog.exec():
            self.release(model.id, dialog.chosen_table, dialog.name.text(), dialog.release_wanted)
        dialog.deleteLater()

    def release(self, model_id: str, table: Path, by: str, measured: bool) -> None:
        """Measure a model on the control set `table`; or, if that was seen, release it."""
        folder = self.record.opened_database().folder
        if measured:
            self.learning.run(Release(folder, model_id, table, by.strip()))
        else:
            self.dock.result.clear()
            self.learning.run(Control(folder, model_id, table))

    def show_state(self) -> None:
        """Enable what can be done now, and say why nothing can."""
        running = self.learning.running
        footer, database = self.dock.footer, self.record.database
        footer.show_state(self.able, running, self.learning.stopping)
        self.dock.models.show_state(self.record.writable and not running)
        self.dock.setup.setEnabled(not running)
        if running and not self._mine:
            footer.bar.hide()
            footer.stop_button.setEnabled(False)
            footer.say(BUSY)
        elif not running and footer.told.text() == BUSY:
            footer.say("")
        if database is not None and database.read_only and not running:
            footer.say(f"⚠ Nothing can be learned in this project: {escape(database.read_only)}")


def _trained_text(made: Trained) -> str:
    lines = [f"<b>{escape(made.model_id)}</b> is trained: a <b>draft</b> until it is released."]
    if made.stopped:
        lines.append("It was stopped: the best weights so far were kept.")
    return "<br>".join(lines)
