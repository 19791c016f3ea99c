"""Where our boxes and the annotated ones disagree, each with its cause as a person judged it.

``make figures-boxes`` writes ``docs/figures/box_disagreements.csv`` and ``.md``. Causes
are filled in by hand, in the last column of the table, from the contact sheets that are
written to ``build/box-disagreements`` (never committed: the images are not ours); what
was judged is kept when it is made again, and what is new is *unjudged*.
"""

from __future__ import annotations

import datetime

import cv2
import numpy as np
import pandas as pd
from checkout import commit
from development_images import FOLDER, NOMINAL_UM_PER_PX, REPOSITORY, manifest, truth_of
from judgements import (
    BOX,
    CAUSES,
    COLUMNS,
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    PRESENT,
    recall_and_precision,
    with_judgements,
)
from scores import box_matches, box_overlaps

from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.segmentation import segment
from napari_all_subtype.cells.table import present

BOXED = ("txl_pbc", "txl_raabin", "bccd", "draaslan")
TABLE = REPOSITORY / "docs" / "figures" / "box_disagreements.csv"
SHEETS = REPOSITORY / "build" / "box-disagreements"
_VIEW_PX, _VIEWS_PER_ROW, _ROWS_PER_SHEET = 300, 2, 3
_MARGIN = 0.8
_RED, _GREEN, _YELLOW = (220, 30, 30), (0, 150, 60), (250, 220, 0)


def main() -> None:
    """Find the disagreements, keep what was judged, write table, summary and sheets."""
    cv2.setNumThreads(1)
    rows = manifest()
    found, counts = [], {}
    SHEETS.mkdir(parents=True, exist_ok=True)
    for path in SHEETS.glob("*.png"):
        path.unlink()
    for dataset in BOXED:
        views, counts[dataset] = [], {"known": 0, "found": 0, "matched": 0}
        for _, row in rows[rows["dataset"] == dataset].iterrows():
            for disagreement, view in _of_image(row, counts[dataset]):
                found.append(disagreement)
                views.append(view)
        _write_sheets(dataset, views)
        print(dataset, counts[dataset], flush=True)
    kept = pd.read_csv(TABLE) if TABLE.is_file() else pd.DataFrame(columns=COLUMNS)
    judged = with_judgements(pd.DataFrame(found), kept)
    judged.to_csv(TABLE, index=False, lineterminator="\n")
    TABLE.with_suffix(".md").write_text(_markdown(judged, counts))


def _of_image(row: pd.Series, counts: dict[str, int]) -> list[tuple[dict, np.ndarray]]:
    """Disagreements of one image, each with a view of it; its boxes are added to `counts`."""
    dataset, um_per_px = row["dataset"], NOMINAL_UM_PER_PX[row["dataset"]]
    source = open_image(FOLDER / row["file"])
    masks = segment(source, um_per_px)
    cells = present(measure(masks, um_per_px))
    ours, theirs = cells[BOX].to_numpy(float), truth_of(row).boxes
    iou = box_overlaps(ours, theirs)
    matches = box_matches(iou)
    for name, number in zip(counts, (len(theirs), len(ours), len(matches)), strict=True):
        counts[name] += number
    result = []
    for kind, boxes, overlaps, used in (
        (FALSE_POSITIVE, ours, iou, matches[:, 0]),
        (FALSE_NEGATIVE, theirs, iou.T, matches[:, 1]),
    ):
        for k in np.setdiff1d(np.arange(len(boxes)), used):
            best = round(float(overlaps[k].max(initial=0.0)), 3)
            image = row["file"].split("/", 1)[1]
            named = {"dataset": dataset, "image": image, "kind": kind}
            box = dict(zip(BOX, boxes[k].astype(int).tolist(), strict=True))
            view = _view(source.read(), masks, boxes[k], theirs, f"{kind} {best} {image}")
            result.append(({**named, **box, "best_iou": best}, view))
    return result


def _view(
    rgb: np.ndarray, masks: CellMasks, box: np.ndarray, theirs: np.ndarray, title: str
) -> np.ndarray:
    """The surroundings of a box, bare and drawn upon: box red, annotation green, ours yellow."""
    side = (1 + _MARGIN) * max(box[2] - box[0], box[3] - box[1])
    middle = (box[:2] + box[2:]) / 2
    zoom = _VIEW_PX / side
    to = np.array([[zoom, 0, _VIEW_PX / 2], [0, zoom, _VIEW_PX / 2]])
    to[:, 2] -= zoom * middle[::-1]
    size = (_VIEW_PX, _VIEW_PX)
    bare = cv2.warpAffine(rgb, to, size, borderValue=(255, 255, 255))
    drawn = bare.copy()
    for labels, width in ((masks.labels, 2), (masks.nuclei, 1)):
        seen = cv2.warpAffine(labels.astype(np.float32), to, size, flags=cv2.INTER_NEAREST)
        for k in np.unique(seen[seen > 0]):
            outline, _ = cv2.findContours(
                (seen == k).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
            )
            cv2.drawContours(drawn, outline, -1, _YELLOW, width)
    for shown, colour in (*((b, _GREEN) for b in theirs), (box, _RED)):
        corners = np.round(to @ np.array([[shown[1], shown[3]], [shown[0], shown[2]], [1, 1]]))
        (x0, x1), (y0, y1) = corners.astype(int).tolist()
        cv2.rectangle(drawn, (x0, y0), (x1, y1), colour, 2)
    strip = np.full((22, 2 * _VIEW_PX, 3), 255, np.uint8)
    cv2.putText(strip, title, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([strip, np.concatenate([bare, drawn], axis=1)])


def _write_sheets(dataset: str, views: list[np.ndarray]) -> None:
    """Contact sheets of the views of one set, in order."""
    per_sheet = _VIEWS_PER_ROW * _ROWS_PER_SHEET
    for start in range(0, len(views), per_sheet):
        part = views[start : start + per_sheet]
        part += [np.full_like(part[0], 255)] * (-len(part) % _VIEWS_PER_ROW)
        lines = [
            np.concatenate(part[k : k + _VIEWS_PER_ROW], axis=1)
            for k in range(0, len(part), _VIEWS_PER_ROW)
        ]
        path = SHEETS / f"{dataset}-{start // per_sheet:02d}.png"
        cv2.imwrite(str(path), np.concatenate(lines)[..., ::-1])


_HEAD = """# Where our boxes and the annotated ones disagree

{date}, commit `{commit}`. Written by `make figures-boxes`; every disagreement is a row of
`box_disagreements.csv`.

White cells, default segmentation, each dataset's own pixel size, box IoU 0.5. The boxes of
`txl_pbc`, `txl_raabin` and `bccd` are semi-automatic. **Recall and precision are the figures**;
they count every disagreement against us. Secondary, and no substitute for them: both with the
disagreements set aside that were judged to be errors of the annotation. The causes were judged by
eye, not by a haematologist, on the image and both boxes; what is a matter of
definition, or unjudged, is never set aside. A cell whose box misses the IoU counts twice, as a
false positive and a false negative.

| dataset | boxes | false positives | false negatives | recall | precision | *recall, annotation's \
errors set aside* | *precision, annotation's errors set aside* |
|---|---|---|---|---|---|---|---|
"""


def _markdown(judged: pd.DataFrame, counts: dict[str, dict[str, int]]) -> str:
    """The summary: figures per dataset, then causes."""
    there = judged[judged["status"] == PRESENT]
    together = {name: sum(c[name] for c in counts.values()) for name in ("known", "found")}
    together["matched"] = sum(c["matched"] for c in counts.values())
    text = _HEAD.format(date=datetime.date.today().isoformat(), commit=commit())
    for dataset, count in {**counts, "together": together}.items():
        part = there if dataset == "together" else there[there["dataset"] == dataset]
        kinds = part["kind"].value_counts()
        values = recall_and_precision(count, part)
        numbers = [count["known"], kinds.get(FALSE_POSITIVE, 0), kinds.get(FALSE_NEGATIVE, 0)]
        shown = [str(n) for n in numbers] + [f"{v:.3f}" for v in values.values()]
        shown[-2:] = [f"*{v}*" for v in shown[-2:]]
        text += f"| `{dataset}` | " + " | ".join(shown) + " |\n"
    table = there.pivot_table(index="cause", columns="dataset", aggfunc="size", fill_value=0)
    text += "\n| cause | " + " | ".join(f"`{d}`" for d in counts) + " | together |\n"
    text += "|---" * (len(counts) + 2) + "|\n"
    for cause in CAUSES:
        if cause in table.index:
            cells = [int(table.loc[cause].get(dataset, 0)) for dataset in counts]
            text += f"| {cause} | " + " | ".join(map(str, [*cells, sum(cells)])) + " |\n"
    return text


if __name__ == "__main__":
    main()
