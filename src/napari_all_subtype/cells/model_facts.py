"""What a model states of itself, as every result of it carries it."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.cells.stain_seen import StainSeen


@dataclass(frozen=True)
class FalseBlasts:
    """How many cells without a blast among them one unseen laboratory's model calls blast.

    Parameters
    ----------
    laboratory : str
        Left out of the training that was measured.
    fraction : float
        Of its cells called blast, 0–1.
    cells : int
        Of non-blast leukocytes, on which that was measured; 0 where the card does not say.
    beside_blasts : bool
        Whether the laboratory has blasts as well; else it is normal blood alone.
    """

    laboratory: str
    fraction: float
    cells: int = 0
    beside_blasts: bool = False


@dataclass(frozen=True)
class ModelFacts:
    """The part of a model's card that is said beside what it says of cells.

    Parameters
    ----------
    calibrated_on : str
        Which cells its confidence was fitted on; empty where nothing is stated.
    calibration_laboratories : tuple of str
        Laboratories with both blasts and others in the training.
    calibration_errors : tuple of float
        Of confidences on each of these while it was left out of training (ECE), as far as stated.
    subtypes_from : tuple of str
        What L1, L2 and L3 were learned from, in words, where no person named one; else
        empty, as where nothing is stated.
    false_blasts : tuple of FalseBlasts
        One entry per laboratory left out.
    um_per_px : tuple of (float, float) or None
        Finest and coarsest scale of the real images it learned from, in µm/px.
    stain : StainSeen or None
        Colours of the real cells it learned from.
    """

    calibrated_on: str = ""
    calibration_laboratories: tuple[str, ...] = ()
    subtypes_from: tuple[str, ...] = ()
    false_blasts: tuple[FalseBlasts, ...] = ()
    um_per_px: tuple[float, float] | None = None
    stain: StainSeen | None = None
    calibration_errors: tuple[float, ...] = ()


NO_FACTS = ModelFacts()
# In place of a model, where cells were found and no model knows the classes they are read in.
FOUND_ONLY = "no model of these classes"
