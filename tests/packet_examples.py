"""Projects with images and analysed cells, for the tests of what goes from one to another."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.config import AnalysisParameters, DecisionParameters
from napari_all_subtype.project.annotation import Predicted, SeenCell, Word
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.brought import last_lines
from napari_all_subtype.project.database import Database, create_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.segmentations import cells_of
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.project_analyses import keep_analysis
from napari_all_subtype.workflow.project_fields import import_fields
from napari_all_subtype.workflow.said import predictions, with_said

SHAPE = (160, 200)
# Centres (y, x) of discs of radius 12 px, which are cells 1 to 6.
CENTRES = [(y, x) for y in (40, 110) for x in (40, 100, 160)]
MODEL = "model-that-said-it"


def picture(seed: int) -> np.ndarray:
    """A pink field, (160, 200, 3) uint8, that no other seed gives."""
    noise = np.random.default_rng(seed).integers(0, 12, (*SHAPE, 3))
    return (np.array([225, 190, 200]) + noise).astype(np.uint8)


def discs(centres=CENTRES, radius: int = 12) -> CellMasks:
    """Masks in which cell n is the n-th disc; nuclei have half the radius."""
    rows, columns = np.indices(SHAPE)
    labels, nuclei = np.zeros((2, *SHAPE), np.int32)
    for n, (y, x) in enumerate(centres, 1):
        distance = np.hypot(rows - y, columns - x)
        labels[distance <= radius] = n
        nuclei[distance <= radius / 2] = n
    return CellMasks(labels, nuclei)


def analysed(masks: CellMasks) -> Analysis:
    """What a model might say of these cells: each is a blast with 0.9."""
    cells = measure(masks, 0.1)
    told = np.tile(np.float32([0.1, 0.6, 0.1, 0.1, 0.1]), (len(cells) - 1, 1))
    cells = with_said(cells, predictions(told, DecisionParameters(), FAB5), FAB5)
    size = PixelSize(0.1, "user", 0.0)
    return Analysis("field", masks, cells, size, (), MODEL, "CPU", AnalysisParameters())


def project_of(folder: Path, seeds=((1, 2),), case: str = "", identifier: str = "") -> Database:
    """A slide for each entry of `seeds`, with a field for each seed in it, six cells on each."""
    project = create_project(folder)
    for n, some in enumerate(seeds):
        paths = []
        for seed in some:
            path = folder.parent / f"{folder.name} Jane Doe {seed}.png"
            cv2.imwrite(str(path), picture(seed)[..., ::-1])
            paths.append(path)
        import_fields(project, paths, case if n == 0 else "", identifier if n == 0 else "")
    for field in fields_of(project):
        keep_analysis(project, field.field_id, analysed(discs()))
    return project


def say(
    project: Database,
    label: int,
    word: Word | None,
    field_id: int = 1,
    reader_id: int = 1,
    reading_id: int | None = None,
    crop: str | None = None,
) -> None:
    """A reader calls a cell by a word, as a window would record it."""
    centre = {one.label: one.centroid_yx_px for one in cells_of(project, field_id)}[label]
    told = Predicted(Word.of(FAB5, "blast"), MODEL, 0.9)
    annotate(project, reader_id, SeenCell(field_id, label, centre, crop, told), word, reading_id)


def words(project: Database, reading_id: int | None = None) -> dict[tuple[int, int | None], str]:
    """Words that stand in a reading or in the common record, by field and label."""
    return {
        (one.annotation.seen.field_id, one.label): one.word.name
        for one in standing(project, reading_id=reading_id)
    }


def names_of_speakers(project: Database) -> set[str]:
    """Names of readers whose words stand."""
    names = {reader.reader_id: reader.name for reader in readers_of(project)}
    lines = [one for field in fields_of(project) for one in last_lines(project, field.field_id)]
    return {names[one.annotation.reader_id] for one in lines if one.annotation.word}
