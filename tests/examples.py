"""Small analyses of known geometry, shared by the tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.taxonomy import FAB5

UM_PER_PX = 0.25


def disc(shape, centre_yx, radius):
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (y - centre_yx[0]) ** 2 + (x - centre_yx[1]) ** 2 <= radius**2


def example_analysis(
    centres=((40, 40), (40, 110), (90, 75)), radius=20, shape=(128, 160), name="field.png"
):
    """Discs of known radius; cell k is of class k - 1 of FAB5, with probability 0.8."""
    labels, nuclei = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    rows = [{"label": 0}]
    for k, centre in enumerate(centres, 1):
        cell = disc(shape, centre, radius)
        labels[cell] = k
        nuclei[disc(shape, centre, radius // 2)] = k
        ys, xs = np.nonzero(cell)
        area = int(cell.sum())
        rows.append(
            {
                "label": k,
                "centroid_y_px": float(centre[0]),
                "centroid_x_px": float(centre[1]),
                "area_px": area,
                "area_um2": area * UM_PER_PX**2,
                "diameter_um": 2 * radius * UM_PER_PX,
                "nucleus_area_um2": area * UM_PER_PX**2 / 4,
                "nucleus_diameter_um": radius * UM_PER_PX,
                "nc_ratio": 0.25,
                "nucleus_solidity": 1.0,
                "nucleus_circularity": 1.0,
                "touches_border": False,
                "y0_px": ys.min(),
                "x0_px": xs.min(),
                "y1_px": ys.max() + 1,
                "x1_px": xs.max() + 1,
            }
        )
    cells = pd.DataFrame(rows, columns=list(table.COLUMNS))
    probabilities = np.full((len(centres), 5), 0.05, np.float32)
    for k in range(len(centres)):
        probabilities[k, k % 5] = 0.8
    said = pd.concat(
        [
            pd.DataFrame(probabilities, columns=[f"p_{n}" for n in FAB5.names]),
            decide(probabilities).to_frame(),
        ],
        axis=1,
    ).set_axis(range(1, len(centres) + 1))
    cells = pd.concat([cells, said.reindex(cells.index)], axis=1)
    cells.loc[0, ["subtype", "best_guess"]] = ""
    return Analysis(
        name=name,
        masks=CellMasks(labels, nuclei),
        cells=cells,
        pixel_size=PixelSize(UM_PER_PX, "user", 0.02),
        flags=(),
        model="example",
        device="CPU",
        parameters=AnalysisParameters(),
    )


def example_source(shape=(128, 160), name="field.png"):
    return ArraySource(np.full((*shape, 3), (236, 214, 226), np.uint8), name)
