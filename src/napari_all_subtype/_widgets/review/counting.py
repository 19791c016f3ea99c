"""Draws the cells of a differential count, has them read, and counts what was said."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype._widgets.review.count_panel import NOT_DRAWN, NOT_KEPT, CountPanel
from napari_all_subtype._widgets.review.hiding import Hiding
from napari_all_subtype._widgets.review.later import Later
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.shown_slide import slide_of
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.amounts import amount
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.project.database import open_project
from napari_all_subtype.workflow.differential import Drawn

if TYPE_CHECKING:
    from napari_all_subtype.workflow.project_count import Repeated

COMPARING = "Comparing the fields: what two of them show counts once…"


class Counting:
    """Connects the group *Differential count* to the session and to the queue of the review.

    Parameters
    ----------
    panel : CountPanel
    session : Session
    reviewer : Reviewer
        Whose queue the cells are read in.
    hiding : Hiding
        Whether the model's column is hidden.
    """

    def __init__(self, panel: CountPanel, session: Session, reviewer, hiding: Hiding):
        self.panel, self.session, self.record = panel, session, session.record
        self.reviewer, self.hiding = reviewer, hiding
        self.drawn: Drawn | None = None
        # Slide and fields that a count was asked of; what they show twice, once that is known.
        self._asked: tuple[object, ...] = ()
        self._repeated: tuple[tuple[object, ...], Repeated, int] | None = None
        self._go_on = False
        self.later = Later(self.show, panel, self._signals())
        panel.changed.connect(self.later.ask)
        panel.next_wanted.connect(self.read_next)
        self.show()

    def _signals(self):
        session, record = self.session, self.record
        return (
            *(session.fields_changed, session.field_updated),
            *(record.opened, record.reader_changed, record.worded, record.taken_back),
            *(record.keeper.kept, record.keeper.changed),
        )

    def close(self, *_: object) -> None:
        """Listen no more."""
        self.later.stop()

    # What is counted

    @property
    def analyses(self) -> dict[int, Analysis]:
        """Those of the fields that are in the project, by field id, without masks."""
        return {
            one.kept.field_id: one.result.analysis
            for one in sorted(self.session.fields, key=_field_id)
            if one.kept is not None and one.result is not None
        }

    @property
    def _smear(self) -> tuple[object, ...]:
        """What tells this smear and its fields from others."""
        slide_id = slide_of(self.session)
        return () if slide_id is None else (self._folder, slide_id, *self.analyses)

    @property
    def _folder(self) -> Path:
        return self.record.opened_database().folder

    # Reading

    def read_next(self) -> None:
        """Go to the next cell of the count; the cells are drawn if they are not yet."""
        self._asked, self._go_on = self._smear, True
        self.show()

    def _read_on(self) -> None:
        """Have the cells drawn as the queue, and go to the first that was not read."""
        self._go_on = False
        self._give()
        self.reviewer.queue.at = -1
        self.reviewer.move(1)

    def _give(self) -> None:
        numbers = {
            one.kept.field_id: n
            for n, one in enumerate(self.session.fields)
            if one.kept is not None
        }
        places = [(numbers[n], k) for n, k in self.drawn.places.tolist() if n in numbers]
        self.reviewer.queue.give(places)
        self.reviewer.show_position()

    def _drop(self) -> None:
        """Have the order of the review again as the queue: the count was of another smear."""
        self.drawn, self._go_on = None, False
        queue = self.reviewer.queue
        if queue.given is not None:
            queue.choose(queue.order, queue.shown)

    # Showing

    def show(self) -> None:
        """Draw, count and write the table, if a count of this smear was asked for."""
        smear = self._smear
        if self._asked[:2] != smear[:2]:
            self._drop()
        if len(smear) < 3:
            self.panel.show_nothing(NOT_KEPT, False)
            return
        if self._asked[:2] != smear[:2]:
            self.panel.show_nothing(NOT_DRAWN)
            return
        if self._repeated is None or self._repeated[0] != smear:
            self.panel.show_nothing(COMPARING, False)
            self._compare(smear)
            return
        try:
            self._count(*self._repeated[1:])
        except AllSubtypeError as error:
            self._drop()
            self.panel.show_nothing(f"⚠ {escape(str(error))}", False)
            return
        if self._go_on:
            self._read_on()
        elif self.reviewer.queue.given is not None:
            self._give()

    def _count(self, repeated: Repeated, lost: int) -> None:
        from napari_all_subtype.workflow.count_words import count_words
        from napari_all_subtype.workflow.project_count import counted, draw_smear, names_of_readers

        database, parameters = self.record.opened_database(), self.panel.parameters
        analyses, slide_id = self.analyses, slide_of(self.session)
        self.drawn = draw_smear(analyses, repeated, parameters)
        count = counted(
            database,
            slide_id,
            analyses,
            self.drawn,
            parameters,
            lost,
            self.record.reading,
            not self.hiding.active,
            identifiers=True,
        )
        names = names_of_readers(database)
        left = sum(one.kept is None or one.result is None for one in self.session.fields)
        more = [f"Not in the count: {amount(left, 'image')} of this smear."] if left else []
        self.panel.show_count(
            count_words(count, names, narrow=True),
            count_words(count, names),
            self.drawn.n_read,
            len(self.drawn.places),
            [*count.lines, *more],
        )

    def _compare(self, smear: tuple[object, ...]) -> None:
        """Find out in a thread what the fields of `smear` show twice."""

        def take(found: tuple[Repeated, int] | AllSubtypeError) -> None:
            if self._smear != smear:
                return  # another one is shown by now; it asks for itself
            failed = isinstance(found, AllSubtypeError)
            self._repeated = (smear, *(({}, len(self.analyses)) if failed else found))
            self.show()

        in_thread(_repeated_in, self._folder, self.analyses, then=take)


def _field_id(field) -> int:
    return -1 if field.kept is None else field.kept.field_id


def _repeated_in(folder: Path, analyses: dict[int, Analysis]) -> tuple[Repeated, int]:
    from napari_all_subtype.workflow.project_count import repeated_parts

    with open_project(folder, write=False) as project:
        return repeated_parts(project, analyses)
