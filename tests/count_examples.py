"""Fields with a cell wherever it is wanted, for tests of counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from napari_all_subtype.cells import table
from napari_all_subtype.workflow.differential import CountedField

SIDE_PX = 20


def field_of(field_id, places_yx, words=(), model="blast", repeated=()):
    """Cells of 20 px with their upper left corners at `places_yx`; label k is the k-th."""
    n = len(places_yx)
    y, x = np.array([(0, 0), *places_yx], float).T
    area = np.r_[0.0, np.full(n, 300.0)]
    said = [model] * n if isinstance(model, str) else list(model)
    cells = pd.DataFrame(
        {
            "label": np.arange(n + 1),
            "area_px": area,
            "centroid_y_px": y + SIDE_PX / 2,
            "centroid_x_px": x + SIDE_PX / 2,
            "y0_px": y,
            "x0_px": x,
            "y1_px": y + SIDE_PX,
            "x1_px": x + SIDE_PX,
            "subtype": ["", *said],
        }
    )
    words = dict(enumerate(words, 1)) if not isinstance(words, dict) else words
    return CountedField(field_id, table.annotated(cells, words), tuple(repeated))


def grid(field_id, n=300, words=(), model="blast"):
    """`n` cells well inside a field, in rows of 30."""
    places = [(50 + 30 * (k // 30), 50 + 30 * (k % 30)) for k in range(n)]
    return field_of(field_id, places, words, model)
