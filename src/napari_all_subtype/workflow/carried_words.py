"""Words of one project that find their cells in another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from napari_all_subtype.errors import ProjectDamagedError
from napari_all_subtype.project.annotation import Annotation, SeenCell
from napari_all_subtype.project.brought import LastLine, brought_from, last_lines, line_sha256
from napari_all_subtype.project.crops import keep_crop, read_crop
from napari_all_subtype.project.current import masks_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import history
from napari_all_subtype.project.mask_edits import edits_of
from napari_all_subtype.project.matching import Sought, match_cells
from napari_all_subtype.project.packets import project_id_of
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.records import Field
from napari_all_subtype.project.segmentations import cells_of, last_segmentation, marked_in
from napari_all_subtype.workflow.arrivals import Aim, Arrival, Carried


@dataclass(frozen=True)
class _Place:
    """A cell of this project; no `marked_id` where nobody spoke of it, no `label` if it is lost."""

    label: int | None
    centroid_yx_px: tuple[float, float]
    marked_id: int | None = None


class Carrier:
    """Finds the words of a project `there` that are new to the project `here`.

    Parameters
    ----------
    there, here : Database
    aim_of : callable
        Where the words of a reading there go; it gets its number, or None for the common record.
    """

    def __init__(self, there: Database, here: Database, aim_of: Callable[[int | None], Aim]):
        self._there, self._here, self._aim_of = there, here, aim_of
        self.project_id = project_id_of(there)
        self._brought = brought_from(here, self.project_id)
        self._readers = {reader.reader_id: reader.name for reader in readers_of(there)}

    def spoken(self, field: Field) -> int:
        """Number of words that stand on the cells of a field there."""
        lines = last_lines(self._there, field.field_id)
        return sum(one.annotation.word is not None and not one.deleted for one in lines)

    def find(self, field: Field, home: Field) -> tuple[list[Arrival], Carried]:
        """Lines of a field there that are new here, each with its cell, and what became of others.

        Parameters
        ----------
        field, home : Field
            The same pixels there and here.

        Raises
        ------
        ProjectDamagedError
            If masks are missing or damaged.
        """
        with self._there.snapshot():
            lines = last_lines(self._there, field.field_id)
            known = self._known_cells(field)
            new = [one for one in lines if self._hash(field, one.annotation) not in self._brought]
            # Of a cell that nobody here has heard of, there is nothing to take back.
            wanted = [
                one
                for one in new
                if not one.deleted and (one.annotation.word or one.annotation.marked_id in known)
            ]
            places = known | self._new_cells(field, home, lines, wanted, known)
        words = sum(one.annotation.word is not None for one in lines)
        new_words = [one for one in new if one.annotation.word is not None]
        told = Carried(
            known=words - len(new_words), on_deleted=sum(one.deleted for one in new_words)
        )
        arrivals = []
        for one in wanted:
            crop, lost = self._crop(one.annotation.seen.crop)
            told += Carried(lost_crops=lost)
            place = places.get(one.annotation.marked_id)
            arrivals.append(self._arrival(one, field, home, place, crop))
        return arrivals, told

    def _arrival(
        self, one: LastLine, field: Field, home: Field, place: _Place | None, crop: str | None
    ) -> Arrival:
        said = one.annotation
        label = said.seen.label if place is None or place.label is None else place.label
        centroid = one.centroid_yx_px if place is None else place.centroid_yx_px
        return Arrival(
            home.slide_id,
            self._readers[one.said_by_id],
            self._aim_of(said.reading_id),
            SeenCell(home.field_id, label, centroid, crop, said.seen.predicted),
            said.word,
            place and place.marked_id,
            place is None,
            one.said_utc,
            self._hash(field, said),
        )

    def _known_cells(self, field: Field) -> dict[int, _Place]:
        """Cells here, by the marked cells there of which a line came before."""
        known = {}
        for said in history(self._there, field.field_id):
            came = self._brought.get(self._hash(field, said))
            if came is not None:
                row = self._here.row("SELECT * FROM marked_cells WHERE id = ?", (came.marked_id,))
                place = _Place(row["label"], (row["y_px"], row["x_px"]), came.marked_id)
                known[said.marked_id] = place
        return known

    def _new_cells(
        self,
        field: Field,
        home: Field,
        lines: Sequence[LastLine],
        wanted: Sequence[LastLine],
        known: dict[int, _Place],
    ) -> dict[int, _Place]:
        """Cells here, by marked cells there of which no line came before; the lost are missing."""
        new = {one.annotation.marked_id for one in wanted} - set(known)
        if not new:
            return {}
        gone = {one.annotation.marked_id for one in lines if one.deleted}
        # All that were spoken of, so that a cell goes to the one that resembles it most.
        sought = [
            one for one in marked_in(self._there, field.field_id) if one.marked_id not in gone
        ]
        taken = {place.label for key, place in known.items() if key not in gone}
        found = self._matched(field.field_id, home.field_id, sought)
        return {key: place for key, place in found if key in new and place.label not in taken}

    def _matched(
        self, field: int, home: int, sought: Sequence[Sought]
    ) -> Iterable[tuple[int, _Place]]:
        """Marked cells there, each with its cell here."""
        made = last_segmentation(self._there, field), last_segmentation(self._here, home)
        labelled = [one for one in sought if one.label is not None]
        if made == (None, None):
            # Numbers of cells without masks: those of a picture of one cell, which is number 1.
            return [(one.marked_id, _Place(one.label, one.centroid_yx_px)) for one in labelled]
        cells = {cell.label: cell.centroid_yx_px for cell in cells_of(self._here, home)}
        names = {one and one.masks for one in made}
        if len(names) == 1 and not edits_of(self._there, field) and not edits_of(self._here, home):
            found = {one.marked_id: one.label for one in labelled}
        else:
            before, after = masks_now(self._there, field), masks_now(self._here, home)
            old = None if before is None else before.labels
            found = {} if after is None else match_cells(sought, after.labels, old)
        return [
            (key, _Place(label, cells[label])) for key, label in found.items() if label in cells
        ]

    def _crop(self, name: str | None) -> tuple[str | None, int]:
        """Name of a crop that is kept here now, and 1 if it was lost."""
        if name is None:
            return None, 0
        try:
            return keep_crop(self._here, read_crop(self._there, name)), 0
        except ProjectDamagedError:
            return None, 1  # a word is worth more than its picture

    def _hash(self, field: Field, said: Annotation) -> str:
        return line_sha256(self.project_id, self._readers[said.reader_id], field.sha256, said)
