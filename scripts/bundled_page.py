"""The page of the bundled model's figures: docs/figures/model.md."""

from __future__ import annotations

# What was looked at before the settings stood; add to it when they change after a look.
HISTORY = (
    "These cells were looked at while the settings were chosen, so the figures lean to the",
    "hopeful side; no cells were kept back. Looks at laboratories left out (AUROC, `mll` then",
    "`all_idb2`, one seed each, cells found only): a small network from scratch at 64 px 0.77,",
    "0.79; logistic regression on measures of size and shape 0.87, 0.88; EfficientNet-Lite0 from",
    "ImageNet 0.84, 0.90, all in grey 0.88, 0.87. Then the scale of both was measured by their red",
    "cells (0.088 and 0.08 to 0.11 um/px, where 0.10 and 0.13 had been assumed): shape 0.81, 0.94;",
    "picture 0.84, 0.93. That `mll` fell although its scale is right now has a reason: blasts of",
    "`all_idb2` are small ones. With blasts shown in all sizes: outlines alone 0.87, 0.93; picture",
    "0.88; mean of both 0.905 on `mll`. Tried and left out: one network that sees both (0.85 on",
    "`mll`), features of frozen stages (0.73 to 0.86 on `mll`), support vectors and wider heads on",
    "them, directions that tell laboratories apart taken out, crops with their surroundings. For",
    "the third model: three times as many steps (0.895, 0.933: no better on a laboratory left out;",
    "fewer false blasts inside), a quarter of the draws from simulated blasts and normal cells",
    "judged against each other (0.895, 0.928; more false blasts), laboratories of normal cells",
    "drawn more often (same AUROC, a seventh of the blasts of `mll` lost).",
)
# What the figures are held against.
ASKED = {
    ("mll", "AUROC"): 0.92,
    ("all_idb2", "AUROC"): 0.97,
    ("mll", "balanced accuracy"): 0.85,
    ("all_idb2", "balanced accuracy"): 0.92,
}

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
        "spread of training. Groups are",
        "blocks of files or single fields, **not patients**. The rate of normal cells called blast",
        "is 1 − specificity where a laboratory has blasts too. ECE: calibration error of the",
        "confidence of the decision, at the temperature of the other laboratories or folds.",
        "",
        "**L1, L2 and L3 are not measured here**: no real image with such a label exists. They are",
        "scores learned from simulated cells.",
        "",
        *HISTORY,
        "",
        "| trained without, tested on | figure | to reach | measured | each seed |",
        "|---|---|---|---|---|",
        *_against_asked(content["rows"]),
        "",
        f"Temperature in the card: {content['temperature']:.2f}, from {content['calibrated_on']}.",
        f"Split {content['split_hash']}, crops {content['data_hash']}; single values, seeds and",
        "commits in `model.json`.",
        "",
        "| protocol | tested on | cells (blasts) | groups | " + " | ".join(COLUMNS) + " |",
        "|---|---|---|---|" + "---|" * len(COLUMNS),
    ]
    for row in content["rows"]:
        shown = [_shown(row["figures"].get(name)) for name in COLUMNS]
        lead = f"{row['protocol']} | {row['tested on']} | {row['crops']} ({row['blasts']})"
        lines.append(f"| {lead} | {row['groups']} | {' | '.join(shown)} |")
    thresholds = content["at the threshold of recoloured blasts"]
    lines += _of_thresholds(thresholds) if thresholds else []
    lines += _of_probe(content["laboratory probe"]) if content["laboratory probe"] else []
    return "\n".join(lines) + "\n"


def _of_thresholds(rows: list[dict]) -> list[str]:
    return [
        "",
        "## Normal cells of another laboratory, at the threshold for its blasts",
        "",
        "Laboratory and some blasts of the others left out of training; those blasts shown in the",
        "stain of the laboratory. At the threshold at which 90 % of them are called blast, so many",
        "of its own normal cells are too (asked: at most 3 %). Interval by bootstrap over groups",
        "of both; one seed.",
        "",
        "| laboratory | cells, recoloured blasts | threshold | false blast rate there "
        "| recoloured blasts called at 0.5 |",
        "|---|---|---|---|---|",
        *(
            f"| {row['tested on']} | {row['cells']}, {row['recoloured blasts']} "
            f"| {row['threshold']:.2f} | {_shown(row['false blast rate'])} "
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
        "95 % interval over them. At chance nothing of the laboratory would be left.",
        "",
        "| class | features | chance | balanced accuracy of the laboratory |",
        "|---|---|---|---|",
        *(
            f"| {row['class']} | {row['features']} | {row['chance']:.2f} "
            f"| {_shown(row['balanced accuracy'])} |"
            for row in rows
        ),
    ]


def _against_asked(rows: list[dict]) -> list[str]:
    apart = {row["tested on"]: row for row in rows if "left out" in row["protocol"]}
    lines = []
    for (name, figure), asked in ASKED.items():
        if name in apart:
            found = apart[name]["figures"][figure]
            each = ", ".join(f"{value:.3f}" for value in found[3])
            lines.append(f"| `{name}` | {figure} | {asked:.2f} | {_shown(found)} | {each} |")
    return lines


def _shown(figure: tuple | None) -> str:
    return "" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"
