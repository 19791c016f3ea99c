"""What happens when in the dock *Self-training*: between its parts, the project and the process."""

from __future__ import annotations

from functools import partial
from html import escape

from napari_all_subtype._widgets.self_training.naming import Naming
from napari_all_subtype._widgets.self_training.queue_reader import QueueReader
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype._widgets.train import looking
from napari_all_subtype._widgets.train.foreman import Foreman
from napari_all_subtype._widgets.train.orders import (
    DrawRounds,
    FedBack,
    GiveFeedback,
    Order,
    Proposed,
    RoundMade,
    SelfTrain,
    SelfTrained,
)
from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.progress import Progress
from napari_all_subtype.project.rounds import ACCEPTED, Round, decide_round, running_model
from napari_all_subtype.workflow.preferences import Preferences
from napari_all_subtype.workflow.run_words import runs_after

MINE = (GiveFeedback, SelfTrain, DrawRounds)
NO_PROJECT = (
    "Cells that nobody has named can teach a model, once readers have named some in a "
    "<b>project</b>. Open one in the dock Train or Review."
)
NO_MODEL = "The project has no model yet: train one in the dock Train before its doubt is judged."
BUSY = "A training goes on; see the dock Train."
ROUND_CURVES = "rounds"
ROUNDS = "rounds of self-training"
MOST_OF_A_CLASS = 120


class Conductor(Foreman):
    """Connects one dock *Self-training* to the session of its viewer.

    Parameters
    ----------
    dock : SelfTraining
        The widgets.
    session : Session
        The state.
    """

    orders, busy, stopping, picture = MINE, BUSY, "Stopping…", ROUND_CURVES

    def __init__(self, dock, session: Session):
        super().__init__(dock, session)
        self.kept: looking.RoundsKept | None = None
        self.reader = QueueReader(session)
        self.naming = Naming(
            dock, self._reader_id, dock.footer.say, lambda: self.learning.changed.emit()
        )
        self._reading, self._before = object(), ""
        self._notes: tuple[str, ...] = ()
        self._join()
        self._connect()
        self._on_project()

    def _connect(self) -> None:
        dock, feedback = self.dock, self.dock.feedback
        feedback.judge_wanted.connect(self.judge)
        feedback.queue_wanted.connect(lambda: self.read(self.kept.feedback.queue, False))
        feedback.suspects_wanted.connect(lambda: self.read(self.kept.feedback.suspects, True))
        dock.curves_button.clicked.connect(self.draw)
        dock.rounds.chosen.connect(self.show_cells)
        dock.rounds.decided.connect(self.decide)

    def close(self, *_: object) -> None:
        """Listen no more; the work ends when no dock shows it."""
        self.reader.close()
        self.naming.close()
        super().close()

    # The project

    def _on_project(self) -> None:
        """Another project is open, or none."""
        self.kept, self._notes = None, ()
        self.naming.close()
        dock = self.dock
        dock.rounds.show_proposed(None)
        dock.rounds.show_rounds([])
        dock.rounds.gallery.show_crops([], [])
        dock.feedback.show_feedback(None)
        dock.curves.show_png(b"")
        dock.footer.say("")
        self._on_changed()

    def _on_changed(self) -> None:
        """Read, in a thread, what stands in the record."""
        folder = self._folder
        self.show_state()
        if folder is not None and not self._closed:
            self._reading = asked = object()
            in_thread(looking.rounds, folder, then=partial(self._on_rounds, asked))

    def _on_rounds(self, asked: object, kept: looking.RoundsKept | AllSubtypeError) -> None:
        if self._closed or asked is not self._reading or self._folder is None:
            return
        if isinstance(kept, AllSubtypeError):
            self._say_error(kept)
            return
        self.kept = kept
        self.dock.rounds.show_rounds(kept.rounds, kept.runs)
        self.dock.feedback.show_feedback(kept.feedback)
        self.show_state()

    # Work

    def judge(self) -> None:
        """Begin a round of feedback."""
        self._run(
            lambda: GiveFeedback(self._folder, self.dock.choices(), self.dock.feedback.parameters())
        )

    def start(self) -> None:
        """Begin self-training, or go on with it."""
        ask = bool(self.dock.who.currentData())

        def order() -> SelfTrain:
            who = self._reader_id() if ask else None
            return SelfTrain(self._folder, self.dock.choices(), self.dock.parameters(), ask, who)

        self._run(order)

    def draw(self) -> None:
        """Have the curves of the last run drawn."""
        self._run(lambda: DrawRounds(self._folder))

    def _on_started(self, order: Order) -> None:
        self._before = ""
        super()._on_started(order)

    def _words_before(self, progress: Progress) -> str | None:
        if progress.stage != ROUNDS:
            return self._before
        self._before = f"Round {min(progress.done + 1, progress.total)} of {progress.total} · "
        return None

    def _hear(self, message: object) -> None:
        match message:
            case Proposed():
                self.dock.rounds.show_proposed(message, self.kept.taxonomy)
                self.dock.footer.say(f"Round {message.number} waits for your decision.")
                self.dock.scroll.reveal(self.dock.rounds)
            case RoundMade():
                self._on_changed()
            case FedBack(notes):
                self._told, self._notes = "The cells are judged.", notes
            case SelfTrained(runs, why, notes):
                self._told = f"Ended: {escape(why)}. {escape(runs)}"
                self._notes = notes

    def _clean_up(self) -> None:
        self.dock.rounds.show_proposed(None)

    # Rounds

    def show_cells(self, made: Round) -> None:
        """Show the cells that a recorded round brought in, from a thread."""

        def show(found: looking.PseudoCrops | AllSubtypeError) -> None:
            if self._closed or self.dock.rounds.selected != made:
                return
            if isinstance(found, AllSubtypeError):
                self._say_error(found)
                return
            cells = (found.words, found.confidence, found.crops)
            self.dock.rounds.show_cells(*cells, self.kept.taxonomy)

        in_thread(looking.pseudo_labelled, self._folder, made, MOST_OF_A_CLASS, then=show)

    def decide(self, state: str) -> None:
        """Answer the round that waits, or decide of the one that is chosen."""
        if self.dock.rounds.waits:
            self.dock.rounds.show_proposed(None)
            self.learning.decide({ACCEPTED: True, "": None}.get(state, False))
            self.dock.footer.say("Going on…")
            return
        made = self.dock.rounds.selected
        try:
            database = self.record.opened_database()
            database.refuse_read_only()
            decide_round(database, made.round_id, state, "decided in the window", self._reader_id())
        except AllSubtypeError as error:
            self._say_error(error)
            return
        what = f"Round {made.number}" if made.number else "The start"
        told = f"{what} is {state}. {escape(runs_after(database, made))}"
        self.learning.changed.emit()
        if not self.dock.curves.curves.empty and not self.learning.running:
            self.draw()  # the curves say which rounds are accepted
            self._told = told
        self.dock.footer.say(told)

    def _reader_id(self) -> int:
        """Who decides."""
        if self.record.reader is None:
            self.record.read_as(Preferences.load().reader_name)
        return self.record.reader.reader_id

    # Reading

    def read(self, cells: list[tuple[int, int]], again: bool) -> None:
        """Have a reader read these cells: in the dock Review, or by themselves."""
        try:
            single = self.reader.single(cells, again)
            told = [escape(self.reader.read(cells, again))]
            if single:
                self.record.opened_database().refuse_read_only()
                self.naming.begin(self.record.database, single)
                alone = amount(len(single), "picture of one cell is", "pictures of one cell are")
                told.append(f"{alone} shown in a window of their own.")
            self.dock.footer.say(" ".join(filter(None, told)))
        except AllSubtypeError as error:
            self._say_error(error)

    def show_state(self) -> None:
        """Enable what can be done now, and say why nothing can."""
        dock, database = self.dock, self.record.database
        running, writable = self.learning.running, self.record.writable
        free = writable and not running
        model = database is not None and running_model(database) is not None
        dock.setup.setEnabled(free)
        dock.feedback.judge_button.setEnabled(free and model)
        dock.rounds.show_state(free)
        made = self.kept is not None and bool(self.kept.rounds)
        dock.curves_button.setVisible(made and dock.curves.curves.empty)
        dock.curves_button.setEnabled(not running)
        told = ""
        if database is None:
            told = NO_PROJECT
        elif database.read_only:
            told = f"⚠ Nothing can be learned in this project: {escape(database.read_only)}"
        elif not model:
            told = NO_MODEL
        else:
            told = "<br>".join(map(escape, self._notes))
        dock.told.setText(told)
        dock.told.setVisible(bool(told))
        self._show_footer(writable)
