"""What the window and the process that learns say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from napari_all_subtype._widgets.train.choices import TrainChoices
from napari_all_subtype.config import ScaleParameters
from napari_all_subtype.learning.parameters import FeedbackParameters, SelfTrainingParameters
from napari_all_subtype.taxonomy import Taxonomy

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Order:
    """Work on one project.

    Parameters
    ----------
    project : Path
        Its folder.
    """

    project: Path
    # No array follows an order through the pipe.
    fields: ClassVar[tuple] = ()


@dataclass(frozen=True)
class Train(Order):
    """Train a model; stopped, the best so far is kept."""

    choices: TrainChoices


@dataclass(frozen=True)
class Control(Order):
    """Measure a model on a control set, before it is released.

    Parameters
    ----------
    model_id : str
    table : Path
        CSV with a row per picture of one cell.
    scale : ScaleParameters
        Of its pictures.
    """

    model_id: str
    table: Path
    scale: ScaleParameters = ScaleParameters()


@dataclass(frozen=True)
class Release(Order):
    """Release a model on a control set, in the name of a person.

    Parameters
    ----------
    model_id : str
    table : Path
        CSV with a row per picture of one cell.
    by : str
        Who releases it.
    scale : ScaleParameters
        Of its pictures.
    """

    model_id: str
    table: Path
    by: str
    scale: ScaleParameters = ScaleParameters()


@dataclass(frozen=True)
class Released:
    """A model was released."""

    model_id: str
    by: str


@dataclass(frozen=True)
class GiveFeedback(Order):
    """Judge the labelled cells out of sample, and make a queue."""

    choices: TrainChoices
    parameters: FeedbackParameters


@dataclass(frozen=True)
class SelfTrain(Order):
    """Self-training, round by round.

    Parameters
    ----------
    ask : bool
        A person decides each round; else the rule of the gate does.
    reader_id : int or None
        That person.
    """

    choices: TrainChoices
    parameters: SelfTrainingParameters
    ask: bool
    reader_id: int | None = None


@dataclass(frozen=True)
class DrawRounds(Order):
    """Draw the curves over the rounds that are recorded."""


@dataclass(frozen=True)
class Decide:
    """What a person says of a proposed round: True accepts it, None leaves it for later."""

    accepted: bool | None


@dataclass(frozen=True)
class Picture:
    """A drawn figure.

    Parameters
    ----------
    name : str
        Where it belongs.
    png : bytes
    """

    name: str
    png: bytes


@dataclass(frozen=True)
class Wrong:
    """A cell that was called something else than a person called it."""

    word: str
    said: str
    confidence: float
    crop: np.ndarray


@dataclass(frozen=True)
class Figures:
    """What a model is worth on cells that nothing was learned from.

    Parameters
    ----------
    model_id : str
    on : str
        Which cells these are, in words.
    lines : tuple of str
        The figures over all classes, in words.
    per_class : pandas.DataFrame
        As `workflow.evaluate.class_table` gives it.
    wrong : tuple of Wrong
        The surest first.
    taxonomy : Taxonomy
    """

    model_id: str
    on: str
    lines: tuple[str, ...]
    per_class: pd.DataFrame
    wrong: tuple[Wrong, ...]
    taxonomy: Taxonomy


@dataclass(frozen=True)
class Trained:
    """A model that was trained: a draft.

    Parameters
    ----------
    stopped : bool
        A person stopped it; it is that of the pass that counts until then.
    notes : tuple of str
    counts_pass : str
        Which pass counts: ``best`` or ``last``.
    """

    model_id: str
    stopped: bool
    notes: tuple[str, ...]
    counts_pass: str = "best"


@dataclass(frozen=True)
class Proposed:
    """A round that waits for a person.

    Parameters
    ----------
    number : int
    why : str
        What the rule says, with the numbers.
    accepted : bool
        Whether the rule would accept it.
    threshold : float
    words, confidence : ndarray, shape (M,)
        Of each pseudo-label, the surest first.
    crops : ndarray, shape (M, S, S, C), uint8
        Of as many of them as are shown.
    """

    number: int
    why: str
    accepted: bool
    threshold: float
    words: np.ndarray
    confidence: np.ndarray
    crops: np.ndarray


@dataclass(frozen=True)
class RoundMade:
    """One more round stands in the record."""


@dataclass(frozen=True)
class FedBack:
    """A round of feedback stands in the record.

    Parameters
    ----------
    notes : tuple of str
    """

    notes: tuple[str, ...]


@dataclass(frozen=True)
class SelfTrained:
    """How a run of self-training ended.

    Parameters
    ----------
    runs : str
        Which model runs now, and why, in words.
    why : str
        Why it ended, in words.
    notes : tuple of str
    """

    runs: str
    why: str
    notes: tuple[str, ...]
