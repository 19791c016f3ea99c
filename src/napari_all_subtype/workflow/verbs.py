"""The verbs of learning on the folder of a project, as the command line has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.progress import SILENT, Monitor

if TYPE_CHECKING:
    from napari_all_subtype.workflow.evaluate import Evaluated
    from napari_all_subtype.workflow.feedback import FedBack
    from napari_all_subtype.workflow.project_fields import Imported
    from napari_all_subtype.workflow.proposals import Decide
    from napari_all_subtype.workflow.self_train import SelfTrained
    from napari_all_subtype.workflow.train import Trained

IMPORTER = "importer"


def create_project(project: str | Path, classes: Sequence[str] = ()) -> Path:
    """An empty project in a new folder: that folder.

    Parameters
    ----------
    project : str or Path
    classes : sequence of str
        Two or more names; by default normal, blast, l1, l2 and l3.

    Raises
    ------
    ProjectExistsError, ProjectWriteError, RecordError

    Examples
    --------
    >>> from napari_all_subtype import create_project
    >>> create_project("mine", ["neutrophil", "lymphocyte"])  # doctest: +SKIP
    """
    from napari_all_subtype.project import database
    from napari_all_subtype.project.own_classes import taxonomy_of_names
    from napari_all_subtype.project.taxonomies import use_taxonomy

    own = taxonomy_of_names(list(classes)) if classes else None
    with database.create_project(Path(project)) as made:
        if own is not None:
            use_taxonomy(made, own)
    return Path(project)


def add_cells(
    project: str | Path,
    source: str | Path,
    reader: str = IMPORTER,
    *,
    pixel_size_um: float | None = None,
    profile: str | None = None,
    monitor: Monitor = SILENT,
) -> Imported:
    """Pictures of one cell each brought into a project: what came in, with the size of each.

    Parameters
    ----------
    source : str or Path
        CSV file (file, annotation, group), or a folder with a folder of pictures per class
        (in it, perhaps, a folder for each case).
    reader : str
        Name or code of who said the words.
    pixel_size_um : float, optional
        Micrometres per pixel of all of them; else the files, then the red cells of all together
        are asked, and 0.13 is assumed where they do not tell.
    profile : str, optional
        Name of a saved instrument profile, instead of that.

    Raises
    ------
    ProjectNotFoundError, ProjectReadOnlyError, RecordError, ImageReadError, ProfileError,
    PixelSizeError

    Examples
    --------
    >>> from napari_all_subtype import add_cells
    >>> add_cells("mine", "cells.csv", pixel_size_um=0.1).added  # doctest: +SKIP
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.workflow.cell_rows import rows_of_class_folders, rows_of_csv
    from napari_all_subtype.workflow.project_cells import import_cells, words_of

    path, parameters = Path(source), _scaled(pixel_size_um, profile)
    rows = rows_of_class_folders(path) if path.is_dir() else rows_of_csv(path)
    with open_project(Path(project)) as database:
        database.refuse_read_only()
        words_of(database, rows)  # raises before a reader is entered who said nothing
        who = reader_named(database, reader).reader_id
        return import_cells(database, rows, who, parameters, monitor)


def train(
    project: str | Path,
    *,
    seed: int = 0,
    flat: bool = False,
    random_split: bool = False,
    monitor: Monitor = SILENT,
    **options: object,
) -> Trained:
    """A model trained on the named cells of a project: a draft, and the one that runs then.

    Parameters
    ----------
    seed : int
        All draws start from it: the same gives the same.
    flat : bool
        A word is its own class alone; by default ``blast`` leaves its subtypes open.
    random_split : bool
        Divide cell by cell instead of case by case; every figure is marked.
    **options
        ``backbone``, ``weights``, ``head_epochs`` and the others of
        :class:`~napari_all_subtype.model.parameters.TrainingParameters`; ``rotation_deg`` and
        those of :class:`~napari_all_subtype.model.parameters.AugmentationParameters`.

    Raises
    ------
    TooFewCellsError, TrainingSetError, TrainingError, WeightsMissingError, ParameterError
        If nothing can be learned; the message says what is missing.
    ProjectNotFoundError, ProjectReadOnlyError, OutputError
        If the project cannot be used.

    Examples
    --------
    >>> from napari_all_subtype import train
    >>> train("mine", backbone="bundled", seed=1).model.model_id  # doctest: +SKIP
    """
    from napari_all_subtype.learning.parameters import SplitParameters
    from napari_all_subtype.model.parameters import AugmentationParameters, TrainingParameters
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow import keras_learner
    from napari_all_subtype.workflow.train import train_project

    changes = AugmentationParameters.of(
        **{name: options.pop(name) for name in AugmentationParameters.model_fields & options.keys()}
    )
    learner = keras_learner.KerasLearner(TrainingParameters.of(**options), changes)
    split = SplitParameters(random_split=random_split)
    with open_project(Path(project)) as database:
        return train_project(database, learner, split, flat, seed, monitor)


def feedback(
    project: str | Path,
    *,
    seed: int = 0,
    flat: bool = False,
    random_split: bool = False,
    monitor: Monitor = SILENT,
    **options: object,
) -> FedBack:
    """Cells judged out of sample: doubted ones weigh more then, others are queued for a reader.

    ``queue.csv`` and ``suspects.csv`` are written into the project.

    Parameters
    ----------
    seed, flat, random_split
        As `train` has them.
    **options
        ``error_rate``, ``queue``, ``loop_back`` and the others of
        :class:`~napari_all_subtype.learning.parameters.FeedbackParameters`.

    Raises
    ------
    ModelNotFoundError
        If the project has no model yet.
    TooFewCellsError, ParameterError, ProjectNotFoundError, ProjectReadOnlyError, OutputError

    Examples
    --------
    >>> from napari_all_subtype import feedback
    >>> feedback("mine", error_rate=0.05, queue=50).queue  # doctest: +SKIP
    """
    from napari_all_subtype.learning.parameters import FeedbackParameters, SplitParameters
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow import feedback as rounds
    from napari_all_subtype.workflow import keras_learner
    from napari_all_subtype.workflow.queue_file import QUEUE_FILE, SUSPECTS_FILE, write_list

    folder, parameters = Path(project), FeedbackParameters.of(**options)
    split = SplitParameters(random_split=random_split)
    with open_project(folder) as database:
        database.refuse_read_only()
        learner = keras_learner.learner_of(database)
        found = rounds.feedback(database, learner, parameters, split, flat, seed, monitor)
        write_list(database, found.queue, folder / QUEUE_FILE)
        write_list(database, found.suspects, folder / SUSPECTS_FILE)
    return found


def self_train(
    project: str | Path,
    *,
    seed: int = 0,
    flat: bool = False,
    random_split: bool = False,
    decide: Decide | None = None,
    reader: str = "",
    monitor: Monitor = SILENT,
    **options: object,
) -> SelfTrained:
    """Unlabelled cells brought into training round by round: the model that runs, and the rounds.

    Parameters
    ----------
    seed, flat, random_split
        As `train` has them.
    decide : callable, optional
        Given each proposed round, True to accept, False to reject, None to decide later; by
        default the rule on the validation cells.
    reader : str, optional
        Name or code of the person who decides, where `decide` is given.
    **options
        ``rounds`` and the others of
        :class:`~napari_all_subtype.learning.parameters.SelfTrainingParameters`.

    Raises
    ------
    TooFewCellsError, ParameterError, ProjectNotFoundError, ProjectReadOnlyError, OutputError

    Examples
    --------
    >>> from napari_all_subtype import self_train
    >>> [one.state for one in self_train("mine", rounds=3).rounds]  # doctest: +SKIP
    """
    from napari_all_subtype.learning.parameters import SelfTrainingParameters, SplitParameters
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.readers import reader_when_needed
    from napari_all_subtype.workflow import keras_learner
    from napari_all_subtype.workflow import self_train as rounds
    from napari_all_subtype.workflow.proposals import by_rule

    parameters = SelfTrainingParameters.of(**options)
    split = SplitParameters(random_split=random_split)
    with open_project(Path(project)) as database:
        database.refuse_read_only()
        learner = keras_learner.learner_of(database)
        who = reader_when_needed(database, reader) if reader and decide else None
        return rounds.self_train(
            *(database, learner, parameters, split, flat, seed, decide or by_rule, monitor),
            reader_id=who,
        )


def evaluate(
    project: str | Path,
    table: str | Path,
    *,
    model: str = "",
    against: str = "",
    pixel_size_um: float | None = None,
    profile: str | None = None,
    random_split: bool = False,
    monitor: Monitor = SILENT,
) -> Evaluated:
    """A model measured on the cells of a table that it did not learn from: all its figures.

    Parameters
    ----------
    table : str or Path
        CSV file (file, annotation, group), a row per picture of one cell.
    model, against : str
        Id of a model, by default the one that runs; and of one that it is compared with.
    pixel_size_um, profile
        As `add_cells` has them.
    random_split : bool
        Measure on cells of groups that were learned from too; every figure is marked.

    Raises
    ------
    ModelNotFoundError, ModelIntegrityError, TrainingSetError
        If a model cannot be used.
    TooFewCellsError, RecordError, ImageReadError, ProfileError, PixelSizeError
        If the table cannot be measured on.

    Examples
    --------
    >>> from napari_all_subtype import evaluate
    >>> evaluate("mine", "kept-back.csv").figures.macro_f1.value  # doctest: +SKIP
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.cell_rows import rows_of_csv
    from napari_all_subtype.workflow.evaluate import evaluate_models

    rows, parameters = rows_of_csv(Path(table)), _scaled(pixel_size_um, profile)
    with open_project(Path(project), write=False) as database:
        return evaluate_models(database, model, against, rows, random_split, parameters, monitor)


def _scaled(pixel_size_um: float | None, profile: str | None) -> AnalysisParameters:
    return AnalysisParameters.of(scale={"pixel_size_um": pixel_size_um, "profile": profile})
