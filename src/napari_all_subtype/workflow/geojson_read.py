"""Cells from GeoJSON as QuPath writes it: outlines, nuclei, and the words on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.polygons import Polygon
from napari_all_subtype.errors import MaskReadError, RecordError
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.own_classes import UNLABELLED, class_name
from napari_all_subtype.taxonomy import EXCLUSIONS, UNKNOWN, Taxonomy
from napari_all_subtype.workflow.provenance import PROGRAM

SUFFIXES = (".geojson", ".json")
_CELLS = ("cell", "detection")
_AREAS = ("Polygon", "MultiPolygon")
_NOBODY = ("", UNKNOWN.name, UNLABELLED, "unclassified")


@dataclass(frozen=True)
class DrawnCell:
    """One cell of a file.

    Parameters
    ----------
    polygons : tuple of Polygon
    nucleus : tuple of Polygon or None
    word : str
        What it is called, in the words of the file; empty where nobody said anything.
    """

    polygons: tuple[Polygon, ...]
    nucleus: tuple[Polygon, ...] | None
    word: str


@dataclass(frozen=True)
class DrawnCells:
    """All cells of one file.

    Parameters
    ----------
    name : str
        Of the file, without its folder.
    cells : tuple of DrawnCell
    pixels_sha256 : str
        Of the image they are of, where the file says so.
    """

    name: str
    cells: tuple[DrawnCell, ...]
    pixels_sha256: str = ""

    def words(self, taxonomy: Taxonomy) -> list[Word | None]:
        """What is said of each cell in the classes of a project; None where nothing is.

        Raises
        ------
        RecordError
            If a word is neither one of its classes nor an exclusion.
        """
        known = {
            class_name(form): one.name
            for one in (*EXCLUSIONS, *taxonomy.classes)
            for form in (one.title, one.name)
        }
        wanted = [class_name(one.word) for one in self.cells]
        strange = sorted({w for w in wanted if w not in known and w not in _NOBODY})
        if strange:
            raise RecordError(
                f"{self.name} has classes that the project does not have: {', '.join(strange)}. "
                f"Expected {', '.join(dict.fromkeys(known.values()))}, or none. Rename them in "
                "QuPath, or make a project with classes of its own: project create --classes."
            )
        return [None if w in _NOBODY else Word.of(taxonomy, known[w]) for w in wanted]


def read_geojson(path: Path) -> DrawnCells:
    """The cells in a GeoJSON file; regions around them are passed over.

    Of a file with cells or detections only these are taken; of one without, all areas. In a
    file that this program exported, a class that only the model gave is no word of a person,
    unless it was changed since.

    Raises
    ------
    MaskReadError
        If it cannot be read, is no GeoJSON, or holds no cell.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        features = _features_of(told)
        areas = [one for one in features if _kind(one.get("geometry")) in _AREAS]
        cells = [one for one in areas if _properties(one).get("objectType") in _CELLS] or areas
        provenance = _provenance_of(told)
        ours = str(provenance.get("software", "")).startswith(PROGRAM)
        drawn = tuple(_cell_of(one, ours) for one in cells)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise MaskReadError(f"{path.name} cannot be read ({why}); check the name.") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise MaskReadError(
            f"{path.name} is no GeoJSON of cells. Expected what QuPath writes with File → Export "
            "objects as GeoJSON: polygons, as features."
        ) from error
    if features and not drawn:
        raise MaskReadError(
            f"{path.name} holds {len(features)} objects, and none of them is an area. Expected "
            "polygons around cells."
        )
    return DrawnCells(path.name, drawn, str(provenance.get("pixels_sha256", "")))


def _provenance_of(told: object) -> Mapping:
    """What this program says of itself in its files; QuPath does not keep it."""
    provenance = told.get("provenance") if isinstance(told, Mapping) else None
    return provenance if isinstance(provenance, Mapping) else {}


def _features_of(told: object) -> list[Mapping]:
    """Features of a collection, of a list of them as QuPath once wrote it, or the only one."""
    if isinstance(told, Mapping) and told.get("type") == "Feature":
        return [told]
    features = told["features"] if isinstance(told, Mapping) else told
    if not isinstance(features, list) or not all(isinstance(one, Mapping) for one in features):
        raise TypeError("no list of features")
    return features


def _properties(feature: Mapping) -> Mapping:
    return feature.get("properties") or {}


def _kind(geometry: object) -> str:
    return geometry.get("type", "") if isinstance(geometry, Mapping) else ""


def _cell_of(feature: Mapping, ours: bool) -> DrawnCell:
    nucleus = feature.get("nucleusGeometry")
    inner = _polygons_of(nucleus) if _kind(nucleus) in _AREAS else None
    word = _word_of(_properties(feature), ours)
    return DrawnCell(_polygons_of(feature["geometry"]), inner, word)


def _polygons_of(geometry: Mapping) -> tuple[Polygon, ...]:
    parts = geometry["coordinates"]
    return tuple(_polygon(part) for part in ([parts] if geometry["type"] == "Polygon" else parts))


def _polygon(rings: Iterable[Sequence]) -> Polygon:
    made = tuple(np.array([position[:2] for position in ring], np.float64) for ring in rings)
    if not made or any(len(ring) < 4 or not np.isfinite(ring).all() for ring in made):
        raise ValueError("a ring of fewer than four positions, or none")
    # The last position is the first one again.
    return tuple(ring[:-1] for ring in made)


def _word_of(properties: Mapping, ours: bool) -> str:
    """What a person called the cell; empty where only the model did, as this program writes it.

    Parameters
    ----------
    ours : bool
        The file is as this program wrote it: what nobody is named for there, the model said.
    """
    given = properties.get("classification") or {}
    name = (
        given if isinstance(given, str) else given.get("name") or ": ".join(given.get("names", ()))
    )
    told = properties.get("metadata") or {}
    if "word" in told and class_name(name) == class_name(told.get("title", told["word"])):
        return told.get("annotation", "")
    return "" if ours and "word" not in told else name
