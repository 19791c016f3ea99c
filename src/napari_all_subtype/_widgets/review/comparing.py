"""Compares readings of the smear that is shown, in a thread, and goes to cells that differ."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype._widgets.review.agreement_panel import (
    CHANGED,
    NOT_COMPARED,
    NOT_FINISHED,
    NOT_KEPT,
    AgreementPanel,
)
from napari_all_subtype._widgets.review.later import Later
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.shown_slide import slide_of
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.project.database import open_project
from napari_all_subtype.taxonomy import class_of

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype._widgets.thumbnails import Thumbnail
    from napari_all_subtype.workflow.agreement import Agreed, Agreement


class Comparing:
    """Connects the group *Agreement* to the session of its viewer.

    Parameters
    ----------
    panel : AgreementPanel
    session : Session
    """

    def __init__(self, panel: AgreementPanel, session: Session):
        self.panel, self.session, self.record = panel, session, session.record
        self.found: Agreement | None = None
        self._of: tuple[object, ...] = ()
        self._asked: object = None
        self.later = Later(self.show, panel, self._signals())
        panel.compare_wanted.connect(self.compare)
        panel.pair_chosen.connect(self.show_pair)
        panel.cell_wanted.connect(self._go_to)
        self.record.worded.connect(self._on_worded)
        self.show()

    def _signals(self):
        session, record = self.session, self.record
        return (
            *(session.fields_changed, record.opened, record.reader_changed),
            *(record.keeper.kept, record.keeper.changed),
        )

    def close(self, *_: object) -> None:
        """Listen no more."""
        self.later.stop()
        self.record.worded.disconnect(self._on_worded, missing_ok=True)

    @property
    def _shown(self) -> tuple[object, ...]:
        """What tells this smear from others."""
        slide_id = slide_of(self.session)
        return () if slide_id is None else (self.record.opened_database().folder, slide_id)

    def show(self) -> None:
        """Say whether readings can be compared; what was compared stays while it is of this."""
        if not self._shown:
            self._forget(NOT_KEPT, False)
        elif self.record.reading is not None:
            self._forget(NOT_FINISHED, False)
        elif self._of != self._shown or (self.found is None and self._asked is None):
            self._forget(NOT_COMPARED, True)

    def _forget(self, why: str, possible: bool) -> None:
        self.found, self._asked = None, None
        self.panel.show_nothing(why, possible)

    def _on_worded(self, *_: object) -> None:
        self.later.ask()
        if self.found is not None and self.record.reading is None:
            self.panel.say([CHANGED])

    def compare(self) -> None:
        """Read what was said, and compare it."""
        shown = self._shown
        if not shown or self.record.reading is not None:
            self.show()
            return
        self.panel.show_nothing("Comparing…", False)
        self._asked, self._of, self.found = object(), shown, None
        asked = self._asked
        slides = () if self.panel.whole.isChecked() else shown[1:]

        def take(found: tuple[Agreement, dict[int, str]] | AllSubtypeError) -> None:
            if self._asked is not asked or self._shown != shown:
                return  # something else is shown by now
            if isinstance(found, AllSubtypeError):
                self._forget(f"⚠ {escape(str(found))}", True)
                return
            self._asked = None
            self.found, self.names = found
            self._show_found()

        in_thread(_compared, shown[0], slides, then=take)

    def _show_found(self) -> None:
        titles = [" and ".join(self._who(pair)) for pair in self.found.pairs]
        self.panel.show_pairs(titles, self.found.lines(self.names))
        if titles:
            self.show_pair(0)

    def _who(self, pair: Agreed) -> list[str]:
        return [rater.title(self.names) for rater in pair.raters]

    def show_pair(self, number: int) -> None:
        """Show kappas, confusion and disagreements of one pair."""
        from napari_all_subtype.workflow.agreement import confusion_table, disagreements

        if self.found is None or not 0 <= number < len(self.found.pairs):
            return
        pair, spoken = self.found.pairs[number], self.found.spoken
        differ = disagreements(spoken, *pair.raters)
        thumbnails = self._thumbnails(differ, pair)
        titled = confusion_table(spoken, *pair.raters)
        names = [self.session.classes.now.title(name) for name in titled]
        self.panel.show_pair(
            _kappa_lines(pair, spoken.taxonomy.has_sides),
            titled.set_axis(names, axis=0).set_axis(names, axis=1),
            thumbnails,
            self._differ_text(len(differ), len(thumbnails)),
        )

    def _differ_text(self, count: int, shown: int) -> str:
        if not count:
            return "They differ on no cell."
        text = f"<b>They differ on {amount(count, 'cell')}</b>"
        if shown < count:
            text += f"; {count - shown} of them lie in other smears, or were lost"
        return f"{text}. Click one to look at it."

    def _thumbnails(self, cells: pd.DataFrame, pair: Agreed) -> list[Thumbnail]:
        """Cells of this smear, under the word of the first, with the other's below."""
        from napari_all_subtype._widgets.thumbnails import Thumbnail

        numbers = {
            one.kept.field_id: n
            for n, one in enumerate(self.session.fields)
            if one.kept is not None and one.result is not None
        }
        here = cells[cells["field"].isin(numbers) & cells["cell"].notna()]
        taxonomy = self.found.spoken.taxonomy
        first, second = (rater.key for rater in pair.raters)
        who = self._who(pair)
        made = []
        for row in here.to_dict("records"):
            one, other = (class_of(taxonomy, row[key]) for key in (first, second))
            made.append(
                Thumbnail(
                    (numbers[row["field"]], int(row["cell"])),
                    one,
                    f"{one.letter} / {other.letter}",
                    True,
                    f"{who[0]}: {one.title}. {who[1]}: {other.title}.",
                )
            )
        place = {name: n for n, name in enumerate(taxonomy.names)}
        return sorted(made, key=lambda one: place.get(one.cell_class.name, len(place)))

    def _go_to(self, key: tuple[int, int]) -> None:
        self.session.place_wanted.emit(*key)


def _kappa_lines(pair: Agreed, has_sides: bool) -> list[str]:
    """Agreement on classes, and on the side where there are such, as sentences."""
    lines, told = [], [("Classes", pair.classes, pair.classes_agreed)]
    if has_sides:
        told.append(("Normal or blast", pair.side, pair.side_agreed))
    for name, kappa, agreed in told:
        share = "" if agreed is None else f", {100 * agreed:.0f} % agreed"
        lines.append(f"{name}: {kappa.text}{share}.")
    return lines


def _compared(folder: Path, slides: Sequence[int]) -> tuple[Agreement, dict[int, str]]:
    from napari_all_subtype.workflow.agreement import agreement
    from napari_all_subtype.workflow.project_count import names_of_readers
    from napari_all_subtype.workflow.spoken import spoken_in

    with open_project(folder, write=False) as project:
        return agreement(spoken_in(project, slides)), names_of_readers(project)
