"""A project with 50 images and 50,000 annotations, and how long a window takes to open it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import napari
from review_clock import spent_ms
from review_field import make_field, settle, wait

from napari_all_subtype._widgets.dock import AnalyseSmear
from napari_all_subtype._widgets.review.dock import ReviewSmear
from napari_all_subtype.cells import table
from napari_all_subtype.project.annotation import SeenCell, Word
from napari_all_subtype.project.annotations import annotate_many
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.project_keeping import enter_field, ready_field

IMAGES = 50
TILES = (2, 5)  # of one image: 10 MP, 1,000 cells
OPENED = 7


def open_project_row() -> dict:
    """Until the project is shown and can be read in, and until its first image is in sight."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        said = make_project(project, Path(folder))
        times = [_opened(project, said) for _ in range(OPENED)]
    opened, seen = (list(each) for each in zip(*times, strict=True))
    return {"opened": opened, "until the first image is in sight": seen}


def _opened(project: Path, said: int) -> tuple[float, float]:
    """Both times in a new window, in milliseconds."""
    viewer = napari.Viewer(show=True)
    dock, review = AnalyseSmear(viewer), ReviewSmear(viewer)
    for widget in (dock, review):
        viewer.window.add_dock_widget(widget)
    session = dock.controller.session
    record = session.record
    settle()

    def look() -> None:
        record.keeper.open_smear(record.keeper.smears()[0])
        wait(lambda: session.layers.view is not None and session.in_view)

    opened = spent_ms(lambda: record.open(project))
    seen = opened + spent_ms(look)
    if not record.writable or len(session.fields) != IMAGES:
        raise SystemExit("the project was not opened to be written in")
    if (table.annotations(session.result().analysis.cells) != "").sum() != said:
        raise SystemExit("not every word is shown")
    record.close()
    settle()
    viewer.close()
    return opened, seen


def make_project(folder: Path, pictures: Path) -> int:
    """Make the project; how many words there are on each of its images."""
    pixels, analysis = make_field(*TILES)
    labels = table.present(analysis.cells).index.tolist()
    words = [Word.of(FAB5, FAB5.names[label % len(FAB5)]) for label in labels]
    places = list(table.few_rows(analysis.cells, labels, ["centroid_y_px", "centroid_x_px"]))
    with create_project(folder) as project:
        reader_id = reader_named(project, "Dr. A").reader_id
        slide_id = None
        for n in range(IMAGES):
            path = pictures / f"field {n}.png"
            pixels[0, 0] = n  # another picture
            cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
            named = replace(analysis, name=path.name)
            kept, _ = enter_field(project, ready_field(project, named, path), slide_id)
            slide_id = kept.slide_id
            seen = [
                SeenCell(kept.field_id, label, (at.centroid_y_px, at.centroid_x_px), None, None)
                for label, at in zip(labels, places, strict=True)
            ]
            annotate_many(project, reader_id, seen, words)
        count = project.row("SELECT count(*) FROM annotations")[0]
        if count != IMAGES * len(labels):
            raise SystemExit(f"{count} annotations were made")
    return len(labels)
