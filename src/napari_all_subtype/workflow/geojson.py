"""Cells as GeoJSON that QuPath opens: outlines, classes with colours, measurements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.taxonomy import CellClass
from napari_all_subtype.workflow.fab_evidence import FAB_WORDS
from napari_all_subtype.workflow.overlay import rgb

if TYPE_CHECKING:
    import pandas as pd

NOT_MEASURED_IN_QUPATH = (
    *("label", "subtype", "best_guess", table.ANNOTATION, "implausible_size"),
    *table.FLAGS,
    *table.BOX,
    *FAB_WORDS,
)

_SLIM_PX = 0.25


@dataclass(frozen=True)
class Called:
    """What a cell is called in a file for QuPath.

    Parameters
    ----------
    cell_class : CellClass
        Its title and its colour are QuPath's classification.
    told : mapping of str to str
        What else is to be known of it: QuPath keeps it as metadata.
    """

    cell_class: CellClass
    told: Mapping[str, str] = field(default_factory=dict)


def called_as(cell_class: CellClass, told: Mapping[str, object]) -> Called:
    """A cell's class, and what QuPath keeps as text beside it.

    The title stands there as well: who changes the class in QuPath says something new.
    """
    kept = ("word", "annotation", "reader", "at_utc", "predicted", "model")
    texts = {name: str(told[name]) for name in kept if told[name]}
    return Called(cell_class, {"title": cell_class.title, **texts} if texts else {})


def cell_features(
    masks: CellMasks, rows: pd.DataFrame, called: Iterable[Called]
) -> list[dict[str, object]]:
    """A GeoJSON feature per row: a cell with its nucleus, or a detection where it has none.

    Parameters
    ----------
    masks : CellMasks
    rows : pandas.DataFrame
        Present cells.
    called : iterable of Called
        One for each row.
    """
    return [_feature(masks, row, one) for row, one in zip(rows.itertuples(), called, strict=True)]


def collection(
    features: Sequence[dict[str, object]], provenance: Mapping[str, object]
) -> dict[str, object]:
    """A FeatureCollection that says what made it."""
    return {
        "type": "FeatureCollection",
        "features": list(features),
        "provenance": dict(provenance),
    }


def measured_again(content: Mapping[str, object], rows: pd.DataFrame) -> dict[str, object]:
    """A FeatureCollection of the same outlines with the measurements of `rows`.

    Parameters
    ----------
    content : mapping
        What :func:`collection` made of the same cells.
    """
    measured = {str(row.label): _measured(row) for row in rows.itertuples()}
    features = [
        feature | {"properties": own | {"measurements": measured[own["name"]]}}
        for feature in content["features"]
        for own in (feature["properties"],)
    ]
    return {**content, "features": features}


def _feature(masks: CellMasks, row: object, called: Called) -> dict[str, object]:
    """One cell; QuPath's own keys: objectType, nucleusGeometry, classification, measurements."""
    nucleus = _geometry(masks.nuclei, row)
    cell_class = called.cell_class
    return {
        "type": "Feature",
        "geometry": _geometry(masks.labels, row),
        **({"nucleusGeometry": nucleus} if nucleus else {}),
        "properties": {
            "objectType": "cell" if nucleus else "detection",
            "name": str(row.label),
            "classification": {"name": cell_class.title, "color": list(rgb(cell_class.colour))},
            "measurements": _measured(row),
            **({"metadata": dict(called.told)} if called.told else {}),
        },
    }


def _measured(row: object) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in row._asdict().items()
        if name not in ("Index", *NOT_MEASURED_IN_QUPATH)
        and isinstance(value, (int, float, np.number))
        and np.isfinite(value)
    }


def _geometry(mask: np.ndarray, row: object) -> dict[str, object] | None:
    """A polygon, or several: a cell that a person has cut in two by painting stays one cell.

    Holes are rings of their own. None where the mask has nothing of the cell.
    """
    y0, x0, y1, x1 = (int(getattr(row, side)) for side in table.BOX)
    there = (mask[y0:y1, x0:x1] == row.label).astype(np.uint8)
    contours, tree = cv2.findContours(there, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    outer = [n for n in range(len(contours)) if tree[0, n, 3] < 0]
    outer.sort(key=lambda n: cv2.contourArea(contours[n]), reverse=True)
    rings = [
        [
            _ring(contours[k], (x0, y0))
            for k in (n, *np.flatnonzero(tree[0, :, 3] == n))
            # A hole of three points or fewer holds no whole pixel between them.
            if k == n or len(contours[k]) > 3
        ]
        for n in outer
    ]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def _ring(contour: np.ndarray, corner_xy: tuple[int, int]) -> list[list[float]]:
    """A closed ring of at least four positions through pixel centres, x before y.

    One pixel, or a straight line of them, becomes a triangle so slim that it holds no other.
    """
    points = contour.reshape(-1, 2) + np.float64(corner_xy) + 0.5
    if len(points) == 1:
        points = np.concatenate([points, points + np.array([_SLIM_PX, 0.0])])
    if len(points) == 2:
        along = points[1] - points[0]
        across = np.array([-along[1], along[0]]) / np.hypot(*along)
        points = np.concatenate([points, points[1:] + _SLIM_PX * across])
    return [*points.tolist(), points[0].tolist()]
