"""Results on their way into the open project, and out of it: what takes time is in threads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.homes import ProjectSmear, belongs_elsewhere, same_folder
from napari_all_subtype._widgets.inputs import pixels_of
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.cells.folders import natural_order
from napari_all_subtype.errors import AllSubtypeError, LockedError
from napari_all_subtype.project.database import Database, open_project
from napari_all_subtype.project.locks import locked_by
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.smears import (
    field_with,
    fields_of,
    name_of,
    path_of,
    slides_of,
)
from napari_all_subtype.workflow.inputs import readable

if TYPE_CHECKING:
    from napari_all_subtype.workflow.project_keeping import KeptField, ReadyField

# Fields that are made ready at a time: each takes the memory of its pixels and masks.
AT_ONCE = 2


class Keeper:
    """Keeps results of the fields that are shown, and loads those of a smear of the project.

    Parameters
    ----------
    record : Record
        Of the open project.

    Signals
    -------
    kept : int
        The result of a field is in the project.
    changed
        More, or fewer, fields are on their way.
    smear_opened : ProjectSmear, list of SmearField
        A slide of the project is to be shown.
    trouble : str
        A result could not be kept, and why.
    """

    kept = Signal(int)
    changed = Signal()
    smear_opened = Signal(object, object)
    trouble = Signal(str)

    def __init__(self, record):
        self.record = record
        self.keeping: set[object] = set()
        self.lost = 0
        self.loading = False
        # The smear whose other fields wait until the one that is shown is in sight.
        self._held: ProjectSmear | None = None
        self._loads: set[tuple[ProjectSmear, int]] = set()
        self._waiting: deque[_Wanted] = deque()
        self._busy = 0

    def stop(self) -> None:
        """Enter nothing more of what is on its way."""
        self.keeping.clear()
        self._waiting.clear()
        self.lost, self.loading, self._held = 0, False, None
        self._loads.clear()

    def keep_results(self) -> None:
        """Keep the results that are not in the project yet; `kept` tells of each."""
        if self.record.writable:
            for n, field in enumerate(self.record.session.fields):
                wanted = field.result is not None and field.kept is None and not field.same_as
                wanted = wanted and not self.is_look(field)
                if wanted and self._may_enter(field) and field.result.labels not in self.keeping:
                    self._keep(n)

    def is_look(self, field: SmearField) -> bool:
        """Whether a result is only a look beside one that is locked."""
        database = self.record.database
        known = database is not None and field.look_of is not None
        return known and locked_by(database, field.look_of) is not None

    def _may_enter(self, field: SmearField) -> bool:
        """Whether a result is not that of another project."""
        return not belongs_elsewhere(
            self.record.session.source, [field], self.record.database.folder
        )

    def _keep(self, n: int) -> None:
        field = self.record.session.fields[n]
        packed, path, pixels = field.result, field.path, None
        if field.layer is not None:
            pixels = pixels_of(field.layer, self.record.session.viewer.dims.current_step)
            told = field.layer.source.path
            path = Path(told) if told else None
        self.keeping.add(packed.labels)
        self.changed.emit()
        self._waiting.append(_Wanted(n, self.record.database, packed, path, pixels))
        self._go_on()

    def _go_on(self) -> None:
        """Make the next fields ready, a few at a time."""
        while self._waiting and self._busy < AT_ONCE:
            wanted = self._waiting.popleft()
            self._busy += 1
            in_thread(_ready, wanted, then=partial(self._on_ready, wanted))

    def _on_ready(self, wanted: _Wanted, ready: ReadyField | AllSubtypeError) -> None:
        self._busy -= 1
        if wanted.database is self.record.database:  # else it was closed meanwhile
            self._enter(wanted.n, wanted.packed, ready)
        self._go_on()

    def _enter(self, n: int, packed: PackedAnalysis, ready: ReadyField | AllSubtypeError) -> None:
        """The files are written; what is short is done here."""
        from napari_all_subtype.workflow.project_keeping import enter_field

        self.keeping.discard(packed.labels)
        field = self.record.session.fields[n] if n < len(self.record.session.fields) else None
        if field is None or field.result is None or field.result.labels is not packed.labels:
            self.changed.emit()
            return
        if field.result.edits != packed.edits:
            self._keep(n)
            return
        try:
            if isinstance(ready, AllSubtypeError):
                raise ready
            kept, lost = enter_field(self.record.database, ready, self._slide())
        except AllSubtypeError as error:
            if isinstance(error, LockedError):
                known = field_with(self.record.database, ready.image.digest)
                self.record.session.put(n, look_of=known and known.slide_id)
            self.trouble.emit(f"{field.name} was not kept: {error}")
            self.changed.emit()
            return
        self.lost += lost
        self.record.session.put(n, kept=kept, home=self.record.database.folder)
        self.record.reword(n)
        self.kept.emit(n)
        self.changed.emit()

    def _slide(self) -> int | None:
        """The slide of the smear that is shown, as far as it is known."""
        source = self.record.session.source
        if isinstance(source, ProjectSmear):
            same = same_folder(source.folder, self.record.database.folder)
            return source.slide_id if same else None
        known = (
            field.kept.slide_id for field in self.record.session.fields if field.kept is not None
        )
        return next(known, None)

    # Smears of the project

    def smears(self) -> list[ProjectSmear]:
        """Slides of the project, in the order in which they came."""
        database = self.record.opened_database()
        return [
            ProjectSmear(
                database.folder, slide.slide_id, f"{slide.case_id}, slide {slide.slide_id}"
            )
            for slide in slides_of(database)
        ]

    def open_smear(self, smear: ProjectSmear) -> None:
        """Show a slide of the project; its results come in one after the other."""
        from napari_all_subtype.workflow.project_keeping import KeptField

        database = self.record.opened_database()
        fields = []
        for one in fields_of(database, smear.slide_id):
            made, path = last_segmentation(database, one.field_id), path_of(database, one.field_id)
            kept = made and KeptField(one.field_id, one.slide_id, made.segmentation_id)
            home = database.folder
            name = readable(name_of(database, one.field_id))
            single = made is not None and not made.content
            fields.append(SmearField(name, path, kept=kept, home=home, single=single))
        # As in their folder: they came in as their threads ended.
        fields.sort(key=lambda field: natural_order(field.path))
        self.record.session.sighted.connect(self._on_sighted, unique=True)
        self.smear_opened.emit(smear, fields)
        self._load_next(smear)

    def _load_next(self, smear: ProjectSmear) -> None:
        """Load the next result of `smear`, first that of the field that is shown."""
        session, self.loading = self.record.session, False
        if session.source != smear or self.record.database is None:
            return
        order = [session.selected, *range(len(session.fields))]
        for n in order:
            field = session.fields[n]
            if field.kept is not None and field.result is None and not field.error:
                self.loading = True
                if (smear, n) not in self._loads:
                    self._loads.add((smear, n))
                    then = partial(self._on_loaded, smear, n)
                    in_thread(_load, self.record.database.folder, field.kept, then=then)
                return

    def _on_loaded(
        self, smear: ProjectSmear, n: int, loaded: PackedAnalysis | AllSubtypeError | None
    ) -> None:
        session = self.record.session
        self._loads.discard((smear, n))
        if session.source != smear or self.record.database is None:
            return
        field = session.fields[n]
        if isinstance(loaded, AllSubtypeError):
            session.update(n, error=str(loaded))
        elif loaded is None:
            session.put(n, kept=None)
        elif field.kept is not None and field.result is None:
            session.put(n, result=loaded)
            self.record.reword(n)
            if n == session.selected:
                self._held = smear
            # With all its words: what is drawn now need not be drawn again.
            session.update(n)
        if self._held is None:
            self._load_next(smear)

    def _on_sighted(self) -> None:
        """The field that is looked at had the machine to itself; now the others."""
        held, self._held = self._held, None
        if held is not None:
            self._load_next(held)


@dataclass(frozen=True)
class _Wanted:
    """A result that is to be in the project that was open when somebody wanted it so."""

    n: int
    database: Database
    packed: PackedAnalysis
    path: Path | None
    pixels: object


def _ready(wanted: _Wanted) -> ReadyField:
    from napari_all_subtype.workflow.project_keeping import ready_field

    analysis = wanted.packed.unpack()
    reading = analysis.parameters.reading
    return ready_field(wanted.database, analysis, wanted.path, wanted.pixels, reading)


def _load(folder: Path, kept: KeptField) -> PackedAnalysis | None:
    """The result of a field as it stands; None where it was never analysed."""
    from napari_all_subtype.workflow.project_analyses import kept_analysis

    with open_project(folder, write=False) as project:
        analysis = kept_analysis(project, kept.field_id)
    return None if analysis is None else PackedAnalysis.of(analysis)
