"""The page of the bundled model's figures: docs/figures/model.md."""

from __future__ import annotations

import bundled_floor
import bundled_shift
from bundled_bootstrap import in_table
from bundled_ruler import page_lines

# What was looked at before the settings stood, AUROC on `mll` and on `all_idb2`, each left out of
# training; add to it when they change after a look.
HISTORY = (
    ("pixel sizes assumed (0.10 and 0.13 um)", None, None),
    ("a small network from scratch, 64 px", 0.77, 0.79),
    ("logistic regression on size and shape", 0.87, 0.88),
    ("EfficientNet-Lite0 from ImageNet", 0.84, 0.90),
    ("the same, all in grey", 0.88, 0.87),
    ("pixel sizes by red cells (0.088 and 0.08 to 0.11 um)", None, None),
    ("logistic regression on size and shape; blasts of `all_idb2` are small ones", 0.81, 0.94),
    ("EfficientNet-Lite0 from ImageNet", 0.84, 0.93),
    ("blasts shown in all sizes: the outlines alone", 0.87, 0.93),
    ("the picture alone", 0.88, None),
    ("mean of both", 0.905, None),
    ("one network that sees both", 0.85, None),
    ("frozen stages under logistic regression, support vectors or a wider head: best", 0.86, None),
    ("second model, three seeds", 0.892, 0.933),
    ("three times as many steps; laboratories of normal cells more often", 0.895, 0.933),
    ("a quarter of the draws simulated blasts against simulated normal cells", 0.895, 0.928),
    ("laboratories of normal cells more often (a seventh of the blasts lost)", 0.898, None),
    ("third model: half as many steps again, subtypes by FAB rules; three seeds", 0.884, 0.936),
    ("a third of its steps less", 0.891, 0.937),
    ("of that, the outlines alone", 0.861, 0.928),
    ("of that, the picture alone", 0.843, 0.937),
    ("the picture alone, recoloured by a laboratory's mean stain, not cell by cell", 0.817, 0.937),
    ("the picture alone, always in grey", 0.855, 0.928),
    ("always in grey; six in ten in grey", 0.889, 0.936),
    ("measured size, shape, texture and colour (trees, support vectors) beside it", 0.882, 0.944),
)
# What was measured of the ceiling inside, on `mll`.
CEILING = (
    "Nor do laboratories that are in the training reach what was asked: on one fold of `mll` the",
    "picture alone gave 0.939 where colours were hardly varied, the network as it is 0.932;",
    "logistic regression on features from ImageNet, `mll` alone, 0.918 on the stages of this",
    "network, 0.925 at 144 instead of 96 pixels a side, 0.934 on the fourth block of VGG16.",
    "Finer pixels around the nucleus instead of the whole cell, picture alone, one fold and one",
    "seed: 0.923 at 0.27 um and 96 pixels a side, 0.931 at 0.16 um and 96, 0.907 at 0.16 um and",
    "128: no more than seeds differ.",
)
# What the figures are held against: protocol, tested on, figure, bound, and whether from below.
APART, INSIDE = "laboratory left out of training", "5-fold, grouped, all laboratories in training"
ASKED = (
    (APART, "mll", "AUROC", 0.92, True),
    (APART, "all_idb2", "AUROC", 0.97, True),
    (APART, "mll", "balanced accuracy", 0.85, True),
    (APART, "all_idb2", "balanced accuracy", 0.92, True),
    (INSIDE, "mll", "AUROC", 0.97, True),
    (INSIDE, "all_idb2", "AUROC", 0.99, True),
    (INSIDE, "all", "ECE", 0.03, False),
    (INSIDE, "mll", "ECE", 0.06, False),
    (INSIDE, "all_idb2", "ECE", 0.06, False),
)
MOST_FALSE = 0.03  # of normal cells, where 90 % of recoloured blasts are called

COLUMNS = (
    "AUROC",
    "sensitivity",
    "specificity",
    "balanced accuracy",
    "false blast rate",
    "ECE",
)


def page_of(content: dict) -> str:
    """The page, in Markdown, of what `model.json` holds."""
    lines = [
        "# What the bundled model does on cells kept apart",
        "",
        "Made by `make figures-model`. Blast against non-blast leukocyte at",
        "threshold 0.5, on crops cut by the product's segmentation but at the pixel size known of",
        "each dataset, and fields in a window around each box: what a user gets, with the ruler",
        "and on whole fields, stands in `start.md`. An image of one cell counts even where no",
        "cell was found in it; the cell of a field only if it was found.",
        "Mean over seeds, in brackets the 95 % interval by bootstrap over groups, without the",
        "spread of training; of a share that reaches 0 or 1 it is no less than Wilson's.",
        "Groups are blocks of files or single fields, **not patients**. The rate of normal cells",
        "called blast is 1 − specificity where a laboratory has blasts too. ECE: calibration error",
        "of the confidence of the decision, at the temperature of the other laboratories or folds.",
        *(["", *floor] if (floor := bundled_floor.words_of(content["rows"])) else []),
        "",
        "**L1, L2 and L3 are not measured here**: no real image with such a label exists. They are",
        "scores learned from simulated cells and from real blasts named by FAB rules.",
        "",
        "## What was asked for",
        "",
        "| protocol | tested on | figure | asked | measured | perfectly calibrated "
        "| each seed or fold | reached |",
        "|---|---|---|---|---|---|---|---|",
        *_against_asked(content["rows"]),
        *_false_against_asked(content["at the threshold of recoloured blasts"]),
        "",
        "Not measured: blasts of a third laboratory, for there are none here. What the subtype",
        "outputs follow stands in `subtypes.md`, altered blasts in `altered.md`.",
        "",
        *_history(),
        "",
        "## Every laboratory",
        "",
        f"Temperature in the card: {content['temperature']:.2f}, from {content['calibrated_on']}.",
        f"Split {content['split_hash']}, crops {content['data_hash']}; single values, seeds and",
        "commits in `model.json`.",
        "",
        f"| protocol | tested on | cells (blasts) | groups | {' | '.join(COLUMNS)} "
        f"| {bundled_floor.NAME} |",
        "|---|---|---|---|---|" + "---|" * len(COLUMNS),
    ]
    for row in content["rows"]:
        shown = [in_table(row["figures"].get(name)) for name in COLUMNS]
        lead = f"{row['protocol']} | {row['tested on']} | {row['crops']} ({row['blasts']})"
        shown.append(bundled_floor.shown(row.get(bundled_floor.NAME)))
        lines.append(f"| {lead} | {row['groups']} | {' | '.join(shown)} |")
    thresholds = content["at the threshold of recoloured blasts"]
    lines += _of_thresholds(thresholds) if thresholds else []
    if bundled_shift.KEY in content:
        lines += bundled_shift.page_lines(content[bundled_shift.KEY])
    lines += page_lines(content["the ruler"])
    lines += _of_probe(content["laboratory probe"]) if content["laboratory probe"] else []
    return "\n".join(lines) + "\n"


def _of_thresholds(rows: list[dict]) -> list[str]:
    return [
        "",
        "## Normal cells of another laboratory, at the threshold for its blasts",
        "",
        "Laboratory and some blasts of the others left out of training; those blasts shown in the",
        "stain of the laboratory. At the threshold at which 90 % of them are called blast, so many",
        "of its own normal cells are too (asked: at most 3 %). The threshold is chosen in each",
        "laboratory's own stain and for each network, which no user can do. A blast that was not",
        "found counts with the whole picture. Mean over seeds; interval by bootstrap over groups",
        "of both. Laboratories left out together have networks in common.",
        "",
        "| laboratory | cells, recoloured blasts | seeds | threshold | false blast rate there "
        "| recoloured blasts called at 0.5 |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['tested on']} | {row['cells']}, {row['recoloured blasts']} "
            f"| {len(row['seeds'])} | {row['threshold']:.2f} | {in_table(row['false blast rate'])} "
            f"| {row['recoloured called blast at 0.5']:.2f} |"
            for row in rows
        ),
    ]


def _of_probe(rows: list[dict]) -> list[str]:
    return [
        "",
        "## Is the laboratory still in the features?",
        "",
        "Logistic regression on the penultimate features tells the laboratory of a cell, within a",
        "class and on groups kept from both: balanced accuracy, mean of the grouped folds with a",
        "95 % interval over them. Laboratories with fewer than twelve such cells in a fold are not",
        "asked for, and a probe learned from few cells misses much: take it as the least that the",
        "features tell.",
        "",
        "| class | features | laboratories | chance | balanced accuracy of the laboratory |",
        "|---|---|---|---|---|",
        *(
            f"| {row['class']} | {row['features']} | {', '.join(row['laboratories'])} "
            f"| {row['chance']:.2f} | {in_table(row['balanced accuracy'])} |"
            for row in rows
        ),
    ]


def _history() -> list[str]:
    return [
        "## What was looked at on the way",
        "",
        "These cells were looked at while the settings were chosen, so the figures lean to the",
        "hopeful side; no cells were kept back. AUROC on laboratories left out, one seed and cells",
        "found only unless said, at the commit of that day:",
        "",
        "| tried | `mll` | `all_idb2` |",
        "|---|---|---|",
        *(
            f"| **{what}** | | |"
            if on_mll is None and on_all_idb2 is None
            else f"| {what} | {_two(on_mll)} | {_two(on_all_idb2)} |"
            for what, on_mll, on_all_idb2 in HISTORY
        ),
        "",
        *CEILING,
    ]


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".removesuffix("0")


def _against_asked(rows: list[dict]) -> list[str]:
    found = {(row["protocol"], row["tested on"]): row for row in rows}
    lines = []
    for protocol, tested, figure, bound, from_below in ASKED:
        row = found.get((protocol, tested))
        if row is None:
            continue
        value = row["figures"][figure]
        floor = row.get(bundled_floor.NAME) if figure == "ECE" else None
        each = value[3] if protocol == APART else _each_fold(row, figure)
        reached = value[0] >= bound if from_below else value[0] <= bound
        lines.append(
            f"| {protocol} | {tested} | {figure} | {'≥' if from_below else '≤'} {bound:g} "
            f"| {in_table(value)} | {bundled_floor.shown(floor)} "
            f"| {', '.join(f'{one:.3f}' for one in each)} "
            f"| {'yes' if reached else '**no**'} |"
        )
    return lines


def _each_fold(row: dict, figure: str) -> list[float]:
    return [figures[figure] for figures in row["per fold"].values() if figure in figures]


def _false_against_asked(rows: list[dict]) -> list[str]:
    return [
        f"| {APART}, 90 % of recoloured blasts called | {row['tested on']} | false blast rate "
        f"| ≤ {MOST_FALSE:g} | {in_table(row['false blast rate'])} | "
        f"| {', '.join(f'{one:.3f}' for one in row['false blast rate'][3])} "
        f"| {'yes' if row['false blast rate'][0] <= MOST_FALSE else '**no**'} |"
        for row in rows
    ]
