"""A field of a project as it leaves: its cells, what is said of them and by whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ImageReadError
from napari_all_subtype.project import records
from napari_all_subtype.project.current import masks_now, table_now
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.history import Standing, standing
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.smears import path_of
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.taxonomy import CellClass, Taxonomy, class_of
from napari_all_subtype.workflow.inputs import readable
from napari_all_subtype.workflow.project_analyses import kept_analysis
from napari_all_subtype.workflow.provenance import provenance


@dataclass(frozen=True)
class ExportedField:
    """One field with everything that an export may tell of it.

    Parameters
    ----------
    field : records.Field
    case_id : str
        Pseudonym of its case.
    name : str
        What files are called after: ``field-3``.
    file : str
        Name of its file; empty unless names were asked for.
    masks : CellMasks
        Without a cell where none was found yet.
    cells : pandas.DataFrame
        Present cells: measurements, ``subtype`` of the model (empty without one) and the
        ``annotation`` that stands.
    taxonomies : tuple of Taxonomy
        Of the project, and of the model.
    said : dict of int to Standing
        What people say, by label.
    readers : dict of int to str
        What readers are called in this export.
    analysis : Analysis or None
        None where no model has spoken.
    """

    field: records.Field
    case_id: str
    name: str
    file: str
    masks: CellMasks
    cells: pd.DataFrame
    taxonomies: tuple[Taxonomy, ...]
    said: dict[int, Standing]
    readers: dict[int, str]
    analysis: Analysis | None = None

    @property
    def um_per_px(self) -> float | None:
        """Micrometres per pixel; None where nobody knows."""
        return self.field.um_per_px if self.analysis is None else self.analysis.pixel_size.um_per_px

    @cached_property
    def words(self) -> pd.Series:
        """The word that counts for each cell: a person's, else the model's, else none."""
        return table.words(self.cells)

    def class_of(self, word: str) -> CellClass:
        """The class, or exclusion, that is called `word`."""
        owner = next((one for one in self.taxonomies if word in one.names), self.taxonomies[0])
        return class_of(owner, word)

    def told(self, row: object) -> dict[str, object]:
        """What is said of the cell in `row`: by the model, and by a person."""
        label, said = int(row.label), self.said.get(int(row.label))
        model = "" if self.analysis is None else self.analysis.model
        confidence = float(getattr(row, "confidence", np.nan))
        return {
            "word": table.word_of(row),
            "reviewed": said is not None,
            "annotation": "" if said is None else said.word.name,
            "taxonomy": "" if said is None else said.word.taxonomy,
            "reader": "" if said is None else self.readers[said.annotation.reader_id],
            "at_utc": "" if said is None else said.annotation.at_utc,
            # A cell that was found only is unknown to people, too: no model called it so.
            "predicted": "" if model == FOUND_ONLY else row.subtype,
            "confidence": round(confidence, 4) if np.isfinite(confidence) else None,
            "model": model if row.subtype else "",
            "cell": label,
        }

    def to_dict(self) -> dict[str, object]:
        """Which field it is, and how its cells came about, ready for JSON."""
        named = {"file": self.file} if self.file else {}
        made = {} if self.analysis is None else {"analysis": provenance(self.analysis)}
        return {
            "case": self.case_id,
            "slide": self.field.slide_id,
            "field": self.field.field_id,
            **named,
            "pixels_sha256": self.field.sha256,
            "um_per_px": self.um_per_px,
            **made,
        }


def exported_field(
    database: Database, field: records.Field, case_id: str, identifiers: bool = False
) -> ExportedField:
    """A field as it stands now.

    Raises
    ------
    ProjectDamagedError
        If its masks or its table are missing or damaged.
    """
    name = f"field-{field.field_id}"
    with database.snapshot():
        analysis = kept_analysis(database, field.field_id)
        stands = standing(database, field.field_id)
        readers = {
            one.reader_id: one.name if identifiers else f"reader-{one.reader_id}"
            for one in readers_of(database)
        }
        taxonomies = [taxonomy_of(database)]
        file = readable(path_of(database, field.field_id).name) if identifiers else ""
        masks, cells = _found(database, field, analysis)
    said = {one.label: one for one in stands if one.label is not None}
    cells = table.annotated(cells, {label: one.word.name for label, one in said.items()})
    if analysis is not None:
        analysis = replace(analysis, name=name)
        taxonomies.append(analysis.taxonomy)
    return ExportedField(
        field,
        case_id,
        name,
        file,
        masks,
        _plain(table.present(cells)),
        tuple(taxonomies),
        said,
        readers,
        analysis,
    )


def pixels_of(exported: ExportedField, database: Database) -> np.ndarray:
    """Pixels of a field, (Y, X, 3) uint8 RGB, if its file still holds them.

    Raises
    ------
    ImageReadError
        If the file is not where it was, cannot be read, or holds other pixels.
    """
    field, analysis = exported.field, exported.analysis
    reading = (AnalysisParameters() if analysis is None else analysis.parameters).reading
    path = path_of(database, field.field_id)
    try:
        # A picture of one cell may have a dark ground.
        pixels = as_source(path, reading, dark_ground=analysis is None).read()
    except Exception as error:  # the edge of the codecs; its text may tell a name
        raise ImageReadError(
            f"The image of {exported.name} cannot be read, or is not where it was. Add it to the "
            "project again from where it is now: it is known by its pixels."
        ) from error
    if pixels_sha256(pixels) != field.sha256:
        raise ImageReadError(
            f"The file of {exported.name} holds other pixels than it did. Add the image to the "
            "project again from where it is now."
        )
    return pixels


def _found(
    database: Database, field: records.Field, analysis: Analysis | None
) -> tuple[CellMasks, pd.DataFrame]:
    """Masks and cell table of a field; without a cell where none was found yet."""
    if analysis is not None:
        return analysis.masks, analysis.cells
    masks, cells = masks_now(database, field.field_id), table_now(database, field.field_id)
    if masks is None or cells is None:
        none = np.zeros(field.shape_yx_px, np.int32)
        masks, cells = CellMasks(none, none), pd.DataFrame(columns=list(table.COLUMNS), dtype=float)
    return masks, cells.assign(subtype="")


def _plain(cells: pd.DataFrame) -> pd.DataFrame:
    """`cells` with whole numbers whole, and a column for what people say."""
    cells = cells.assign(**{table.ANNOTATION: table.annotations(cells)})
    whole = ["label", *table.BOX, "area_px"]
    return cells.astype(dict.fromkeys(whole, np.int64) | {"touches_border": bool})
