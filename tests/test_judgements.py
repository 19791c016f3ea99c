"""What was judged by eye outlives the next measurement, and nothing is judged by itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from judgements import (
    BOX,
    COLUMNS,
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    PRESENT,
    UNJUDGED,
    VANISHED,
    recall_and_precision,
    with_judgements,
)

NOT_BOXED = "annotation: cell not boxed"
DIRT = "ours: platelets, red cell or dirt taken"
NOTHING = pd.DataFrame(columns=COLUMNS)


def row(box, kind=FALSE_POSITIVE, image="a.png", best_iou=0.0):
    named = {"dataset": "set", "image": image, "kind": kind, "best_iou": best_iou}
    return named | dict(zip(BOX, box, strict=True))


def judged(*rows):
    """A table as a person left it: pairs of a row and its cause."""
    return pd.DataFrame([r | {"status": PRESENT, "cause": cause} for r, cause in rows])[COLUMNS]


def causes(table):
    return table.loc[table["status"] == PRESENT, "cause"].tolist()


HERE = (10, 10, 60, 60)
ALMOST_HERE = (11, 10, 60, 62)
ELSEWHERE = (200, 200, 250, 250)


def test_the_first_time_everything_is_unjudged() -> None:
    assert causes(with_judgements(pd.DataFrame([row(HERE)]), NOTHING)) == [UNJUDGED]


def test_a_box_that_moved_by_a_pixel_keeps_its_cause() -> None:
    table = with_judgements(pd.DataFrame([row(ALMOST_HERE)]), judged((row(HERE), DIRT)))
    assert table[[*BOX, "cause"]].values.tolist() == [[*ALMOST_HERE, DIRT]]


@pytest.mark.parametrize(
    "now",
    [
        row(ELSEWHERE),
        row(HERE, image="b.png"),
        row(HERE, kind=FALSE_NEGATIVE),
        row(HERE, best_iou=0.45),  # it was cut in two, and is now missed: another cause
    ],
)
def test_another_disagreement_is_unjudged_and_the_old_one_vanished(now) -> None:
    table = with_judgements(pd.DataFrame([now]), judged((row(HERE), DIRT)))
    assert causes(table) == [UNJUDGED]
    assert table.loc[table["status"] == VANISHED, "cause"].tolist() == [DIRT]


def test_one_that_comes_back_is_judged_as_before() -> None:
    once = judged((row(HERE), DIRT))
    away = with_judgements(pd.DataFrame([row(ELSEWHERE)]), once)
    back = with_judgements(pd.DataFrame([row(HERE)]), away)
    assert causes(back) == [DIRT]
    assert len(back) == 1


def test_of_two_near_boxes_each_keeps_its_own_cause() -> None:
    near = (14, 10, 64, 60)
    kept = judged((row(HERE), DIRT), (row(near), NOT_BOXED))
    table = with_judgements(pd.DataFrame([row(near), row(HERE)]), kept)
    assert dict(zip(table["y0_px"], table["cause"], strict=True)) == {10: DIRT, 14: NOT_BOXED}


def test_made_again_from_its_own_file_nothing_changes(tmp_path) -> None:
    found = pd.DataFrame([row(HERE), row(ELSEWHERE, kind=FALSE_NEGATIVE)])
    first = with_judgements(found, judged((row(HERE), DIRT), (row((0, 0, 9, 9)), NOT_BOXED)))
    first.to_csv(tmp_path / "kept.csv", index=False)
    again = with_judgements(found, pd.read_csv(tmp_path / "kept.csv"))
    pd.testing.assert_frame_equal(again, first)


def test_a_misspelt_cause_is_refused() -> None:
    with pytest.raises(ValueError, match="anotation"):
        with_judgements(pd.DataFrame([row(HERE)]), judged((row(HERE), "anotation: not boxed")))


def test_only_what_is_the_annotations_is_set_aside() -> None:
    table = judged(
        (row(HERE), NOT_BOXED),
        (row(ELSEWHERE), DIRT),
        (row(HERE, kind=FALSE_NEGATIVE), "annotation: boxed, but no white cell"),
        (row(ELSEWHERE, kind=FALSE_NEGATIVE), "definition: smudge or broken cell"),
    )
    gone = table.iloc[:1].assign(status=VANISHED)
    counts = {"known": 10, "found": 10, "matched": 8}
    assert recall_and_precision(counts, pd.concat([table, gone])) == {
        "recall": 0.8,
        "precision": 0.8,
        "recall, set aside": pytest.approx(8 / 9),
        "precision, set aside": pytest.approx(8 / 9),
    }
