"""Cells that a model found, in classes of a project that are none of the model's."""

from __future__ import annotations

from dataclasses import replace

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.model_facts import FOUND_ONLY, NO_FACTS
from napari_all_subtype.decision import nothing_said
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.model_hidden import model_columns
from napari_all_subtype.workflow.said import with_said


def found_only(analysis: Analysis, taxonomy: Taxonomy) -> Analysis:
    """`analysis` with its cells and their measurements, all of them *unknown* in `taxonomy`.

    What its model said is left out: no class of it can be said of them, and people begin with
    what nobody has called anything.
    """
    cells = analysis.cells.drop(columns=model_columns(analysis.cells))
    said = nothing_said(table.present(cells).index.tolist(), taxonomy)
    return replace(
        analysis,
        cells=with_said(cells, said, taxonomy),
        taxonomy=taxonomy,
        model=FOUND_ONLY,
        facts=NO_FACTS,
        ruler=None,
    )
