"""Another project that comes into one: its smears, their cells, and what stands on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_all_subtype.errors import RecordError
from napari_all_subtype.progress import SILENT, Monitor, steps
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.project.locks import refuse_locked
from napari_all_subtype.project.packets import packet_facts, project_id_of
from napari_all_subtype.project.records import Field, Slide
from napari_all_subtype.project.segmentations import last_segmentation
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    fields_of,
    path_of,
    slides_of,
)
from napari_all_subtype.project.taxonomies import take_taxonomies
from napari_all_subtype.workflow.arrivals import COMMON, Aim, Carried, deliver
from napari_all_subtype.workflow.carried_words import Carrier
from napari_all_subtype.workflow.copied_cells import copy_cells


@dataclass(frozen=True)
class ImportedProject:
    """What came in from another project.

    Parameters
    ----------
    cases, slides, fields : int
        New ones.
    known : int
        Fields whose pixels the project has already.
    segmentations : int
        Fields that have the cells now that they had there.
    words : Carried
    splits : int
        Cases that are in the split now that they were in there.
    refused : tuple of str
        What could not come in, in one line each.
    """

    cases: int = 0
    slides: int = 0
    fields: int = 0
    known: int = 0
    segmentations: int = 0
    words: Carried = Carried()
    splits: int = 0
    refused: tuple[str, ...] = ()


def import_project(
    database: Database, other: Database, monitor: Monitor = SILENT
) -> ImportedProject:
    """Bring in the smears of another project, their cells and the words that stand on them.

    The same pixels are the same field, and so its case and slide; a pseudonym that means
    another case here is called anew. Cells that were found here, words said here and splits
    stay what they are. Words of the common record stay there, with their readers; readings
    apart stay apart. Done again, only what is new since comes in.

    Parameters
    ----------
    other : Database
        Open for reading at least; its images stay where they are.

    Raises
    ------
    RecordError
        If it is this project or a packet of it, or its classes are others.
    ProjectDamagedError
        If masks of either are missing or damaged.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; what came in before stays.
    """
    database.refuse_read_only()
    _refuse_own(database, other)
    take_taxonomies(database, other)
    intake, told = _Intake(database, other), ImportedProject()
    for slide in steps(slides_of(other), "copy slides", monitor):
        came = ImportedProject()
        try:
            with database.transaction():
                came = intake.take_slide(slide)
            came = replace(came, words=intake.take_words(slide))
        except RecordError as error:  # the edge: recorded, and the others go on
            came = replace(came, refused=(f"Slide {slide.slide_id} of {slide.case_id}: {error}",))
        told = _sum(told, came)
    return _sum(told, intake.take_splits())


def _refuse_own(database: Database, other: Database) -> None:
    own, facts = project_id_of(database), packet_facts(other)
    if project_id_of(other) == own:
        raise RecordError(
            f"{other.folder.name} is this project itself, or a copy of it. Nothing was added: to "
            "have a smear read elsewhere, export a packet and merge it."
        )
    if facts is not None and facts.project_id == own:
        raise RecordError(
            f"{other.folder.name} is a packet of this project. Nothing was added: say project "
            "merge, which keeps what was read blind apart."
        )


class _Intake:
    """Takes the slides of another project one by one, each whole or not at all."""

    def __init__(self, database: Database, other: Database):
        self._here, self._there = database, other
        self._project_id = project_id_of(other)
        self._identifiers = {
            row["case_id"]: row["identifier"]
            for row in other.rows("SELECT * FROM case_identifiers")
        }
        blind = {row["id"]: bool(row["blind"]) for row in other.rows("SELECT * FROM readings")}
        self._carrier = Carrier(
            other,
            database,
            lambda n: COMMON if n is None else Aim(f"{self._project_id}/{n}", blind[n]),
        )
        self._homes = {field.sha256: field for field in fields_of(database)}
        self._cases: dict[str, str] = {}
        self._specimens: dict[int, int] = {}
        for slide in slides_of(other):
            for home in self._slides_here(slide):
                self._cases.setdefault(slide.case_id, home.case_id)
                self._specimens.setdefault(slide.specimen_id, home.specimen_id)

    def take_slide(self, slide: Slide) -> ImportedProject:
        """Enter the fields of a slide that are new, and the cells of all that have none here."""
        fields = fields_of(self._there, slide.slide_id)
        new = [field for field in fields if field.sha256 not in self._homes]
        told = ImportedProject(known=len(fields) - len(new), fields=len(new))
        if new:
            slide_id, entered = self._slide_for(slide)
            told = _sum(told, entered)
            for field in new:
                self._enter(field, slide_id)
        copied = 0
        for field in fields:
            home = self._homes[field.sha256]
            if last_segmentation(self._here, home.field_id) is None:
                copied += copy_cells(self._there, field.field_id, self._here, home.field_id)
        return replace(told, segmentations=copied)

    def take_words(self, slide: Slide) -> Carried:
        """Record what stands on the cells of a slide, and what was said in readings of it."""
        words, arrivals = Carried(), []
        for field in fields_of(self._there, slide.slide_id):
            found, told = self._carrier.find(field, self._homes[field.sha256])
            arrivals += found
            words += told
        # A locked smear takes readings, and no word into its common record.
        apart = [one for one in arrivals if one.aim != COMMON]
        common = [one for one in arrivals if one.aim == COMMON]
        for some in (apart, common):
            words += deliver(self._here, self._project_id, some)
        return words

    def take_splits(self) -> ImportedProject:
        """Put cases into the split that they have there, if they are in none here."""
        known, new, refused = splits_of(self._here), {}, []
        for name, split in splits_of(self._there).items():
            case = self._cases.get(name)
            if case is None:
                continue
            here = known.get(case) or new.get(case, split)
            if here != split:
                refused.append(
                    f"{name} is in {split} there and, as {case}, in {here} here, where it "
                    "stays: what was trained on may never be tested on."
                )
            elif case not in known:
                new[case] = split
        assign_groups(self._here, new)
        return ImportedProject(splits=len(new), refused=tuple(refused))

    def _slides_here(self, slide: Slide) -> list[Slide]:
        """Slides of this project that have fields of a slide there."""
        homes = {
            self._homes[field.sha256].slide_id
            for field in fields_of(self._there, slide.slide_id)
            if field.sha256 in self._homes
        }
        return [one for one in slides_of(self._here) if one.slide_id in homes]

    def _slide_for(self, slide: Slide) -> tuple[int, ImportedProject]:
        """The slide that new fields go to: that of the known ones, else a new one."""
        homes = self._slides_here(slide)
        if len(homes) > 1:
            raise RecordError(
                f"its fields are on slides {', '.join(str(one.slide_id) for one in homes)} here, "
                "and some are new. It was left out: add its images one smear at a time."
            )
        if homes:
            refuse_locked(self._here, homes[0].slide_id)
            return homes[0].slide_id, ImportedProject()
        cases = self._new_case(slide.case_id)
        if slide.specimen_id not in self._specimens:
            specimen = add_specimen(self._here, self._cases[slide.case_id], slide.specimen_kind)
            self._specimens[slide.specimen_id] = specimen
        made = add_slide(self._here, self._specimens[slide.specimen_id])
        return made, ImportedProject(cases=cases, slides=1)

    def _new_case(self, case_id: str) -> int:
        """Number of cases that were entered for one of the other project: 1, or 0 if it is here."""
        if case_id in self._cases:
            return 0
        there = {row["id"] for row in self._here.rows("SELECT id FROM cases")}
        identifier = self._identifiers.get(case_id, "")
        known = self._here.row("SELECT 1 FROM case_identifiers WHERE identifier = ?", (identifier,))
        # The same name is another patient's, unless the identifier says otherwise.
        name = "" if known is not None or case_id in there else case_id
        self._cases[case_id] = add_case(self._here, name, identifier)
        return int(known is None)

    def _enter(self, field: Field, slide_id: int) -> None:
        if field.sha256 in self._homes:
            return  # twice in the other project
        scale = (field.um_per_px, field.um_origin)
        path = path_of(self._there, field.field_id)
        made = add_field(self._here, slide_id, path, field.sha256, field.shape_yx_px, *scale)
        self._homes[field.sha256] = replace(field, field_id=made, slide_id=slide_id)


def _sum(one: ImportedProject, other: ImportedProject) -> ImportedProject:
    return ImportedProject(*(getattr(one, name) + getattr(other, name) for name in vars(one)))
