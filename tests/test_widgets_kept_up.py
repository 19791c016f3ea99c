"""What is kept up word by word is what would be made anew: counts, colours, table, queue, crops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype._widgets.badges import badge_style
from napari_all_subtype._widgets.layer_kinds import hover_features, words_of
from napari_all_subtype._widgets.sheets import draw_cells, drawn_rows
from napari_all_subtype.cells import edits, table
from napari_all_subtype.cells.edit import box_of
from napari_all_subtype.cells.source import Region
from napari_all_subtype.project.crops import crop_file
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.project_analyses import words_on
from napari_all_subtype.workflow.summarise import counts_of
from napari_all_subtype.workflow.word_counts import WordCounts

pytestmark = pytest.mark.window
pytest_plugins = ["window_fixtures", "review_fixtures"]


@pytest.fixture
def session(reviewed):
    return reviewed.reviewer.session


def holds(review, session):
    """Whatever hangs on words is as if it was made now."""
    analysis, layers = session.result().analysis, session.layers
    cells, view = analysis.cells, session.layers.view
    there = table.present(cells)
    field = session.field.kept.field_id
    said = {k: word for k, word in table.annotations(there).items() if word}
    assert said == words_on(session.record.database, field)
    assert session.counts(0) == counts_of([WordCounts.of(cells)], FAB5)
    assert review.reviewer.queue.position[2:] == (len(said), len(there))
    pd.testing.assert_frame_equal(layers.cells.features, hover_features(cells, FAB5))
    drawn, codes = np.zeros_like(view.canvas), layers.codes
    marks = (layers.look.min_confidence, layers.picked, layers.selected)
    rows = drawn_rows(cells, there.index, codes)
    draw_cells(drawn, view.analysis.masks.labels, rows, codes, view.ring_px, *marks)
    np.testing.assert_array_equal(layers.subtypes.data, drawn)


@pytest.mark.parametrize("seed", [0, 1])
def test_words_undo_and_redo_leave_what_would_be_made_anew(reviewed, session, qtbot, seed):
    rng, reviewer = np.random.default_rng(seed), reviewed.reviewer
    reviewed.words.go_on.setChecked(False)
    for _ in range(14):
        step = rng.choice(["word", "word", "word", "undo", "redo", "look"])
        if step == "word":
            some = rng.choice(5, rng.integers(1, 6), replace=False) + 1
            session.selection.set([(0, label) for label in some.tolist()])
            reviewer.speaker.say(str(rng.choice(["", *words_of(FAB5)])))
        elif step == "look":
            session.layers.change_look(min_confidence=float(rng.choice([0.0, 0.9])))
        else:
            reviewer.do(str(step))
        holds(reviewed, session)
    letters = badge_style(session.result().analysis, session.layers.look)[1]
    qtbot.waitUntil(
        lambda: session.layers.letters.features["letter"].tolist() == letters, timeout=5000
    )


def test_picture_of_a_picked_cell_is_there_before_its_word(session, qtbot, monkeypatch):
    cut, crops = [], session.pixels.crops
    monkeypatch.setattr(
        session.pixels, "crops", lambda labels: (cut.extend(labels), crops(labels))[1]
    )
    session.place_wanted.emit(0, 2)
    qtbot.waitUntil(lambda: cut == [2], timeout=5000)
    (name,) = {one.name for one in session.crops.of([2]).values()}
    assert cut == [2]
    assert session.crops.of([2, 3])[2].name == name
    assert cut == [2, 3]
    assert session.crops.of([2, 3]) == {k: crop_file(crop) for k, crop in crops([2, 3]).items()}


def test_picture_of_a_cell_whose_outline_changed_is_made_anew(session, analysed, qtbot):
    before, outlines = session.crops.of([1, 2]), analysed[1].editor.outlines
    outlines.change(lambda masks, cells: without_lower_half(masks, cells, 1))
    qtbot.waitUntil(lambda: session.result().analysis.edits == 1, timeout=10_000)
    after = session.crops.of([1, 2])
    assert after == {k: crop_file(crop) for k, crop in session.pixels.crops([1, 2]).items()}
    assert after[1] != before[1]
    assert after[2] == before[2]


def without_lower_half(masks, cells, label):
    y0, x0, y1, x1 = (int(cells[side].iat[label]) for side in table.BOX)
    region = Region((y0 + y1) // 2, x0, y1, x1)
    part = masks.labels[box_of(region)]
    return edits.repaint(masks, cells, region, np.where(part == label, 0, part))
