"""The commands of models: train one's own; list, show, fetch, import, export, remove, release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter

from napari_all_subtype.errors import Stopped
from napari_all_subtype.interrupts import STOPPED, stopped_by_interrupt
from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
from napari_all_subtype.option_groups import Debug
from napari_all_subtype.options import option_name
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import note, say, warn

if TYPE_CHECKING:
    from napari_all_subtype.workflow.train import Trained

DONE = 0

Folder = Annotated[Path, Parameter(help="Folder of the project.")]
Project = Annotated[
    Path | None, Parameter(name="--project", help="Folder of a project, whose models count too.")
]

models = App(
    name="models",
    help="The models on this machine: those that ship, your own, and those of a project.",
    default_parameter=Parameter(name_transform=option_name),
)


def add_model_commands(app: App) -> None:
    """Have `app` these commands as well."""
    app.command(train)
    app.command(models)


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

    Ctrl-C stops it and keeps the model of the best pass; killed or stopped, the same command
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
        note(f"On the validation groups, which chose the best pass: {told}.")
    if found.stopped:
        warn("Stopped: this is the model of the best pass so far. The same command goes on.")
    note(f"A draft until it is released: models release --help. {RESEARCH_USE_ONLY}")
