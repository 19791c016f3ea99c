"""What happens when in the dock *Train*: between its parts, the project and the child process."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

from qtpy.QtWidgets import QFileDialog

from napari_all_subtype._widgets.review.later import Later
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype._widgets.train import looking
from napari_all_subtype._widgets.train.child import CURVES
from napari_all_subtype._widgets.train.foreman import Foreman
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
from napari_all_subtype._widgets.train.releaser import Releaser
from napari_all_subtype._widgets.train.set_panel import LOOKING, NO_PROJECT
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.progress import Progress, TrainingProgress
from napari_all_subtype.project.models import models_of
from napari_all_subtype.project.rounds import running_model
from napari_all_subtype.workflow.models import KnownModel
from napari_all_subtype.workflow.training_survey import TrainingSurvey

MINE = (Train, Control, Release)
BUSY = "Self-training or feedback goes on; see the dock Self-training."
STOPPING = "Stopping: the weights that count so far are measured and kept…"
INTERRUPTED = (
    "A training was interrupted. With the same cells and settings, <b>Train</b> goes on from its "
    "last pass."
)


class Trainer(Foreman):
    """Connects one dock *Train* to the session of its viewer.

    Parameters
    ----------
    dock : TrainModel
        The widgets.
    session : Session
        The state.
    """

    orders, busy, stopping, picture = MINE, BUSY, STOPPING, CURVES

    def __init__(self, dock, session: Session):
        super().__init__(dock, session)
        self.survey: TrainingSurvey | None = None
        self._looking = self._again = self._resumed = False
        self._wanted = self._before = ""
        self._until = looking.Until()
        self.later = Later(self.look, dock)
        self.releaser = Releaser(dock, self.record, self.learning)
        self._join()
        self._connect()
        self._on_project()

    def _connect(self) -> None:
        dock = self.dock
        dock.set.open_wanted.connect(self._on_open)
        dock.setup.changed.connect(self.later.ask)
        dock.setup.preview_wanted.connect(self.preview)
        dock.models.use_wanted.connect(self._on_use)

    def _slots(self):
        record = self.record
        return (
            *super()._slots(),
            (record.worded, self.later.ask),
            (record.taken_back, self.later.ask),
            (record.keeper.kept, self.later.ask),
        )

    def close(self, *_: object) -> None:
        """Listen no more; the work ends when no dock shows it."""
        self._until.stop()
        self.later.stop()
        super().close()

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
            self._say_error(error)

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
            self._say_error(error)
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
            self._say_error(error)
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

    def start(self) -> None:
        """Begin a training in the child process."""
        if self._run(
            lambda: Train(self.record.opened_database().folder, self.dock.setup.choices())
        ):
            self.dock.result.clear()
            self.dock.curves.show_png(b"")

    def _on_started(self, order: Order) -> None:
        self._resumed = False
        super()._on_started(order)

    def _words_before(self, progress: Progress) -> str:
        if not isinstance(progress, TrainingProgress):
            return ""
        if not self._resumed:
            self._resumed = True
            self._before = "Goes on where it was. " if progress.epoch > 1 else ""
        return self._before

    def _hear(self, message: object) -> None:
        match message:
            case Picture():
                self.dock.result.show_picture(message)
            case Trained():
                self._told = _trained_text(message)
                self._wanted = message.model_id
            case Figures():
                self.dock.result.show_figures(message)
                self.dock.scroll.reveal(self.dock.result)
                self._told = self.releaser.told(message) or self._told
            case Released():
                self._told = self.releaser.told(message)

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

    def show_state(self) -> None:
        """Enable what can be done now, and say why nothing can."""
        running, database = self.learning.running, self.record.database
        self._show_footer(self.able)
        self.dock.models.show_state(self.record.writable and not running)
        self.dock.setup.setEnabled(not running)
        if database is not None and database.read_only and not running:
            why = escape(database.read_only)
            self.dock.footer.say(f"⚠ Nothing can be learned in this project: {why}")


def _trained_text(made: Trained) -> str:
    lines = [f"<b>{escape(made.model_id)}</b> is trained: a <b>draft</b> until it is released."]
    if made.stopped:
        last = made.counts_pass == "last"
        kept = "the best pass so far was kept"
        if last:
            kept = "the last pass was kept, since few cells validate"
        lines.append(f"It was stopped: {kept}.")
    return "<br>".join(lines)
