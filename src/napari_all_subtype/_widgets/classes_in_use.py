"""Which classes a viewer is about: what can be said of its cells, and what its result shows."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from psygnal import Signal

from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN, Taxonomy, class_of

OWN_MODEL = (
    "Once enough cells are named, also pictures that come in with napari-all-subtype project add "
    "PROJECT --folder PICTURES or --table FILE.csv, train a model of the project's classes in the "
    "dock Train, and choose it under Model."
)


@dataclass(frozen=True)
class Classes:
    """Taxonomies of a viewer.

    Parameters
    ----------
    said : Taxonomy
        Whose words a person can say: that of the open project, else of the result.
    shown : Taxonomy
        Of the result: its counts, colours and letters; without one as `said`.
    model : str
        What the result was made with.
    """

    said: Taxonomy = FAB5
    shown: Taxonomy = FAB5
    model: str = ""

    @property
    def differ(self) -> bool:
        """Whether no class of the one can be said of a cell of the other.

        Examples
        --------
        >>> Classes().differ, Classes(Taxonomy("two", FAB5.classes[:2])).differ
        (False, True)
        """
        return self.said.meanings != self.shown.meanings

    @property
    def conflict(self) -> str:
        """What a person is told where the two differ, in plain text; empty where not."""
        if not self.differ:
            return ""
        by = f" ({self.model.split(',')[0]})" if self.model else ""
        return (
            f"This result{by} has the classes {_titles(self.shown)}; the project has "
            f"{_titles(self.said)}. Words of the one cannot be said of the other; exclusions can "
            "be, and what was said so far stays. Press Run: the cells are found again, and can be "
            "named in the project's classes, without what a model of others calls them. Or make a "
            f"new project, which takes the classes of the result. {OWN_MODEL}"
        )

    @property
    def conflict_html(self) -> str:
        """The same for a label."""
        return f"⚠ {escape(self.conflict)}" if self.differ else ""

    @property
    def are_fab(self) -> bool:
        """Whether the result has scores of L1, L2 and L3 and what is made of them."""
        return self.shown.meanings == FAB5.meanings

    def title(self, name: str) -> str:
        """Title of a class of either taxonomy or of an exclusion; else the name itself.

        Examples
        --------
        >>> Classes().title("l2"), Classes().title("smudge"), Classes().title("plasma_cell")
        ('L2', 'Smudge', 'plasma_cell')
        """
        outside = {one.name for one in (*EXCLUSIONS, UNKNOWN)}
        for taxonomy in (self.shown, self.said):
            if name in taxonomy.names or name in outside:
                return class_of(taxonomy, name).title
        return name


class ClassesInUse:
    """The classes of one viewer as they are now.

    Parameters
    ----------
    session : Session
        Whose results and project they are of.

    Signals
    -------
    changed
        They are others now.
    """

    changed = Signal()

    def __init__(self, session) -> None:
        self._session = session
        self.now = Classes()
        for signal in (
            *(session.fields_changed, session.field_updated, session.field_selected),
            session.record.opened,
        ):
            signal.connect(self.look)

    @property
    def of_result(self) -> Taxonomy | None:
        """Of the field that is shown, else of the first that has a result; None without any."""
        analysis = self._analysis()
        return None if analysis is None else analysis.taxonomy

    def _analysis(self):
        session = self._session
        fields = (session.field, *session.fields)
        return next((one.result.analysis for one in fields if one and one.result), None)

    def follow_project(self) -> bool:
        """Have results of a run for the project that is open be in its classes.

        Returns
        -------
        bool
            Whether a model of other classes found the cells: what it said is left out.
        """
        session, project = self._session, self._session.record.taxonomy
        others = [
            n
            for n, one in enumerate(session.fields)
            if project is not None and one.result is not None and one.kept is None
            if one.result.analysis.taxonomy.meanings != project.meanings
        ]
        for n in others:
            session.update(n, result=session.result(n).in_classes(project))
        return bool(others)

    def look(self, *_: object) -> None:
        """See which classes there are now, and tell of it if they are others."""
        analysis, project = self._analysis(), self._session.record.taxonomy
        if analysis is not None:
            shown, model = analysis.taxonomy, analysis.model
        else:
            # While a smear is analysed again nothing changes.
            shown, model = project or self.now.shown, ""
        now = Classes(shown if project is None else project, shown, model)
        if now.said.meanings == shown.meanings:
            # Buttons look as the cells on the image do.
            now = Classes(shown, shown)
        if now != self.now:
            self.now = now
            self.changed.emit()


def _titles(taxonomy: Taxonomy, most: int = 6) -> str:
    titles = [one.title for one in taxonomy.classes]
    return ", ".join(titles[:most]) + (" and others" if len(titles) > most else "")
