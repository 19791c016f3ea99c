"""What a training can go on from after it was killed: one file, whole or not there."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from napari_all_subtype.files import new_file

FILE = "checkpoint.npz"
_STATE = "state"


@dataclass(frozen=True)
class Epoch:
    """One pass of a phase.

    Parameters
    ----------
    phase : str
        ``head`` or ``fine-tuning``.
    number : int
        From 1; 0 is what the phase started from.
    loss : float
        Mean over its batches; NaN for number 0.
    measured : dict of str to float
        On the validation cells.
    seconds : float
        How long it took.
    """

    phase: str
    number: int
    loss: float
    measured: dict[str, float]
    seconds: float


@dataclass
class State:
    """Where a training stands: what callbacks would count, and what was measured so far.

    The draws of a pass depend on the seed and its number alone, and the random state of
    the dropout stands among the variables: both go on where they were.

    Parameters
    ----------
    phase : str
    epoch : int
        Passes done of this phase.
    best_epoch, waited : int
        The best of them, and how many came after it.
    best_loss : float
        Its loss on validation cells.
    history : list of Epoch
        Of all phases.
    """

    phase: str = ""
    epoch: int = 0
    best_epoch: int = 0
    waited: int = 0
    best_loss: float = float("inf")
    history: list[Epoch] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """A state, and the values of the variables that belong to it, by group."""

    state: State
    arrays: dict[str, list[np.ndarray]]


def write_checkpoint(
    folder: Path, fingerprint: str, state: State, arrays: dict[str, Sequence[np.ndarray]]
) -> None:
    """Replace the checkpoint in `folder`; the older one stays until this one is whole.

    Parameters
    ----------
    fingerprint : str
        Of all that the training depends on: another training does not go on from it.

    Raises
    ------
    OutputError
        If it cannot be written: a full disk.
    """
    told = json.dumps({"fingerprint": fingerprint, **asdict(state)})
    values = {f"{group}/{n}": a for group, some in arrays.items() for n, a in enumerate(some)}
    counts = json.dumps({group: len(some) for group, some in arrays.items()})
    with new_file(folder / FILE, overwrite=True) as partial:
        np.savez(partial, **{_STATE: np.array([told, counts])}, **values)


def read_checkpoint(folder: Path, fingerprint: str) -> Checkpoint | None:
    """The checkpoint in `folder`; None where there is none of this training, or it is damaged."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            told, counts = (json.loads(str(text)) for text in file[_STATE])
            if told.pop("fingerprint") != fingerprint:
                return None
            arrays = {g: [file[f"{g}/{n}"] for n in range(count)] for g, count in counts.items()}
        history = [Epoch(**one) for one in told.pop("history")]
        return Checkpoint(State(**told, history=history), arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        # Then the training begins anew: nothing is lost but time.
        return None


def remove_checkpoint(folder: Path) -> None:
    """Remove the checkpoint of a training that is complete, and its folder if that is all."""
    (folder / FILE).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
