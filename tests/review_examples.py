"""Cell tables of known content for the tests of reviewing."""

import numpy as np
import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.cells.fab.scores import SCORES
from napari_all_subtype.decision import decide
from napari_all_subtype.taxonomy import FAB5

P_COLUMNS = [f"p_{name}" for name in FAB5.names]


def cells_table(n, seed=0, side_px=1000.0, fab=False):
    """Cells 1 … n at random places with random probabilities; 20 px across, none cut."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(20, side_px - 20, (n, 2))
    cells = pd.DataFrame(index=range(n + 1), columns=list(table.COLUMNS), dtype=float)
    cells["label"] = range(n + 1)
    cells["touches_border"] = False
    if n:
        cells.loc[1:, ["centroid_y_px", "centroid_x_px"]] = centres
        cells.loc[1:, ["y0_px", "x0_px"]] = np.floor(centres) - 10
        cells.loc[1:, ["y1_px", "x1_px"]] = np.floor(centres) + 10
        cells.loc[1:, "area_px"] = 300.0
        cells.loc[1:, "diameter_um"] = rng.uniform(7, 20, n)
    probabilities = rng.dirichlet(np.ones(len(FAB5)), n).astype(np.float32)
    said = pd.concat(
        [pd.DataFrame(probabilities, columns=P_COLUMNS), decide(probabilities).to_frame()], axis=1
    )
    cells = pd.concat([cells, said.set_axis(range(1, n + 1)).reindex(cells.index)], axis=1)
    cells.loc[0, ["subtype", "best_guess"]] = ""
    if fab:
        cells[list(SCORES)] = rng.uniform(0.01, 1, (n + 1, 3))
        cells.loc[~cells["subtype"].isin(FAB5.family("blast")), list(SCORES)] = np.nan
    return cells


def with_values(cells, column, values):
    """`cells` with `values` of one column for labels 1, 2 …"""
    now = cells[column].tolist()
    now[1 : len(values) + 1] = values
    return cells.assign(**{column: now})


def annotated(cells, *words):
    """`cells` of which a person says `words`, from label 1 on."""
    return table.annotated(cells, dict(enumerate(words, 1)))
