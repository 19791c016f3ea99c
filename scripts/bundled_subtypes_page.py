"""The page of what the subtype outputs follow: docs/figures/subtypes.md."""

from __future__ import annotations

from bundled_data import PATTERNS, SUBTYPES


def page_of(content: dict) -> str:
    """The page, in Markdown."""
    lines = [
        "# What the outputs L1, L2, L3 and Blast follow",
        "",
        f"Made by `make figures-subtypes`, {content['date']}, model {content['model']}.",
        "",
        "**No real cell with a label L1, L2 or L3 could be had.** These outputs are scores: they",
        "were learned from simulated cells, and from real blasts, as they are and altered, named",
        "by the FAB rules of `cells/fab`. Nothing here says how a reader would call a cell.",
        "",
        "## Simulated cells of other seeds",
        "",
        "Share whose strongest output on the blast side is the class that was drawn. The ceiling",
        "is what gradient boosting tells from the true parameters, for the ranges of the classes",
        "overlap as in the FAB table. The training shows simulated cells as large as real ones",
        "of the same kind, which are wider than the simulator draws them: cut as drawn they look",
        "small to the network. It never hears how large the smear's other cells are.",
        "",
        "| cells | n | network | ceiling | share of the ceiling (asked 0.95) | "
        + " | ".join(SUBTYPES)
        + " |",
        "|---|---|---|---|---|" + "---|" * len(SUBTYPES),
    ]
    for row in content["simulated"]:
        each = " | ".join(f"{row['each class'][word]:.2f}" for word in SUBTYPES)
        lines.append(
            f"| {row['cells']} | {row['n']} | {_shown(row['network'])} | {_shown(row['ceiling'])} "
            f"| {row['share of the ceiling']:.2f} | {each} |"
        )
    lines += [
        "",
        "## Real blasts kept apart, beside the FAB rules",
        "",
        "Grouped folds, blasts as they are and altered along chance criteria. Agreement says that",
        "the network has learned the rules, **not that either is right**. *Usual word alone*: what",
        "always saying the commonest pattern would reach.",
        "",
        "| laboratory | blasts | crops | groups | agreement | mean of the patterns "
        "| usual word alone | " + " | ".join(f"{p} (n)" for p in PATTERNS) + " |",
        "|---|---|---|---|---|---|---|" + "---|" * len(PATTERNS),
    ]
    for row in content["rules"]:
        each = row["each pattern"]
        shares = " | ".join(
            f"{each[p][1]:.2f} ({each[p][0]})" if p in each else "" for p in PATTERNS
        )
        lines.append(
            f"| {row['laboratory']} | {row['blasts']} | {row['n']} | {row['groups']} "
            f"| {_shown(row['agreement'])} | {_shown(row['mean of the patterns'])} "
            f"| {row['usual word alone']:.2f} | {shares} |"
        )
    left = content["left out of the rules"]
    lines += [
        "",
        "The edge of the picture cuts some blasts, the larger ones more often: they carry no word.",
        "",
        "| laboratory | blasts with a word | their diameter, um | without | their diameter, um |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {row['with'][0]} | {row['with'][1]:.1f} "
            f"| {row['without'][0]} | {row['without'][1]:.1f} |"
            for name, row in left.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _shown(figure: tuple[float, float, float]) -> str:
    return f"{figure[0]:.2f} ({figure[1]:.2f}–{figure[2]:.2f})"
