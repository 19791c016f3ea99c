"""Other networks on the laboratories left out, and pictures as they are beside masked crops.

python scripts/compare_backbones.py           -> docs/figures/backbones.md and .json
python scripts/compare_backbones.py --means   only what VGG16 adds to the shipped network

Each kind of network learns one short while on the same draws; what is measured is kept. Rows
of networks that are not asked for stay in the page as they were measured before.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import backbone_means
import numpy as np
from bundled_bootstrap import auroc_with_interval, in_table
from bundled_data import ROOT, SPEC, Cells, hash_of, load_cells
from bundled_draws import SHARES, training_crops
from bundled_folds import BLASTS_LEFT_OUT, counted, folds_of, split_hash
from imagenet_vgg16 import start_from_imagenet_vgg16
from imagenet_weights import start_from_imagenet
from sklearn.metrics import roc_auc_score
from train_bundled import FULL, commit, folder_of

from napari_all_subtype.model.augmentation import degraded
from napari_all_subtype.model.backbones import build_backbone, learn_from
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.calibration import calibrated
from napari_all_subtype.model.classifier import predict_logits
from napari_all_subtype.model.fitting import fit
from napari_all_subtype.model.network import PICTURE, build_network, opinions_of
from napari_all_subtype.model.parameters import (
    AugmentationParameters,
    BackboneParameters,
    FittingParameters,
    NetworkParameters,
)
from napari_all_subtype.taxonomy import FAB5

KEPT = ROOT / "build" / "backbone-folds"
OUT = ROOT / "docs" / "figures"
STEPS = 120
SETTLING = 40  # batches from which batch normalisation takes its statistics
SEEDS = (0, 1, 2, 3, 4)  # of rows that are ranked; of the others the first
# What a poorer microscope does to a crop that is tested.
DEGRADED = AugmentationParameters(
    gray_chance=0.0,
    hue_deg=20.0,
    saturation_fraction=0.35,
    contrast_fraction=0.3,
    brightness_fraction=0.15,
    channel_gain_fraction=0.12,
    blur_chance=1.0,
    max_blur_px=1.5,
    noise_chance=1.0,
    max_noise=12.0,
    jpeg_chance=1.0,
    min_jpeg_quality=30,
)


@dataclass(frozen=True)
class Entry:
    """One row: a network, where its weights start, what it is shown, and how it learns."""

    network: str
    weights: str  # ImageNet or random
    crop: str  # masked, µm scale; or raw, resized only
    learning_rate: float
    steps: int = STEPS

    @property
    def name(self) -> str:
        """For files and tables."""
        return f"{self.network}, {self.weights}, {self.crop}"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Several where rows are set against each other."""
        ranked = self.weights == "ImageNet" and self.crop == MASKED
        return SEEDS if ranked else SEEDS[:1]


MASKED, RAW = "masked, um scale", "raw, resized only"
ENTRIES = (
    Entry("compact, picture", "ImageNet", MASKED, 3e-4),
    Entry("vgg16", "ImageNet", MASKED, 1e-4),
    Entry("compact, picture", "ImageNet", RAW, 3e-4),
    Entry("vgg16", "ImageNet", RAW, 1e-4),
    Entry("cnn", "random", MASKED, 1e-3),
    Entry("resnet50", "random", MASKED, 3e-4),
    Entry("densenet121", "random", MASKED, 3e-4),
    Entry("inceptionv3", "random", MASKED, 3e-4),
    Entry("xception", "random", MASKED, 3e-4),
)


def main() -> None:
    """Measure what is not kept yet, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="networks whose name holds this text")
    parser.add_argument(
        "--means", action="store_true", help="only the mean with the shipped network, then the page"
    )
    arguments = parser.parse_args()
    if arguments.means:
        if not _write_means():
            raise SystemExit(
                "No folds of both networks are kept: `make figures-model` and this first."
            )
        return
    only = arguments.only
    entries = [entry for entry in ENTRIES if only in entry.name]
    if not entries:
        parser.error(f"no network's name holds {only!r}: {'; '.join(e.name for e in ENTRIES)}")
    folders, cells_of = {}, {}
    for crop in dict.fromkeys(entry.crop for entry in entries):
        cells = load_cells(raw=crop == RAW)
        cells = cells_of[crop] = cells.at(~cells.by_rule)
        folds = {name: test for name, test in folds_of(cells).items() if name in BLASTS_LEFT_OUT}
        for entry in entries:
            if entry.crop == crop:
                folders[entry] = _folder(entry, cells)
    for seed in SEEDS:
        for entry, folder in folders.items():
            if seed in entry.seeds:
                for fold, test in folds.items():
                    _measure(entry, cells_of[entry.crop], fold, test, folder, seed)
                _write(folders, split_hash(folds))
    _write_means()  # or leaves them as they are, where no folds of the shipped network are kept


def _folder(entry: Entry, cells: Cells) -> Path:
    parameters = (
        DEGRADED,
        AugmentationParameters(),
        FittingParameters(),
        NetworkParameters(),
        BackboneParameters(),
    )
    values = [one.model_dump() for one in parameters]
    setting = [asdict(entry), hash_of(cells), split_hash(folds_of(cells)), SHARES, values]
    key = hashlib.sha256(json.dumps(setting).encode()).hexdigest()[:12]
    return KEPT / f"{entry.name} {key}"


def _measure(
    entry: Entry, cells: Cells, fold: str, test: np.ndarray, folder: Path, seed: int
) -> None:
    path = folder / f"{fold}, seed {seed}.npz"
    if path.is_file():
        return
    start = time.perf_counter()
    load_keras().utils.set_random_seed(seed)
    network = _network(entry)
    parameters = FittingParameters(
        learning_rate=entry.learning_rate,
        crops_per_epoch=FittingParameters().batch_size * entry.steps,
    )
    training = training_crops(cells.at(~test))
    losses = fit(network, training, seed, parameters, AugmentationParameters(), SPEC.ground)
    _settle(network, training.crops, training.chance, seed)
    seconds = time.perf_counter() - start
    rows = np.flatnonzero(test & cells.teaching & counted(cells))
    crops = cells.crops[rows]
    clean = predict_logits(network, crops, batch_size=256)
    poor = predict_logits(network, _degraded(crops), batch_size=256)
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"p clean": _p_blast(clean), "p degraded": _p_blast(poor)}
    kept |= {"is blast": cells.word[rows] == "blast", "group": cells.group[rows]}
    weights = network.count_params()
    np.savez(path, **kept, seconds=seconds, losses=losses, weights=weights, commit=commit())
    print(f"{entry.name}, {fold}, seed {seed}: {seconds:.0f} s, loss {losses[-1]:.3f}", flush=True)


def _network(entry: Entry):
    if entry.network == "compact, picture":
        network = build_network(SPEC, len(FAB5), NetworkParameters())
        start_from_imagenet(network)
        return opinions_of(network)[PICTURE]
    network = build_backbone(entry.network, SPEC, len(FAB5))
    if entry.weights == "ImageNet":
        start_from_imagenet_vgg16(network)
        # From where the work that this product starts from found best to fine-tune VGG.
        learn_from(network, "block4_conv1")
    return network


def _settle(network, crops: np.ndarray, chance: np.ndarray, seed: int) -> None:
    """Let batch normalisation measure anew what the averaged weights give.

    So few steps leave it near the mean 0 and variance 1 that it starts from.
    """
    keras = load_keras()
    normal = [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]
    if not normal:
        return
    rng = np.random.default_rng(seed)
    for number in range(SETTLING):
        for layer in normal:
            # The mean of all batches so far: the first one replaces what was there.
            layer.momentum = number / (number + 1)
        rows = rng.choice(len(crops), FittingParameters().batch_size, p=chance / chance.sum())
        network(crops[rows], training=True)


def _degraded(crops: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)  # the same for all networks
    return np.stack([degraded(crop, rng, DEGRADED, SPEC.ground) for crop in crops])


def _p_blast(logits: np.ndarray) -> np.ndarray:
    return 1 - calibrated(logits, 1.0)[:, 0]


def _write(folders: dict[Entry, Path], split: str) -> None:
    measured = [
        row
        for entry, folder in folders.items()
        for fold in BLASTS_LEFT_OUT
        if (row := _row(entry, fold, folder)) is not None
    ]
    before = _same_before(split)
    rows = _the_fuller([*before.get("rows", []), *measured])
    rows.sort(key=_place)
    content = before | {
        "split_hash": split,
        "degraded": DEGRADED.model_dump(),
        "rows": rows,
    }
    _write_page(content)


def _write_page(content: dict) -> None:
    (OUT / "backbones.json").write_text(json.dumps(content, indent=1) + "\n")
    (OUT / "backbones.md").write_text(_page(content))


def _write_means() -> bool:
    """The section on the mean with the shipped network: whether folds of both are kept."""
    cells = load_cells()
    vgg16 = next(one for one in ENTRIES if one.name.startswith(f"vgg16, ImageNet, {MASKED}"))
    other = _folder(vgg16, cells.at(~cells.by_rule))
    rows = backbone_means.mean_rows(cells, folder_of(cells, FULL), other)
    if rows:
        _write_page(_page_before() | {backbone_means.KEY: rows})
    return bool(rows)


def _page_before() -> dict:
    path = OUT / "backbones.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def _the_fuller(rows: list[dict]) -> list[dict]:
    """Each row once: that of more seeds, of as many the later one."""
    found: dict[tuple[str, ...], dict] = {}
    for row in rows:
        before = found.get(_place(row))
        if before is None or len(row["seeds"]) >= len(before["seeds"]):
            found[_place(row)] = row
    return list(found.values())


def _place(row: dict) -> tuple[str, ...]:
    return row["weights"], row["crop"], row["network"], row["fold"]


def _same_before(split: str) -> dict:
    """The page as it is, where it was measured on the same cells."""
    before = _page_before()
    now = DEGRADED.model_dump()
    # A kind of change that came later is one that they were measured without.
    same = before.get("split_hash") == split and before["degraded"].items() <= now.items()
    return before if same else {}


def _row(entry: Entry, fold: str, folder: Path) -> dict | None:
    """Mean over the seeds measured so far, its interval, and the value of each."""
    paths = [folder / f"{fold}, seed {seed}.npz" for seed in entry.seeds]
    kept = [dict(np.load(path)) for path in paths if path.is_file()]
    if not kept:
        return None
    row = {
        **asdict(entry),
        "fold": fold,
        "cells": len(kept[0]["group"]),
        "groups": len(np.unique(kept[0]["group"])),
        "parameters": int(kept[0]["weights"]),
        "seconds": round(float(np.median([one["seconds"] for one in kept]))),
        "seeds": [seed for seed, path in zip(entry.seeds, paths, strict=True) if path.is_file()],
        "commits": sorted({str(one["commit"]) for one in kept}),
    }
    for shown in ("clean", "degraded"):
        p = np.stack([one[f"p {shown}"] for one in kept])
        truth, group = kept[0]["is blast"], kept[0]["group"]
        row[shown] = auroc_with_interval(p, truth, group)
        row[f"{shown}, each seed"] = [round(float(roc_auc_score(truth, one)), 4) for one in p]
    return row


def _page(content: dict) -> str:
    rows, split = content["rows"], content["split_hash"]
    lines = [
        "# Other networks, and other crops",
        "",
        "Made by `make figures-backbones`. AUROC of blast against non-blast leukocyte in a",
        f"laboratory left out of training; every network saw the same draws ({STEPS} batches of",
        "32, short for all of them) and the same augmentation. Mean over seeds; in brackets the",
        "95 % interval by bootstrap over groups, which are blocks of files and **not patients**,",
        "without the spread of training.",
        "*Degraded*: blurred, noisy, compressed and of other colours. *Raw*: the whole picture,",
        "resized, with what surrounds the cell and without a scale; there are no cells that are",
        "not found. VGG16 is fine-tuned from `block4_conv1`; its weights came in a package that",
        "trained a head of its own on them, and does not say that the convolutions stayed as",
        "ImageNet left them. No weights from ImageNet could be had",
        "for the others: **rows that start from random weights are not ranked against those that",
        "do not**. The shipped network is the mean of the first row's kind and of a second opinion",
        "on the outlines, trained longer: see `model.md`.",
        "",
        "| network | weights | crop | parameters | left out | seeds | clean | degraded | s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['network']} | {r['weights']} | {r['crop']} | {r['parameters'] / 1e6:.1f} M "
        f"| {r['fold'].removeprefix('without ')} | {len(r['seeds'])} "
        f"| {in_table(r['clean'])} | {in_table(r['degraded'])} "
        f"| {r['seconds']} |"
        for r in rows
    ]
    lines += ["", *_beside_teacher(rows)]
    if means := backbone_means.page_lines(content.get(backbone_means.KEY, [])):
        lines += ["", *means]
    lines += ["", f"Split {split}; commits and single values in `backbones.json`."]
    return "\n".join(lines) + "\n"


def _beside_teacher(rows: list[dict]) -> list[str]:
    """The compact network minus its teacher by the same steps, seed by seed."""
    lines = [
        "*Compact, picture* minus fine-tuned VGG16, masked crops, seeds paired; the AUROC that it",
        "may lack is 0.01. Nothing was distilled: the shipped network learns from the cells alone.",
        "",
        "| left out | crops | seeds | mean difference | each seed |",
        "|---|---|---|---|---|",
    ]
    of = {(r["network"], r["fold"]): r for r in rows if _place(r)[:2] == ("ImageNet", MASKED)}
    for fold in BLASTS_LEFT_OUT:
        ours, teacher = of[("compact, picture", fold)], of[("vgg16", fold)]
        seeds = sorted(set(ours["seeds"]) & set(teacher["seeds"]))
        for crops in ("clean", "degraded"):
            each = [
                ours[f"{crops}, each seed"][ours["seeds"].index(seed)]
                - teacher[f"{crops}, each seed"][teacher["seeds"].index(seed)]
                for seed in seeds
            ]
            shown = ", ".join(f"{one:+.3f}" for one in each)
            lines.append(
                f"| {fold.removeprefix('without ')} | {crops} | {len(seeds)} "
                f"| {np.mean(each):+.3f} | {shown} |"
            )
    return [line.replace("-0.", "−0.") for line in lines]


if __name__ == "__main__":
    main()
