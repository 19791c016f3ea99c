"""The tables of docs/model-card.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import bundled_floor

from napari_all_subtype.cells.model_facts import FalseBlasts
from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.model.card_parts import Measurement
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    FittingParameters,
    NetworkParameters,
)
from napari_all_subtype.workflow.blank_limit import limit_of_blank
from napari_all_subtype.workflow.card_facts import (
    CEILING_SHARE,
    LEFT_OUT,
    SIMULATED,
    TESTED_ON,
    facts_of,
)

COUNTS = (100, 200)
# Figures on simulated cells: as they are named, and as cards of compact-2 and before name them.
ON_SIMULATED = (CEILING_SHARE, "share of simulated")
COLUMNS = ("AUROC", "sensitivity", "specificity", "balanced accuracy", "ECE")
# What the pictures are; no figures here.
KINDS = {
    "all_idb2": "blood, one cell each",
    "mll": "bone marrow, one cell each, blasts of any lineage",
    "segmentation_wbc_d1": "normal blood, rapid stain",
    "segmentation_wbc_d2": "normal blood, analyser",
    "txl_pbc": "normal blood, analyser",
    "txl_raabin": "normal blood, microscopes and telephones",
    "bccd": "normal blood, low contrast",
    "draaslan": "normal blood, strong stain",
    SIMULATED: "drawn by this package",
}


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _by_test(card: ModelCard) -> dict[tuple[str, str], dict[str, Measurement]]:
    """(protocol, laboratory) -> name -> figure, in the card's order."""
    found: dict[tuple[str, str], dict[str, Measurement]] = {}
    for one in card.measured:
        if TESTED_ON in one.protocol:
            protocol, laboratory = one.protocol.split(f"; {TESTED_ON}")
            found.setdefault((protocol, laboratory), {})[one.name] = one
    return found


def _value(one: Measurement | None, digits: int = 3) -> str:
    if one is None:
        return ""
    within = "" if one.low is None else f" ({one.low:.{digits}f}–{one.high:.{digits}f})"
    return f"{one.value:.{digits}f}{within}"


def _percent(value: float) -> str:
    """As a percentage: of less than ten with one digit, for that is where normal blood lies."""
    return (
        f"{100 * value:.1f}" if round(100 * value, 1) % 1 and value < 0.1 else f"{100 * value:.0f}"
    )


def _share(value: float, low: float, high: float) -> str:
    return f"{_percent(value)} % ({_percent(low)}–{_percent(high)})"


def figures_table(
    card: ModelCard, networks: dict[str, int], floors: dict[str, dict[str, float]]
) -> str:
    """Figures of laboratories with blasts, left out of training and in it.

    `floors` is protocol and laboratory, as cards name them, to the error of perfect confidences.
    """
    rows = []
    for (protocol, laboratory), figures in sorted(
        _by_test(card).items(), key=lambda item: (not item[0][0].startswith(LEFT_OUT), item[0][1])
    ):
        if "AUROC" not in figures:
            continue
        apart = protocol.startswith(LEFT_OUT)
        cells = f"{figures['AUROC'].crops} ({figures['AUROC'].groups})"
        name = "all together" if laboratory == "all" else f"`{laboratory}`"
        how = f"**left out** ({networks[laboratory]} networks)" if apart else protocol.split(",")[0]
        values = [_value(figures.get(column)) for column in COLUMNS]
        floor = bundled_floor.shown(floors.get(f"{protocol}; {TESTED_ON}{laboratory}"))
        rows.append((name, how, cells, *values, floor))
    head = ("tested on", "in training", "cells (groups)", *COLUMNS, bundled_floor.NAME)
    return _table(head, rows)


def normal_blood_table(card: ModelCard, novelty: list[dict], cells: dict[str, int]) -> str:
    """False blasts, limits of blank and cells called unknown, of laboratories left out.

    `cells` is how many of each laboratory were tested that are no blasts.
    """
    tests = _by_test(card)
    unknown = {row["what"]: row.get("unknown, laboratory left out") for row in novelty}
    stated = facts_of(card).false_blasts
    rates = [replace(one, cells=cells[one.laboratory]) for one in stated]
    normal = [one for one in rates if not one.beside_blasts]
    rows = []
    for one in (*normal, *(one for one in rates if one.beside_blasts)):
        figures = next(
            f for (p, lab), f in tests.items() if p.startswith(LEFT_OUT) and lab == one.laboratory
        )
        strange = unknown.get(f"real cells of `{one.laboratory}`")
        name = f"`{one.laboratory}`" + (", beside its blasts" if one.beside_blasts else "")
        rows.append(
            (
                name,
                str(one.cells),
                _false_blasts(figures),
                *_limits([one]),
                _share(strange["value"], strange["low"], strange["high"]) if strange else "",
            )
        )
        if one is normal[-1]:
            whole = f"**one of these {len(normal)}, not known which**"
            rows.append((whole, "", "", *(f"**{v}**" for v in _limits(normal)), ""))
    limits = tuple(f"limit of blank of {n}" for n in COUNTS)
    return _table(("laboratory", "cells", "called blast", *limits, "called unknown"), rows)


def _false_blasts(figures: dict[str, Measurement]) -> str:
    if "false blast rate" in figures:
        one = figures["false blast rate"]
        return _share(one.value, one.low, one.high)
    one = figures["specificity"]
    return _share(1 - one.value, 1 - one.high, 1 - one.low)


def _limits(rates: list[FalseBlasts]) -> list[str]:
    return [str(limit_of_blank(rates, n)) for n in COUNTS]


def failure_table(failures: list[dict], pictures: str) -> str:
    """A picture and what was said, case by case."""
    rows = []
    for row in failures:
        picture = f"![{row['title']}, as usual and made hard]({pictures}/{row['name']}.jpg)"
        words = (
            f"**{row['title']}** — {row['wrong']}:<br>{_tally(row['usual'])}<br>→ "
            f"{_tally(row['hard'])}<br>Left: {_said(row['usual'])}. Right: {_said(row['hard'])}."
        )
        rows.append((picture, words))
    return _table(("as usual · made hard", "what the product said"), rows)


def _tally(version: dict) -> str:
    within = f"{_percent(version['low'])}–{_percent(version['high'])} %"
    words = ", ".join(f"{count} {word}" for word, count in version["called"].items())
    return f"{version['what']}: **{version['wrong']} of {version['cells']}** ({within}); {words}"


def _said(version: dict) -> str:
    said, p = version["shown"]["said"], version["shown"]["p_blast"]
    return f"*{said}*" if p is None else f"*{said}*, p(blast) {p:.2f}"


def worth_table(cost: dict[str, dict[str, list[float]]]) -> str:
    """What leaving out each laboratory changes on its own cells."""
    rows = [
        (f"`{laboratory}`", name, *_cost(values))
        for laboratory, figures in sorted(cost.items())
        for name, values in figures.items()
    ]
    head = ("dataset", "figure", "in training", "left out", "difference")
    return _table(head, sorted(rows, key=lambda row: row[1] == "false blast rate"))


def _cost(values: list[float]) -> tuple[str, str, str]:
    """In training, left out, and the difference with its interval."""
    known, left, change, low, high = values
    moved = f"{change:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
    return f"{known:.3f}", f"{left:.3f}", moved


def others_of(cost: dict[str, dict[str, dict]], commits: Sequence[str] = ()) -> str:
    """What leaving datasets out changes for other laboratories, or that nobody measured it.

    Parameters
    ----------
    commits : sequence of str
        At which both networks of each row were trained, where these are not those of the page.
    """
    if not cost:
        return (
            "What **other laboratories lose or gain by it was not measured**: a small difference "
            "does\nnot make a dataset worthless, nor a large one good for all."
        )
    rows = [
        (
            _named(datasets),
            f"`{laboratory}`",
            f"{row['cells']} ({row['blasts']})",
            str(row["groups"]),
            name,
            *_cost(values),
        )
        for datasets, laboratories in sorted(cost.items())
        for laboratory, row in sorted(laboratories.items())
        for name, values in row["figures"].items()
    ]
    head = (
        *("left out", "tested on", "cells (blasts)", "groups", "figure"),
        *("in training", "left out of it", "difference"),
    )
    told = (
        "What **other laboratories lose or gain by it**, on groups that neither network was "
        "trained on, one\nfold and one seed each. What leaving out a laboratory with blasts does "
        "to others was not\nmeasured."
    )
    if commits:
        told += f" Networks trained for this alone, at {', '.join(f'`{one}`' for one in commits)}."
    return f"{told}\n\n{_table(head, rows)}"


def _named(datasets: str) -> str:
    """Names of folds in full, as the other tables have them."""
    short = {"d1": "segmentation_wbc_d1", "d2": "segmentation_wbc_d2"}
    return ", ".join(f"`{short.get(name, name)}`" for name in datasets.split(", "))


def data_table(card: ModelCard, um_per_px: dict[str, list[float]]) -> str:
    """What each dataset is, taught and may be used for."""
    rows = []
    for data in card.trained_on:
        taught = _counts(data.taught)
        if data.by_rule:
            taught += f"; by FAB rules {_counts(data.by_rule)}"
        scale = ""
        if data.dataset in um_per_px:
            middle, finest, coarsest = um_per_px[data.dataset]
            scale = f"{middle:g}" + (f" ({finest:g}–{coarsest:g})" if finest < coarsest else "")
        kind = KINDS.get(data.dataset, "")
        rows.append(
            (
                f"`{data.dataset}`",
                kind,
                str(data.crops),
                str(data.groups),
                taught,
                scale,
                data.terms,
            )
        )
    head = ("dataset", "what", "crops", "groups", "teaches", "µm/px", "terms as stated")
    return _table(head, rows)


def _counts(words: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in words.items())


def forms_table(card: ModelCard) -> str:
    """How the scores of the subtypes follow what was drawn, on simulated cells."""
    rows = [
        (one.name, one.protocol, f"{one.value:.2f}", str(one.crops))
        for one in card.measured
        if one.name.startswith(ON_SIMULATED)
    ]
    return _table(("figure", "on", "share", "cells"), rows)


def parameter_tables(setting: list[dict]) -> str:
    """Settings of network, fitting and augmentation with their descriptions, folded away."""
    network, fitting, augmentation = setting[:3]
    tables = [
        ("Variation of each crop", AugmentationParameters, {"": augmentation}),
        ("Fitting", FittingParameters, fitting),
        ("Network", NetworkParameters, {"": network}),
    ]
    return "\n\n".join(
        f"<details><summary>{title}</summary>\n\n{_parameters(model, columns)}\n\n</details>"
        for title, model, columns in tables
    )


def _parameters(model, columns: dict[str, dict]) -> str:
    names = list(next(iter(columns.values())))
    rows = []
    for name in names:
        field = model.model_fields.get(name)
        what = field.description if field else name
        rows.append((what, *(_plain(values.get(name)) for values in columns.values())))
    titles = [title.replace("_logits", " opinion") or "value" for title in columns]
    return _table(("", *titles), rows)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def files_table(card: ModelCard, sizes: dict[str, int]) -> str:
    """Files beside the card, their sizes and hashes."""
    rows = [(f"`{name}`", f"{sizes[name]}", f"`{sha}`") for name, sha in card.files.items()]
    return _table(("file", "bytes", "SHA-256"), rows)
