"""The cell table: one row per label, so that row k is label k."""

from __future__ import annotations

import pandas as pd

MEASUREMENTS = (
    "centroid_y_px",
    "centroid_x_px",
    "area_px",
    "area_um2",
    "diameter_um",
    "nucleus_area_um2",
    "nucleus_diameter_um",
    "nc_ratio",
    "nucleus_solidity",
    "nucleus_circularity",
)
FLAGS = ("touches_border",)
BOX = ("y0_px", "x0_px", "y1_px", "x1_px")

COLUMNS = ("label", *MEASUREMENTS, *FLAGS, *BOX)


def present(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of cells that exist: without the background and without deleted cells."""
    return cells[cells["area_px"] > 0]
