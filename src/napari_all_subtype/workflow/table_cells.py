"""Cells of a table that are to be measured on: cut, named, and none that was learned from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.cells.scale import refuse_unknown_profile
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ImageReadError, Stopped, TooFewCellsError
from napari_all_subtype.progress import SILENT, Monitor, steps
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.cell_rows import FILE, GROUP, ROW, words_in
from napari_all_subtype.workflow.cut_cell import Cutter
from napari_all_subtype.workflow.inputs import name_fields
from napari_all_subtype.workflow.outcomes import Outcome, failure_of
from napari_all_subtype.workflow.picture_scale import shared_scale
from napari_all_subtype.workflow.seen import Seen

CUT = "cut cells"
NEARLY = "nearly the same picture as one that was learned from"


@dataclass(frozen=True)
class TableCells:
    """Cells of a table.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
    words, groups, names : ndarray, shape (N,), object
        What people said, what belongs together, and the name of each picture.
    rows : ndarray, shape (N,), int
        Of the table, 1 for the first below its heading: who has the table finds the picture.
    found : ndarray, shape (N,), bool
        Whether a cell was found in the picture.
    left_out : dict of str to int
        Rows that take no part, by the reason.
    failed : tuple of Outcome
        Pictures that cannot be read.
    sizes : tuple of PixelSize
        Of each picture, with its origin.
    """

    crops: np.ndarray
    words: np.ndarray
    groups: np.ndarray
    names: np.ndarray
    rows: np.ndarray
    found: np.ndarray
    left_out: dict[str, int]
    failed: tuple[Outcome, ...] = ()
    sizes: tuple[PixelSize, ...] = ()

    def __len__(self) -> int:
        return len(self.crops)


def cells_of_table(
    rows: pd.DataFrame,
    taxonomy: Taxonomy,
    spec: CropSpec,
    seen: Seen = Seen(),
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> TableCells:
    """The cells of `rows` that a person named and no model has seen.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `cell_rows` gives them: file, annotation, group.

    Raises
    ------
    RecordError
        If a word is neither a class of `taxonomy` nor an exclusion.
    TooFewCellsError
        If none is left.
    ProfileError
        If the instrument profile cannot be used.
    Stopped
        If the monitor asked for it.
    """
    refuse_unknown_profile(parameters.scale)
    words = words_in(rows, taxonomy)
    numbers = rows.get(ROW, range(1, len(rows) + 1))
    left = {"without a word": sum(word is None for word in words)}
    left["called no class"] = sum(word is not None and not word.taxonomy for word in words)
    groups = rows[GROUP].astype(str).tolist()
    known = [word is not None and bool(word.taxonomy) for word in words]
    ours = [good and group in seen.groups for good, group in zip(known, groups, strict=True)]
    left["of groups that the project learned from"] = sum(ours)
    wanted = [n for n in range(len(words)) if known[n] and not ours[n]]
    fields = name_fields([Path(rows[FILE].iloc[n]) for n in wanted])
    cutter = Cutter(parameters, spec, shared_scale(fields, parameters, monitor), monitor)
    taken, failed, twice = [], [], 0
    for n, field in steps(list(zip(wanted, fields, strict=True)), CUT, monitor):
        try:
            source, size, cell = cutter(field)
            digest = pixels_sha256(source.read())
        except Stopped:
            raise
        except Exception as error:  # the edge: recorded, and the others go on
            failed.append(failure_of(field, error))
            continue
        if digest in seen.pixels:
            twice += 1
            continue
        told = (words[n].name, groups[n], field.name, numbers[n])
        taken.append((cell.crop, *told, cell.found, size))
    left["whose picture was learned from"] = twice
    alike = seen.nearly([one[0] for one in taken])
    left[NEARLY] = int(alike.sum())
    taken = [one for one, same in zip(taken, alike, strict=True) if not same]
    left = {reason: count for reason, count in left.items() if count}
    if not taken:
        raise _nothing_left(len(rows), left, failed)
    parts = list(zip(*taken, strict=True))
    told = [np.array(part, object) for part in parts[1:4]]
    at, found = np.array(parts[4], int), np.array(parts[5], bool)
    return TableCells(np.stack(parts[0]), *told, at, found, left, tuple(failed), parts[6])


def _nothing_left(n_rows: int, left: dict[str, int], failed: list[Outcome]) -> Exception:
    if failed and not left:
        return ImageReadError(f"None of {n_rows} pictures can be read. {failed[0].error}")
    why = ", ".join(f"{count} {reason}" for reason, count in left.items())
    return TooFewCellsError(
        f"None of the {n_rows} rows can be measured on: {why or 'the table is empty'}. Give cells "
        "of other cases than the project learned from, with their words. Only to look at "
        "figures (evaluate), ask for a random split, which is marked on every one."
    )
