"""What a person says of boxes that disagree, kept from run to run, and counted by cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scores import box_overlaps

FALSE_POSITIVE, FALSE_NEGATIVE = "false positive", "false negative"
UNJUDGED = "unjudged"
PRESENT, VANISHED = "present", "vanished"

# Whose the disagreement is comes before the colon. Only the annotation's is ever set aside.
ANNOTATION = "annotation"
CAUSES = (
    "annotation: cell not boxed",
    "annotation: box too tight or loose",
    "annotation: one box for two cells",
    "annotation: two boxes for one cell",
    "annotation: boxed, but no white cell",
    "definition: smudge or broken cell",
    "ours: cell missed",
    "ours: cell cut by the border missed",
    "ours: one cell in two",
    "ours: two cells as one",
    "ours: outline too small",
    "ours: outline too large",
    "ours: platelets, red cell or dirt taken",
    UNJUDGED,
)

BOX = ["y0_px", "x0_px", "y1_px", "x1_px"]
COLUMNS = ["dataset", "image", "kind", *BOX, "best_iou", "status", "cause"]
# The same disagreement as before: its box is as good as the same, and so is what it overlaps.
_SAME_BOX_IOU = 0.8
_SAME_OVERLAP = 0.15


def with_judgements(found: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """The disagreements of today with the causes of those that were judged before.

    What is new is unjudged. What was judged and is no longer there stays as
    *vanished*, so that it need not be judged again if it comes back.

    Parameters
    ----------
    found : DataFrame
        Columns dataset, image, kind, `BOX`, best_iou; one row per disagreement.
    kept : DataFrame
        Columns `COLUMNS`; what an earlier call returned, causes filled in.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, sorted.

    Raises
    ------
    ValueError
        If a cause is none of `CAUSES`.
    """
    unknown = sorted(set(kept["cause"]) - set(CAUSES))
    if unknown:
        raise ValueError(f"Causes {unknown}: expected those of judgements.CAUSES.")
    found = found.reset_index(drop=True).assign(status=PRESENT, cause=UNJUDGED)
    kept = kept.reset_index(drop=True)
    earlier = kept.groupby(["dataset", "image", "kind"]).indices
    used = np.zeros(len(kept), bool)
    for key, rows in found.groupby(["dataset", "image", "kind"]).indices.items():
        candidates = earlier.get(key, [])
        for row, before in _same(found.iloc[rows], kept.iloc[candidates]):
            found.loc[rows[row], "cause"] = kept["cause"][candidates[before]]
            used[candidates[before]] = True
    gone = kept[~used & (kept["cause"] != UNJUDGED)].assign(status=VANISHED)
    together = pd.concat([found, gone])[COLUMNS] if len(gone) else found[COLUMNS]
    return together.sort_values(COLUMNS[:7]).reset_index(drop=True)


def _same(found: pd.DataFrame, kept: pd.DataFrame) -> list[tuple[int, int]]:
    """Pairs of rows that are the same disagreement, each row in one pair at most."""
    iou = box_overlaps(found[BOX].to_numpy(float), kept[BOX].to_numpy(float))
    change = np.abs(found["best_iou"].to_numpy()[:, None] - kept["best_iou"].to_numpy()[None])
    iou[change > _SAME_OVERLAP] = 0
    pairs = []
    while iou.size and iou.max() >= _SAME_BOX_IOU:
        row, before = (int(k) for k in np.unravel_index(iou.argmax(), iou.shape))
        pairs.append((row, before))
        iou[row], iou[:, before] = 0, 0
    return pairs


def recall_and_precision(counts: dict[str, int], judged: pd.DataFrame) -> dict[str, float]:
    """Box recall and precision, and both with the annotation's own errors set aside.

    Parameters
    ----------
    counts : dict
        Boxes ``known``, ``found`` and ``matched``.
    judged : DataFrame
        The disagreements of the same images, as :func:`with_judgements` gives them.
    """
    theirs = judged[(judged["status"] == PRESENT) & judged["cause"].str.startswith(ANNOTATION)]
    aside = theirs["kind"].value_counts()
    known = counts["known"] - int(aside.get(FALSE_NEGATIVE, 0))
    found = counts["found"] - int(aside.get(FALSE_POSITIVE, 0))
    return {
        "recall": counts["matched"] / max(counts["known"], 1),
        "precision": counts["matched"] / max(counts["found"], 1),
        "recall, set aside": counts["matched"] / max(known, 1),
        "precision, set aside": counts["matched"] / max(found, 1),
    }
