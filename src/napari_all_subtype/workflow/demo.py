"""The demonstration: a synthetic smear whose truth is known, through the whole main job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.files import new_folder
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.simulate import SimulatedSmear, SmearRecipe, simulate_smear
from napari_all_subtype.taxonomy import FAB5, UNKNOWN
from napari_all_subtype.workflow.analyse import Analyser
from napari_all_subtype.workflow.csv_file import write_csv
from napari_all_subtype.workflow.export import write_analysis
from napari_all_subtype.workflow.summarise import FieldCells, Summary, summarise

NAME = "synthetic-smear"
STYLE = "blue"
TRUTH_FILES = (f"{NAME}.png", "truth.csv")


@dataclass(frozen=True)
class Recognised:
    """What was said of the drawn cells that were found again.

    Parameters
    ----------
    n_blasts, n_blasts_called : int
        Drawn blasts, and those of them that a word of the blast side was said of.
    n_normal, n_normal_called : int
        The same of normal leukocytes.
    n_unknown : int
        Of both, those of which nothing was said: neither blast nor normal.
    """

    n_blasts: int = 0
    n_blasts_called: int = 0
    n_normal: int = 0
    n_normal_called: int = 0
    n_unknown: int = 0


@dataclass(frozen=True)
class Demonstration:
    """What the demonstration found beside what was drawn.

    Parameters
    ----------
    summary : Summary
        Of the cells found.
    n_drawn, n_found_again : int
        Leukocytes drawn, and those of them that a found cell covers with an
        intersection over union of at least 0.5.
    recognised : Recognised
        What was said of those found again.
    folder : Path
        Where masks, table and overlay are.
    """

    summary: Summary
    n_drawn: int
    n_found_again: int
    recognised: Recognised
    folder: Path


def run_demo(out: Path, seed: int = 1, monitor: Monitor = SILENT) -> Demonstration:
    """Draw a smear, analyse it and write smear, masks, table and overlay to `out`.

    Parameters
    ----------
    out : Path
        Folder; an earlier demonstration in it is replaced.
    seed : int
        Of the smear.

    Raises
    ------
    OutputError
        If `out` cannot be written.
    Stopped
        If the monitor asked for it.
    """
    smear = simulate_smear(SmearRecipe(style=STYLE), seed)
    source = ArraySource(smear.pixels, f"{NAME}.png", PixelSize(smear.um_per_px, "metadata", 0.0))
    analysis = Analyser()(source, monitor)
    folder = write_analysis(analysis, source, out / NAME, overwrite=True)
    with new_folder(out / f"{NAME}-truth", TRUTH_FILES, overwrite=True) as partial:
        cv2.imwrite(str(partial / f"{NAME}.png"), cv2.cvtColor(smear.pixels, cv2.COLOR_RGB2BGR))
        write_csv(smear.truth, partial / "truth.csv")
    pairs = found_again(smear, analysis.masks.labels)
    drawn = np.array(smear.classes)[pairs[0] - 1]
    called = analysis.cells.loc[pairs[1], "subtype"].to_numpy()
    return Demonstration(
        summarise([FieldCells.of(analysis)], NAME),
        n_drawn=smear.masks.count,
        n_found_again=pairs.shape[1],
        recognised=recognised(drawn, called),
        folder=folder,
    )


def in_words(result: Demonstration) -> tuple[str, ...]:
    """What was found beside what was drawn, and what that does and does not mean."""
    said = result.recognised
    unknown = f"; unknown: {said.n_unknown}" if said.n_unknown else ""
    return (
        f"Beside what was drawn: found again {result.n_found_again} of {result.n_drawn} cells; "
        f"called blast {said.n_blasts_called} of {said.n_blasts} drawn blasts; called normal "
        f"{said.n_normal_called} of {said.n_normal} drawn normal cells{unknown}.",
        f"  What this means: {_missed(said)}the model learned blast against normal from "
        "photographs of real cells only, and drawn cells are strange to it. The counts above show "
        "that finding, measuring, classifying and writing work, not how well.",
        "  How well it does on real cells of laboratories that it has never seen stands on its "
        "card, docs/model-card.md. On an image of your own: napari-all-subtype analyse IMAGE --out "
        "FOLDER.",
    )


def _missed(said: Recognised) -> str:
    missed = said.n_blasts - said.n_blasts_called
    if not missed:
        return ""
    return f"{missed} of {said.n_blasts} drawn blasts were not called blast, as is to be expected: "


def recognised(drawn: np.ndarray, called: np.ndarray) -> Recognised:
    """Counts of what was said of drawn cells.

    Parameters
    ----------
    drawn, called : ndarray, shape (N,), str
        Class of each cell in the drawing, and the word said of it: a class or unknown.
    """
    blast = drawn != "normal"
    on_blast_side = np.isin(called, FAB5.family("blast"))
    return Recognised(
        n_blasts=int(blast.sum()),
        n_blasts_called=int((blast & on_blast_side).sum()),
        n_normal=int((~blast).sum()),
        n_normal_called=int((~blast & (called == "normal")).sum()),
        n_unknown=int((called == UNKNOWN.name).sum()),
    )


def found_again(smear: SimulatedSmear, labels: np.ndarray) -> np.ndarray:
    """Drawn cells that a found one covers with intersection over union ≥ 0.5.

    Parameters
    ----------
    labels : ndarray, shape (Y, X), int32
        Cells found.

    Returns
    -------
    ndarray, shape (2, M), int
        Label in the drawing beside label found.
    """
    drawn = smear.masks.labels
    pairs = np.stack([drawn.ravel(), labels.ravel()])[:, (drawn > 0).ravel() & (labels > 0).ravel()]
    (a, b), overlap = np.unique(pairs, axis=1, return_counts=True)
    area_a, area_b = np.bincount(drawn.ravel()), np.bincount(labels.ravel())
    same = overlap / (area_a[a] + area_b[b] - overlap) >= 0.5
    return np.stack([a[same], b[same]])
