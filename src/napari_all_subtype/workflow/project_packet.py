"""A packet: some smears of a project, to be read on another machine by one who sees no word."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import ImageReadError, OutputExistsError, RecordError
from napari_all_subtype.files import new_folder
from napari_all_subtype.progress import SILENT, Monitor, steps
from napari_all_subtype.project.clock import utc_now
from napari_all_subtype.project.database import Database, create_project
from napari_all_subtype.project.packets import PacketFacts, note_packet, project_id_of
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.records import Field, Slide
from napari_all_subtype.project.smears import (
    add_case,
    add_field,
    add_slide,
    add_specimen,
    fields_of,
    path_of,
    plain_text,
    slides_of,
)
from napari_all_subtype.project.taxonomies import taxonomy_of, use_taxonomy
from napari_all_subtype.workflow.copied_cells import copy_cells

IMAGES = "images"
# Written once, read a few times: as for crops, nearly as small as the default and much faster.
_COMPRESSION = 1


def write_packet(
    database: Database,
    out: Path,
    slides: Sequence[int] = (),
    reader: str = "",
    hide_model: bool = False,
    reading: ReadingParameters = ReadingParameters(),
    monitor: Monitor = SILENT,
) -> PacketFacts:
    """Write a project that holds the fields and cells of some slides, and nobody's word.

    Images are copied as plain pixels, without what their files say besides; cases are called
    anew, and neither identifiers nor names of files, readers, splits nor locked results come
    along. The folder appears whole or not at all.

    Parameters
    ----------
    out : Path
        Folder of the packet.
    slides : sequence of int, optional
        All of them by default.
    reader : str
        Name or code of whom it is for.
    hide_model : bool
        The reader shall not see what a model said, either.
    reading : ReadingParameters
        How the images were read when they came in.

    Raises
    ------
    RecordError
        If there is no such slide, or none with a field.
    ImageReadError
        If an image is missing or not the one it was.
    ProjectDamagedError
        If masks or tables are missing or damaged.
    OutputExistsError, OutputError
        If the folder is there already or cannot be written.
    Stopped
        If the monitor asked for it; nothing is written then.
    """
    if os.path.lexists(out):
        raise OutputExistsError(
            f"{out.name} is there already, and a packet replaces nothing: words may stand in it. "
            "Choose another folder for it."
        )
    chosen = _chosen(database, slides)
    facts = PacketFacts(project_id_of(database), utc_now(), plain_text(reader), hide_model)
    with new_folder(out, ()) as folder, create_project(folder) as packet:
        note_packet(packet, facts)
        use_taxonomy(packet, taxonomy_of(database))
        if facts.reader:
            reader_named(packet, facts.reader)
        homes = _new_slides(packet, chosen)
        fields = [field for slide in chosen for field in fields_of(database, slide.slide_id)]
        for field in steps(fields, "copy fields", monitor):
            _copy_field(database, field, packet, homes[field.slide_id], hide_model, reading)
    return facts


def _chosen(database: Database, slides: Sequence[int]) -> list[Slide]:
    """The slides that were asked for."""
    there = {slide.slide_id: slide for slide in slides_of(database)}
    for slide_id in slides:
        if slide_id not in there:
            raise RecordError(
                f"The project has no slide {slide_id}. Use one that it has: "
                f"{', '.join(map(str, there)) or 'it has none yet'}."
            )
    chosen = [there[one] for one in dict.fromkeys(slides or there)]
    if not any(fields_of(database, slide.slide_id) for slide in chosen):
        raise RecordError(
            "There is no image to put into a packet. Add images to the project first."
        )
    return chosen


def _new_slides(packet: Database, slides: Sequence[Slide]) -> dict[int, int]:
    """Slides of a packet by those they are copies of; a person's pseudonyms may say too much."""
    cases: dict[str, str] = {}
    specimens: dict[int, int] = {}
    made: dict[int, int] = {}
    for slide in slides:
        if slide.case_id not in cases:
            cases[slide.case_id] = add_case(packet)
        if slide.specimen_id not in specimens:
            case = cases[slide.case_id]
            specimens[slide.specimen_id] = add_specimen(packet, case, slide.specimen_kind)
        made[slide.slide_id] = add_slide(packet, specimens[slide.specimen_id])
    return made


def _copy_field(
    database: Database,
    field: Field,
    packet: Database,
    slide_id: int,
    hide_model: bool,
    reading: ReadingParameters,
) -> None:
    number = len(fields_of(packet)) + 1
    path = packet.folder / IMAGES / f"field-{number}.png"
    _copy_image(database, field, path, reading)
    scale = (field.um_per_px, field.um_origin)
    copy = add_field(packet, slide_id, path, field.sha256, field.shape_yx_px, *scale)
    copy_cells(database, field.field_id, packet, copy, hide_model)


def _copy_image(database: Database, field: Field, path: Path, reading: ReadingParameters) -> None:
    """Write the pixels of a field to `path`, after they were seen to be those of the field."""
    source = path_of(database, field.field_id)
    where = f"{source.name} (field {field.field_id} of slide {field.slide_id})"
    if not os.path.isfile(source):
        raise ImageReadError(
            f"{where} is not where it was. No packet was written: add the image to the project "
            "again from where it is now, and export the packet again."
        )
    pixels = as_source(source, reading, dark_ground=True).read()
    if pixels_sha256(pixels) != field.sha256:
        raise ImageReadError(
            f"{where} is another picture than when it was added to the project. No packet was "
            "written: put the image back, or add it again from where it is now."
        )
    path.parent.mkdir(exist_ok=True)
    code = [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION]
    _, content = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), code)
    path.write_bytes(content.tobytes())
