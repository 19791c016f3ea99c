"""The folder of a bundled model: weights, terms and card."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
from bundled_data import ROOT, SPEC, Cells, hash_of
from bundled_novelty import familiarity_of
from bundled_stain import stain_seen_of
from bundled_subtypes import simulated_rows

from napari_all_subtype.model.card import ModelCard, write_card
from napari_all_subtype.model.card_parts import Measurement, TrainingData
from napari_all_subtype.model.parameters import NetworkParameters
from napari_all_subtype.model.weights import (
    BUNDLED_ID,
    WEIGHTS_NAME,
    bundled_folder,
    save_weights,
    sha256_of,
)
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.card_facts import CEILING_SHARE

TERMS = {
    "all_idb2": "ALL-IDB2, University of Milan: free for research, on request; not redistributed "
    "(Labati, Piuri, Scotti, ICIP 2011)",
    "mll": "Bone-Marrow-Cytomorphology, Munich Leukemia Laboratory, TCIA: CC BY 4.0 "
    "(Matek et al., Blood 2021)",
    "segmentation_wbc_d1": "zxaoyou/segmentation_WBC: GPL-3.0 (Zheng et al., Micron 2018)",
    "segmentation_wbc_d2": "zxaoyou/segmentation_WBC: GPL-3.0 (Zheng et al., Micron 2018); "
    "pictures of the CellaVision blog",
    "txl_pbc": "lugan113/TXL-PBC_Dataset: MIT; pictures of the Barcelona PBC set, CC BY 4.0",
    "txl_raabin": "lugan113/TXL-PBC_Dataset: MIT; pictures of Raabin-WBC",
    "bccd": "Shenggan/BCCD_Dataset: MIT",
    "draaslan": "draaslan/blood-cell-detection-dataset: MIT",
    "simulated": "drawn by napari_all_subtype.simulate",
}
LIMITS = (
    "For research use only; not for use in diagnostic procedures.",
    "The outputs l1, l2 and l3 are scores, learned from simulated cells and from real blasts that "
    "FAB rules named, and are not calibrated: "
    "no image with such a label could be had. They say which subtype a cell resembles by FAB "
    "criteria, never that a person would have called it so.",
    "Only the normal/blast side can be calibrated; a laboratory unlike those it was calibrated "
    "on can differ.",
    "On simulated cells the probability of blast rises with a blue stain, that of most training "
    "blasts: some of the laboratory is still in it.",
    "'blast' means a blast of any lineage: most training blasts come from marrow and their "
    "lineage was not given. 'normal' means non-blast leukocyte.",
    "Promyelocytes and other immature cells are neither class; nucleated red cells, platelets "
    "and artefacts were not trained.",
    "Blasts come from two laboratories only. Groups are blocks of files, not patients: no figure "
    "is patient-disjoint.",
    "The cells of the figures were also looked at while settings and temperature were chosen: "
    "the figures lean to the hopeful side.",
    "Cells are cut out by this package's segmentation at a stated scale; a poor mask makes a wrong "
    "answer, and so does a wrong pixel size: within the 15 % by which red cells tell it, 29 or "
    "68 of 75 blasts of all_idb2 were called blast. Where it is measured, results say what the "
    "count would be at either end.",
    "The images of all_idb2 have several scales, and its blasts stand in blocks of their own: the "
    "pixel size alone tells its classes apart (docs/figures/model.md, 'How much of it is the "
    "ruler').",
)


def write_model(
    network, cells: Cells, seed: int, setting: list[dict], figures: Path, commit: str
) -> Path:
    """Write the bundled model; figures and temperature come from `figures` (model.json).

    Raises
    ------
    SystemExit
        If the figures are not of these cells and this setting.
    """
    folder = bundled_folder() / BUNDLED_ID
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(network, folder)
    shutil.copyfile(ROOT / "scripts" / "bundled_terms.md", folder / "TERMS.md")
    measured = _figures_of_these(cells, figures, setting)
    libraries = ("keras", "tensorflow", "numpy", "opencv-python-headless")
    card = ModelCard(
        id=BUNDLED_ID,
        version=f"{BUNDLED_ID.rpartition('-')[2]}.0.0",
        taxonomy=FAB5.name,
        crop=SPEC,
        network=NetworkParameters(**setting[0]),
        temperature=measured.get("temperature", 1.0),
        novelty=familiarity_of(cells),
        calibrated_on=measured.get("calibrated_on", "not calibrated"),
        trained_on=_trained_on(cells),
        um_per_px_seen=_scales_of(cells),
        stain_seen=stain_seen_of(cells),
        measured=(
            *(Measurement(**row) for row in measured.get("card", ())),
            *_on_fresh_simulated_cells(network, cells),
        ),
        limits=LIMITS,
        intended_use="Research on stained blood smears: sort segmented white cells into blasts "
        "and other leukocytes, and score blasts by FAB-like morphology.",
        weights=WEIGHTS_NAME,
        files={name: sha256_of(folder / name) for name in (WEIGHTS_NAME, "TERMS.md")},
        libraries={name: version(name) for name in libraries},
        commit=commit,
        seed=seed,
        split_hash=measured.get("split_hash", ""),
        data_hash=hash_of(cells),
    )
    write_card(card, folder)
    return folder


def _figures_of_these(cells: Cells, figures: Path, setting: list[dict]) -> dict:
    """Content of `figures`, if it was measured on `cells` with `setting`."""
    measured = json.loads(figures.read_text()) if figures.is_file() else {}
    same = measured.get("data_hash") == hash_of(cells)
    if not same or measured.get("setting") != json.loads(json.dumps(setting)):
        raise SystemExit(
            f"{figures.name} was not measured on these crops with these settings: run "
            "`python scripts/train_bundled.py evaluate` first. No card without its own figures."
        )
    return measured


def _on_fresh_simulated_cells(network, cells: Cells) -> tuple[Measurement, ...]:
    """How near the subtype outputs come to what the simulator's own parameters allow."""
    return tuple(
        Measurement(
            name=CEILING_SHARE,
            protocol=f"simulated cells of other seeds, {row['cells']}; the ceiling is what their "
            "true parameters allow; says nothing of real cells",
            value=round(row["share of the ceiling"], 4),
            crops=row["n"],
            groups=1,
        )
        for row in simulated_rows(network, cells)
    )


def _scales_of(cells: Cells) -> tuple[float, float]:
    """Finest and coarsest scale of the real images, without the rarest one in a hundred."""
    real = cells.um_per_px[cells.teaching & cells.found]
    finest, coarsest = np.percentile(real, [1, 99])
    return round(float(finest), 4), round(float(coarsest), 4)


def _trained_on(cells: Cells) -> tuple[TrainingData, ...]:
    used = cells.at((cells.teaching | cells.by_rule | cells.simulated) & cells.found)
    rows = []
    for name in np.unique(used.laboratory):
        part = used.at(used.laboratory == name)
        rows.append(
            TrainingData(
                dataset=str(name),
                crops=len(part.word),
                groups=len(np.unique(part.group)),
                taught=_counted(part.word[~part.by_rule]),
                by_rule=_counted(part.word[part.by_rule]),
                terms=TERMS[str(name)],
            )
        )
    return tuple(rows)


def _counted(words: np.ndarray) -> dict[str, int]:
    names, counts = np.unique(words, return_counts=True)
    return {str(name): int(n) for name, n in zip(names, counts, strict=True)}
