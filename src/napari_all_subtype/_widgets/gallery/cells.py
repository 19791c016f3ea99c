"""Cells of a smear as thumbnails: which, in which order, and what stands below each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype._widgets.thumbnails import Thumbnail
from napari_all_subtype._widgets.words import NO_BREAK, percent
from napari_all_subtype.cells import table
from napari_all_subtype.taxonomy import EXCLUSIONS, UNKNOWN, CellClass, Taxonomy, class_of
from napari_all_subtype.workflow.cell_filter import passes
from napari_all_subtype.workflow.review_parameters import CellFilter

if TYPE_CHECKING:
    import pandas as pd

# Name, title and tooltip, as a person chooses among them.
SORTS: tuple[tuple[str, str, str], ...] = (
    ("doubtful", "Least confident first", "Of each class, what the model doubts most comes first."),
    ("sure", "Most confident first", "Of each class, what the model doubts least comes first."),
    ("large", "Largest first", "Of each class, the largest cells come first."),
    ("field", "Field by field", "Of each class, in the order of the fields and of their cells."),
)

# Of cells of which the model says something that nobody is to see.
HIDDEN = replace(UNKNOWN, title="Model hidden")

# Those that tell what the model says.
OF_MODEL = ("doubtful", "sure")


def classes_of(taxonomy: Taxonomy) -> tuple[CellClass, ...]:
    """Classes, *unknown* and exclusions, in the order of their sections."""
    return (*taxonomy.classes, UNKNOWN, *EXCLUSIONS)


def thumbnails_of(
    fields: Mapping[int, tuple[str, pd.DataFrame]],
    taxonomy: Taxonomy,
    chosen: CellFilter = CellFilter(),
    sort: str = "doubtful",
    hidden: bool = False,
) -> list[Thumbnail]:
    """Thumbnails of the cells that pass a filter, grouped by the word that counts.

    Parameters
    ----------
    fields : mapping of int to tuple of str and pandas.DataFrame
        Name and cell table, by number of the field. Keys of thumbnails are the number and the
        label.
    sort : str
        Name of one of `SORTS`.
    hidden : bool
        Whether nobody is to see what the model says: *unknown* is no opinion then.
    """
    parts = [
        _rows(n, cells, chosen, f" of {name}" if len(fields) > 1 else "")
        for n, (name, cells) in fields.items()
    ]
    if not parts:
        return []
    import pandas as pd

    rows = pd.concat(parts, ignore_index=True)
    classes = {one.name: one for one in classes_of(taxonomy)}
    place = {name: n for n, name in enumerate(classes)}
    section = rows["word"].map(place).fillna(place[UNKNOWN.name]).to_numpy()
    order = np.lexsort((rows["label"], rows["field"], _key(rows, sort), section))
    titles = {name: class_of(taxonomy, name) for name in {*rows["word"], *rows["subtype"]}}
    titles |= {UNKNOWN.name: HIDDEN} if hidden else {}
    # As plain lists: pandas hands out words one by one much more slowly.
    columns = (column.to_numpy(object)[order].tolist() for _, column in rows.items())
    return [_thumbnail(row, titles) for row in zip(*columns, strict=True)]


def _rows(n: int, cells: pd.DataFrame, chosen: CellFilter, where: str) -> pd.DataFrame:
    import pandas as pd

    cells = cells[passes(cells, chosen)]
    return pd.DataFrame(
        {
            "field": n,
            "label": cells["label"].astype(int),
            "word": table.words(cells),
            "subtype": cells["subtype"],
            "marked": table.annotations(cells) != "",
            "confidence": cells["confidence"].astype(float),
            "diameter_um": cells["diameter_um"].astype(float),
            "where": where,
        }
    )


def _key(rows: pd.DataFrame, sort: str) -> np.ndarray:
    """What comes first has the smallest key; of unknown confidence nothing is sure."""
    confidence = rows["confidence"].fillna(-1.0).to_numpy()
    keys = {"doubtful": confidence, "sure": -confidence, "large": -rows["diameter_um"].to_numpy()}
    return keys.get(sort, np.zeros(len(rows)))


def _thumbnail(row: Sequence, titles: Mapping[str, CellClass]) -> Thumbnail:
    field, label, word, subtype, marked, confidence, diameter_um, where = row
    of_model, doubt = titles[subtype].title, percent(confidence)
    caption = f"model: {titles[subtype].letter}" if marked and word != subtype else doubt
    of_model = "hidden" if titles[subtype] is HIDDEN else f"{of_model}, confidence {doubt}"
    said = ", said by a person" if marked else ""
    tip = (
        f"Cell {label}{where}: {titles[word].title}{said}.\n"
        f"Model: {of_model}. Diameter {diameter_um:.1f}{NO_BREAK}µm."
    )
    return Thumbnail((field, label), titles[word], caption, bool(marked), tip)
