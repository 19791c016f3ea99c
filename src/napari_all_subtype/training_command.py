"""The command train: a model of one's own, learned from the named cells of a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from napari_all_subtype.errors import Stopped
from napari_all_subtype.interrupts import STOPPED, stopped_by_interrupt
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.option_groups import Debug
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import note, say, warn

if TYPE_CHECKING:
    from napari_all_subtype.workflow.train import Trained

DONE = 0

Folder = Annotated[Path, Parameter(help="Folder of the project.")]


@Parameter(name="*")
@dataclass(frozen=True)
class TrainOptions:
    """The parameters of a training."""

    training: Annotated[
        TrainingParameters, Parameter(name="*", group=Group("Training", sort_key=1))
    ] = TrainingParameters()
    augmentation: Annotated[
        AugmentationParameters,
        Parameter(name="*", group=Group("How far crops are changed", sort_key=2)),
    ] = AugmentationParameters()


def train(
    folder: Folder,
    /,
    *,
    seed: Annotated[
        int, Parameter(help="Number that all draws start from: the same gives the same.")
    ] = 0,
    flat: Annotated[
        bool,
        Parameter(
            negative="",
            help="A word is its own class alone; by default 'blast' leaves its subtypes open.",
        ),
    ] = False,
    random_split: Annotated[
        bool,
        Parameter(
            negative="",
            help="Divide cell by cell instead of case by case: figures then look better than a "
            "new case will, and are marked.",
        ),
    ] = False,
    debug: Debug = False,
    options: TrainOptions = TrainOptions(),
) -> int:
    """Train a model on the named cells of a project; the last line is its id.

    Ctrl-C stops it and keeps the model of the pass that counts; killed or stopped, the same command
    goes on where it was.

    Example: napari-all-subtype train reading-2026 --backbone vgg16 --weights imagenet --seed 1
    """
    from napari_all_subtype.learning.splits import SplitParameters
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.keras_learner import KerasLearner
    from napari_all_subtype.workflow.train import train_project

    learner = KerasLearner(options.training, options.augmentation, keeps_stopped=True)
    split = SplitParameters(random_split=random_split)
    with open_project(folder) as database, TerminalMonitor(1) as monitor:
        database.refuse_read_only()
        try:
            with stopped_by_interrupt(monitor):
                found = train_project(database, learner, split, flat, seed, monitor)
        except Stopped as stopped:
            note(str(stopped))
            return STOPPED
    _tell(found)
    say(found.model.model_id)
    return STOPPED if found.stopped else DONE


def _tell(found: Trained) -> None:
    for line in found.notes:
        note(line)
    for split, counts in found.counts.items():
        told = ", ".join(f"{name} {n}" for name, n in counts.items() if n)
        note(f"{split}: {told or 'no cells'}")
    measured = found.model.content.get("validation", {})
    if measured:
        told = ", ".join(
            f"{n.removeprefix('val_').replace('_', ' ')} {v:.3f}" for n, v in measured.items()
        )
        note(f"On the validation groups, which are no independent test: {told}.")
    if found.stopped:
        last = found.counts_pass == "last"
        counts = "last pass, since few cells validate" if last else "best pass so far"
        warn(f"Stopped: this is the model of the {counts}. The same command goes on.")
    note(f"A draft until it is released: models release --help. {RESEARCH_USE_ONLY}")
