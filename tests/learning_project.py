"""A project of small pictures of one disc each, whose colour tells the class."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.masks import keep_masks
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.segmentations import Segmentation, store_segmentation
from napari_all_subtype.project.smears import add_case, add_field, add_slide, add_specimen
from napari_all_subtype.project.tables import keep_table
from napari_all_subtype.project.taxonomies import taxonomy_of
from napari_all_subtype.workflow.project_analyses import placed_cells
from napari_all_subtype.workflow.project_cells import ONE_CELL

UM = 0.375
COLOURS = {"normal": (200, 160, 200), "blast": (90, 60, 150), "l1": (90, 120, 90)}


def picture(kind, seed, side=48, radius=14):
    """A disc with a darker nucleus on a pale ground, each with its own texture."""
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[:side, :side]
    away = np.hypot(y - side / 2, x - side / 2)
    pixels = np.full((side, side, 3), 235, float)
    pixels[away < radius] = COLOURS[kind]
    pixels[away < radius / 2] = np.array(COLOURS[kind]) * 0.7
    coarse = cv2.resize(rng.normal(0, 18, (side // 3, side // 3)), (side, side))
    pixels += coarse[..., None] * (away < radius)[..., None]
    labels, nuclei = (away < radius).astype(np.int32), (away < radius / 2).astype(np.int32)
    return pixels.clip(0, 255).astype(np.uint8), CellMasks(labels, nuclei)


def add_picture(project, home, case, kind, seed, word=None, reader_id=1):
    """Field of one picture of `case`; `word` is said of its cell."""
    pixels, masks = picture(kind, seed)
    file = home / f"{case}-{kind}-{seed}.png"
    cv2.imwrite(str(file), pixels[..., ::-1])
    slide = add_slide(project, add_specimen(project, add_case(project, identifier=case)))
    digest = pixels_sha256(pixels)
    field_id = add_field(project, slide, file, digest, pixels.shape[:2], UM, "user")
    cells = measure(masks, UM)
    kept = Segmentation(ONE_CELL, {}, keep_masks(project, masks), keep_table(project, cells))
    (placed,) = placed_cells(cells)
    store_segmentation(project, field_id, kept, [placed], {})
    if word:
        seen = SeenCell(field_id, 1, placed.centroid_yx_px)
        annotate(project, reader_id, seen, Word.of(taxonomy_of(project), word))
    return field_id


def learning_project(folder: Path, cases=6, each=2, unlabelled=4):
    """`each` labelled cells of both sides in every case, and others in cases of their own."""
    home = folder.parent / "pictures"
    home.mkdir(exist_ok=True)
    project = create_project(folder)
    reader_named(project, "Dr. A")
    seed = 0
    for case in range(cases):
        for kind in ("normal", "blast"):
            for _ in range(each):
                seed += 1
                add_picture(project, home, f"case {case}", kind, seed, kind)
    for case in range(unlabelled):
        for kind in ("normal", "blast", "normal", "blast"):
            seed += 1
            add_picture(project, home, f"other {case}", kind, seed)
    return project
