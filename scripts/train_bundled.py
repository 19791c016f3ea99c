"""Train the bundled model on ../shared/data, and measure it on cells kept apart.

python scripts/train_bundled.py cut        cut the crops anew (build/bundled-crops)
python scripts/train_bundled.py evaluate   every fold not yet in build/ -> docs/figures/model.*
python scripts/train_bundled.py page       the page again from model.json -> docs/figures/model.*
python scripts/train_bundled.py shift      what another threshold changes, from kept folds
python scripts/train_bundled.py try        every step on few cells and draws -> build/, in minutes
python scripts/train_bundled.py fit        the model itself -> src/.../bundled/<id>
python scripts/train_bundled.py card       new figures and temperature on its card, same weights
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import bundled_shift
import numpy as np
from bundled_commit import commit
from bundled_data import ALL, ROOT, SMALL, SPEC, Cells, Extent, hash_of, load_cells
from bundled_draws import SHARES, training_crops
from bundled_figures import read_outcomes, shifted, write_figures
from bundled_folds import BLASTS_LEFT_OUT, LEFT_OUT, folds_of, split_hash
from bundled_laboratory import START
from bundled_looks import features_of, recoloured_like
from bundled_package import write_model
from bundled_page import page_of
from bundled_ruler import at_one_scale
from imagenet_weights import start_from_imagenet

from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.fitting import fit
from napari_all_subtype.model.network import OUTLINE, PICTURE, build_network, opinions_of
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    FittingParameters,
    NetworkParameters,
)
from napari_all_subtype.model.weights import load_network
from napari_all_subtype.taxonomy import FAB5

SEEDS = (0, 1, 2, 3, 4)
NETWORK = NetworkParameters()
AUGMENTATION = AugmentationParameters()
COMMANDS = ("cut", "evaluate", "page", "shift", "try", "fit", "card")
WORST_TRIED = 0.6  # AUROC below which `try` fails: chance is 0.5, thirty steps give 0.7 to 0.9


@dataclass(frozen=True)
class Plan:
    """What is trained on how much, and where its figures go.

    Each opinion of the network learns alone; what reads the outlines starts from nothing and
    learns faster, and no colour reaches it.
    """

    extent: Extent
    steps: dict[str, int]
    folds: Path
    figures: Path
    measured: tuple[str, ...] = ()  # folds, by name; none: all

    @property
    def fitting(self) -> dict[str, FittingParameters]:
        """How each opinion learns."""
        rates = {PICTURE: 3e-4, OUTLINE: 2e-3}
        batch = FittingParameters().batch_size
        return {
            name: FittingParameters(learning_rate=rate, crops_per_epoch=batch * self.steps[name])
            for name, rate in rates.items()
        }

    @property
    def setting(self) -> list[dict]:
        """All that the trained weights depend on, besides crops, seed and code."""
        fitting = {name: parameters.model_dump() for name, parameters in self.fitting.items()}
        return [NETWORK.model_dump(), fitting, AUGMENTATION.model_dump(), SHARES]


FULL = Plan(
    ALL, {PICTURE: 450, OUTLINE: 400}, ROOT / "build" / "bundled-folds", ROOT / "docs" / "figures"
)
TRIAL = Plan(
    SMALL,
    {PICTURE: 30, OUTLINE: 60},
    ROOT / "build" / "bundled-folds-small",
    ROOT / "build" / "figures-small",
    (*BLASTS_LEFT_OUT, "without txl_raabin, d1"),
)


def train(cells: Cells, rows: np.ndarray, seed: int, plan: Plan):
    """Network trained on the teaching and simulated cells among `rows`, and its last losses."""
    load_keras().utils.set_random_seed(seed)
    network = build_network(SPEC, len(FAB5), NETWORK)
    start_from_imagenet(network)
    training = training_crops(cells.at(rows))
    losses = [
        fit(opinion, training, seed, plan.fitting[name], AUGMENTATION, SPEC.ground)[-1]
        for name, opinion in opinions_of(network).items()
    ]
    return network, losses


def folder_of(cells: Cells, plan: Plan) -> Path:
    """Where the outputs of the folds of these cells are kept: another for every setting."""
    described = [plan.setting, hash_of(cells), split_hash(folds_of(cells))]
    return plan.folds / hashlib.sha256(json.dumps(described).encode()).hexdigest()[:12]


def evaluate(cells: Cells, plan: Plan, only: str, seeds: tuple[int, ...]) -> None:
    """Measure every fold and seed not kept yet; grouped folds have the first seed alone."""
    folds = {k: v for k, v in folds_of(cells).items() if not plan.measured or k in plan.measured}
    folder = folder_of(cells, plan)
    for seed in seeds:
        for name, test in folds.items():
            path = folder / f"{name} seed {seed}.npz"
            if only not in name or path.is_file() or (seed and name not in LEFT_OUT):
                continue
            folder.mkdir(parents=True, exist_ok=True)
            start = time.perf_counter()
            network, losses = train(cells, ~test, seed, plan)
            kept = _answers(network, cells, name, test)
            seconds = time.perf_counter() - start
            np.savez(path, **kept, losses=losses, seconds=seconds, commit=commit())
            print(f"{path.stem}: {seconds:.0f} s, losses {np.round(losses, 3)}", flush=True)
    if only:
        return  # a part of the folds makes no page
    _keep_start(cells, folder)
    write_figures(cells, folder, split_hash(folds), plan.figures, plan.setting)


def _answers(network, cells: Cells, fold: str, test: np.ndarray) -> dict[str, np.ndarray]:
    """What `network` says of the cells kept from it, and what is measured of it besides."""
    rows = np.flatnonzero(test)
    kept = {"rows": rows, "logits": predict_logits(network, cells.crops[rows], batch_size=256)}
    if fold not in LEFT_OUT:
        return kept | features_of(network, cells.crops[rows])
    for laboratory in LEFT_OUT[fold]:
        kept |= recoloured_like(laboratory, network, cells, test)
    return kept | at_one_scale(fold, network, cells, rows)


def _keep_start(cells: Cells, folder: Path) -> None:
    """Features of every cell before training: what a probe of the trained ones is held against."""
    path = folder / f"{START}.npz"
    if not path.is_file():
        network = build_network(SPEC, len(FAB5), NETWORK)
        start_from_imagenet(network)
        np.savez(path, **features_of(network, cells.crops))


def fit_or_describe(cells: Cells, again: bool, seed: int) -> None:
    """Write the bundled model: trained anew on all cells, or its card alone."""
    if again:
        network, losses = train(cells, np.ones(len(cells.word), bool), seed, FULL)
        print(f"losses {np.round(losses, 3)}", flush=True)
        trained_at = commit()
    else:
        network, old = load_network()
        seed, trained_at = old.seed, old.commit
        if old.data_hash != hash_of(cells):
            raise SystemExit(f"{old.id} was trained on other crops than these: run `fit` instead.")
    figures = FULL.figures / "model.json"
    folder = write_model(network, cells, seed, FULL.setting, figures, trained_at)
    print(Path(folder).relative_to(ROOT))


def write_page(figures: Path) -> None:
    """Write the page again from model.json, where the folds are kept no longer."""
    content = json.loads((figures / "model.json").read_text())
    (figures / "model.md").write_text(page_of(content))


def write_shift(cells: Cells) -> None:
    """Measure a shifted threshold alone, into model.json, and write the page again.

    Raises
    ------
    SystemExit
        If no fold that leaves laboratories out is kept.
    """
    found = read_outcomes(cells, folder_of(cells, FULL))
    apart = [one for one in found if one.fold in LEFT_OUT]
    if not apart:
        raise SystemExit("No fold is kept: `train_bundled.py evaluate --only without`.")
    path = FULL.figures / "model.json"
    content = json.loads(path.read_text()) | {bundled_shift.KEY: shifted(apart)}
    path.write_text(json.dumps(content, indent=1) + "\n")
    write_page(FULL.figures)


def check_trial(folder: Path) -> None:
    """Print the figures of a trial.

    Raises
    ------
    SystemExit
        If a network is hardly better than chance: some step does not do its work.
    """
    print((folder / "model.md").read_text())
    rows = json.loads((folder / "model.json").read_text())["rows"]
    found = [row["figures"]["AUROC"][0] for row in rows if "AUROC" in row["figures"]]
    if min(found) < WORST_TRIED:
        raise SystemExit(f"AUROC {min(found):.2f}: expected at least {WORST_TRIED}, even here.")


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument(
        "--only", default="", help="folds whose name holds this text; no page is written"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    arguments = parser.parse_args()
    if arguments.command == "try":
        evaluate(load_cells(extent=SMALL), TRIAL, "", (0,))
        check_trial(TRIAL.figures)
        return
    if arguments.command == "page":
        write_page(FULL.figures)
        return
    cells = load_cells(recut=arguments.command == "cut")
    if arguments.command == "shift":
        write_shift(cells)
    if arguments.command == "evaluate":
        evaluate(cells, FULL, arguments.only, tuple(arguments.seeds))
    if arguments.command in ("fit", "card"):
        fit_or_describe(cells, arguments.command == "fit", arguments.seeds[0])


if __name__ == "__main__":
    main()
