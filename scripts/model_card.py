"""The model card page: docs/model-card.md, from the card, its figures and the kept folds.

python scripts/model_card.py          measure, draw the pictures and write the page
python scripts/model_card.py others   what leaving datasets out changes for other laboratories: from
                                      the folds of one seed, kept or measured anew, then the page
python scripts/model_card.py page     page and plot, from docs/figures/model-card/measured.json
"""

from __future__ import annotations

import argparse
import json

import matplotlib as mpl
import numpy as np
from bundled_data import ROOT, Cells, load_cells
from bundled_figures import read_outcomes
from bundled_floor import NAME
from model_card_failures import SAME_CELL_IOU, failures
from model_card_page import page_of
from model_card_plot import plot
from model_card_reliability import (
    by_laboratory,
    cost_of_leaving_out,
    cost_to_others,
    kept_folds,
    reliability,
)
from train_bundled import FULL, folder_of

from napari_all_subtype.model.card import ModelCard, read_card
from napari_all_subtype.model.classifier import load_classifier
from napari_all_subtype.model.weights import find_model
from napari_all_subtype.workflow.card_facts import TESTED_ON

FOLDS = ROOT / "build" / "bundled-folds"
FIGURES = ROOT / "docs" / "figures"
OUT = FIGURES / "model-card"
PAGE = ROOT / "docs" / "model-card.md"


def measured_of(card: ModelCard, cells: Cells) -> dict:
    """All that the page says beyond the card; pictures are written beside it.

    Raises
    ------
    SystemExit
        If the figures, the card and the kept folds do not belong together.
    """
    figures = _of_this_card(FIGURES / "model.json", card, "make figures-model")
    novelty = _of_this_card(FIGURES / "novelty.json", card, "make figures-novelty")
    outcomes = kept_folds(cells, FOLDS, figures)
    parts = by_laboratory(outcomes)
    reliabilities = {
        name: {protocol: reliability(own) for protocol, own in protocols.items()}
        for name, protocols in parts.items()
    }
    folder = find_model(card.id)
    return {
        "data_hash": card.data_hash,
        "weights": card.files[card.weights],
        "bytes": {name: (folder / name).stat().st_size for name in card.files},
        "setting": figures["setting"],
        "drawn": figures["setting"][3],  # how crops are drawn
        "um_per_px": _scales(cells),
        "networks": {row["tested on"]: len(row["seeds"]) for row in figures["rows"][::-1]},
        "reliability": reliabilities,
        "floors": _floors(figures),
        "cost": {name: cost_of_leaving_out(own) for name, own in parts.items()},
        "cost to others": cost_to_others(outcomes, kept_folds(cells, FOLDS, figures, others=True)),
        "novelty": novelty["rows"],
        "same_cell_iou": SAME_CELL_IOU,
        "failures": failures(load_classifier(card.id), OUT),
    }


def cost_alone(cells: Cells) -> dict:
    """What leaving datasets out changes for other laboratories, and at which commits it was seen.

    The folds need not be those of model.json: both networks that are compared are among them.

    Raises
    ------
    SystemExit
        If they are not kept.
    """
    folder = folder_of(cells, FULL)
    apart = read_outcomes(cells, folder, others=True) if folder.is_dir() else []
    outcomes = read_outcomes(cells, folder) if apart else []
    if not any(one.fold.startswith("fold") for one in outcomes):
        raise SystemExit(
            "the folds of seed 0 are not kept: "
            "`python scripts/train_bundled.py evaluate --only ' ' --seeds 0`"
        )
    commits = sorted({one.commit for one in (*outcomes, *apart)})
    return {"cost to others": cost_to_others(outcomes, apart), "cost measured at": commits}


def _floors(figures: dict) -> dict[str, dict[str, float]]:
    """Protocol and laboratory, as cards name them, to the error of perfect confidences."""
    return {
        f"{row['protocol']}; {TESTED_ON}{row['tested on']}": row[NAME]
        for row in figures["rows"]
        if NAME in row
    }


def _of_this_card(path, card: ModelCard, command: str) -> dict:
    content = json.loads(path.read_text())
    for name in ("data_hash", "split_hash", "temperature"):
        if content.get(name, getattr(card, name)) != getattr(card, name):
            raise SystemExit(
                f"{path.name} has {name} {content[name]}, the card of {card.id} "
                f"{getattr(card, name)}: run `{command}`, or the card is not of these figures: "
                "`python scripts/train_bundled.py card`."
            )
    return content


def _scales(cells: Cells) -> dict[str, list[float]]:
    """Laboratory -> middle, finest and coarsest micrometres per pixel, without 1 % at each end."""
    real = cells.at(cells.teaching & cells.found)
    return {
        str(name): np.percentile(real.um_per_px[real.laboratory == name], [50, 1, 99])
        .round(3)
        .tolist()
        for name in np.unique(real.laboratory)
    }


def main() -> None:
    """Read the command line and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("all", "others", "page"), default="all")
    what = parser.parse_args().what
    folder = find_model()
    card = read_card(folder)
    kept = OUT / "measured.json"
    mpl.use("agg")
    OUT.mkdir(parents=True, exist_ok=True)
    if what == "all":
        content = measured_of(card, load_cells())
    else:
        figures = _of_this_card(FIGURES / "model.json", card, "make figures-model")
        content = json.loads(kept.read_text(encoding="utf-8")) | {"floors": _floors(figures)}
        content |= cost_alone(load_cells()) if what == "others" else {}
    kept.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    plot(content["reliability"], OUT / "calibration.png")
    terms = (folder / "TERMS.md").read_text(encoding="utf-8")
    page = page_of(card, content, terms)
    PAGE.write_text(page, encoding="utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
