"""The page of docs/model-card.md: model_card_words.md, filled with what was measured."""

from __future__ import annotations

from pathlib import Path

from bundled_floor import DRAWS
from model_card_reliability import LEFT_OUT
from model_card_tables import (
    data_table,
    failure_table,
    figures_table,
    files_table,
    forms_table,
    normal_blood_table,
    others_of,
    parameter_tables,
    worth_table,
)

from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.workflow.blank_rate import MEASURED_THRESHOLD
from napari_all_subtype.workflow.card_facts import facts_of

PICTURES = "figures/model-card"
# No number stands in it: each is a name in braces.
WORDS = Path(__file__).with_name("model_card_words.md")


def page_of(card: ModelCard, measured: dict, terms: str) -> str:
    """The page in Markdown.

    Parameters
    ----------
    card : ModelCard
        Of the bundled model.
    measured : dict
        As `model_card.measured_of` gives it.
    terms : str
        TERMS.md beside the weights.

    Raises
    ------
    SystemExit
        If `measured` was measured on other weights.
    """
    if measured["weights"] != card.files[card.weights]:
        raise SystemExit("the page was measured on other weights: run `make model-card`.")
    drawn = {row["hard"]["cells"] for row in measured["failures"]}
    parts = {
        "card": card,
        "pictures": PICTURES,
        "limits": "\n".join(f"- {limit}" for limit in card.limits),
        "floor_draws": DRAWS,
        "figures": figures_table(card, measured["networks"], measured["floors"]),
        "normal": normal_blood_table(card, measured["novelty"], _normal_cells(measured)),
        "threshold": MEASURED_THRESHOLD,
        "drawn": " or ".join(str(n) for n in sorted(drawn)),
        "iou": measured["same_cell_iou"],
        "failures": failure_table(measured["failures"], PICTURES),
        "worth": worth_table(measured["cost"]),
        "others": others_of(
            measured.get("cost to others", {}), measured.get("cost measured at", ())
        ),
        "data": data_table(card, measured["um_per_px"]),
        "forms": forms_table(card),
        "network": _network_in_words(card),
        "drawing": _drawing_in_words(measured["drawn"]),
        "parameters": parameter_tables(measured["setting"]),
        "starting": _quoted(terms, "They start from"),
        "terms": _quoted(terms, "**Research use only."),
        "files": files_table(card, measured["bytes"]),
        "libraries": ", ".join(f"{name} {v}" for name, v in card.libraries.items()),
    } | _head_of(card, measured)
    return WORDS.read_text(encoding="utf-8").format(**parts)


def _head_of(card: ModelCard, measured: dict) -> dict[str, object]:
    both = facts_of(card).calibration_laboratories
    finest, coarsest = card.um_per_px_seen
    return {
        "outputs": "`, `".join(card.classes.names),
        "both": " and ".join(f"`{name}`" for name in both),
        "n_both": {1: "one", 2: "two", 3: "three"}.get(len(both), len(both)),
        "finest": finest,
        "coarsest": coarsest,
        "megabytes": measured["bytes"][card.weights] / 1e6,
        "sha": card.files[card.weights],
        "subtypes_from": " and from ".join(facts_of(card).subtypes_from),
    }


def _normal_cells(measured: dict) -> dict[str, int]:
    """Laboratory -> cells tested with it left out of training that are no blasts."""
    bins = {name: parts[LEFT_OUT] for name, parts in measured["reliability"].items()}
    return {name: round(sum(b["cells"]) - sum(b["blasts"])) for name, b in bins.items()}


def _network_in_words(card: ModelCard) -> str:
    n = card.network
    return (
        f"EfficientNet-Lite0, its first {n.stages} stages, the first {n.frozen_blocks} blocks "
        f"frozen as ImageNet left them, and beside it {len(n.outline_widths)} small layers "
        f"({', '.join(map(str, n.outline_widths))} channels) that see only the outlines."
    )


def _drawing_in_words(drawn: dict) -> str:
    """How crops are drawn, as far as it is stated."""
    parts = ["Blasts and normal cells of a laboratory are drawn equally often"]
    if "NORMAL_ONLY" in drawn:
        share = drawn["NORMAL_ONLY"]
        parts[0] += f", laboratories of normal cells alone for {100 * share:.0f} % of all draws"
    if "SIMULATED" in drawn:
        parts[0] += f", simulated cells for {100 * drawn['SIMULATED']:.0f} %"
    if "BY_RULE" in drawn:
        parts[0] += f", blasts named by the FAB rules for {100 * drawn['BY_RULE']:.0f} %"
    if "BLAST_UM" in drawn and "MOST_RESIZED" in drawn:
        (low, high), (least, most) = drawn["BLAST_UM"], drawn["MOST_RESIZED"]
        parts.append(
            f"Blasts are shown in all sizes that blasts have, {low:g} to {high:g} µm, by a factor "
            f"of {least:g} to {most:g}: those of one laboratory are of one sort"
        )
    if "OTHERS_RESIZED" in drawn:
        least, most = drawn["OTHERS_RESIZED"]
        parts.append(f"Others by {least:g} to {most:g}, less than a ruler of red cells can err")
    return ". ".join(parts) + "."


def _quoted(text: str, start: str) -> str:
    """The paragraph of `text` that begins with `start`, as a quotation.

    Raises
    ------
    SystemExit
        If there is none.
    """
    for paragraph in text.split("\n\n"):
        if paragraph.startswith(start):
            return "\n".join(f"> {line}" for line in paragraph.strip().splitlines())
    raise SystemExit(f"TERMS.md has no paragraph that begins with {start!r}.")
