"""The commands of models: list, show, fetch, import, export, remove, release."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from napari_all_subtype.config import AnalysisParameters, ScaleParameters
from napari_all_subtype.option_groups import Debug, Scale
from napari_all_subtype.options import option_name
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import note, say, warn

if TYPE_CHECKING:
    from napari_all_subtype.project.database import Database

DONE = 0

Project = Annotated[
    Path | None, Parameter(name="--project", help="Folder of a project, whose models count too.")
]

Model = Annotated[str, Parameter(help="Id of a model, or the folder of one.")]

models = App(
    name="models",
    help="The models on this machine: those that ship, your own, and those of a project.",
    default_parameter=Parameter(name_transform=option_name),
)


def add_model_commands(app: App) -> None:
    """Have `app` these commands as well."""
    app.command(models)


@models.command(name="list")
def list_models(project: Project = None, *, debug: Debug = False) -> int:
    """List the models: id, where it is, draft or released, network, classes, the one that runs.

    Example: napari-all-subtype models list reading-2026
    """
    from napari_all_subtype.workflow.models import known_models

    for one in known_models(project):
        if one.card is None:
            warn(f"{one.id}: {one.error}")
            continue
        card = one.card
        classes = ", ".join(card.classes.names)
        runs = "; runs" if one.runs else ""
        say(f"{one.id:<20} {one.place:<8} {card.state:<8} {card.architecture:<12} {classes}{runs}")
    return DONE


@models.command
def show(
    model: Model,
    /,
    *,
    project: Project = None,
    json: Annotated[bool, Parameter(negative="", help="All of the card, as JSON.")] = False,
    debug: Debug = False,
) -> int:
    """Show the card of a model: what it tells apart, learned from, was measured on, and its limits.

    Example: napari-all-subtype models show bundled
    """
    from napari_all_subtype.model.card import read_card
    from napari_all_subtype.model.weights import check_files
    from napari_all_subtype.workflow.card_words import card_lines
    from napari_all_subtype.workflow.models import folder_of

    folder = folder_of(model, project)
    card = read_card(folder)
    check_files(folder, card)
    if json:
        say(card.model_dump_json(indent=2, exclude={"novelty", "stain_seen"}))
        return DONE
    for line in card_lines(card):
        say(line)
    return DONE


@models.command
def fetch(
    backbones: Annotated[
        list[str] | None, Parameter(help="Backbones whose weights are wanted; all by default.")
    ] = None,
    /,
    *,
    to: Annotated[
        Path | None,
        Parameter(help="Folder to carry to a machine without a network: models import FOLDER."),
    ] = None,
    mirror: Annotated[
        str, Parameter(help="Address under which the files stand by their names.")
    ] = "",
    debug: Debug = False,
) -> int:
    """Fetch the ImageNet weights that Keras publishes, each checked by its published hash.

    Example: napari-all-subtype models fetch vgg16 --to stick/
    """
    from napari_all_subtype.workflow.model_store import fetch_weights

    with TerminalMonitor(1) as monitor:
        found = fetch_weights(backbones or (), to, mirror, monitor)
    for path in found:
        say(path.name)
    return DONE


@models.command(name="import")
def import_model(
    source: Annotated[
        Path,
        Parameter(
            help="Package (ZIP) or folder of a model, or a folder that models fetch --to filled."
        ),
    ],
    /,
    *,
    project: Project = None,
    debug: Debug = False,
) -> int:
    """Bring a model in, or weights that were carried here; nothing of it runs before it is checked.

    Example: napari-all-subtype models import model.zip
    """
    from napari_all_subtype.model.packages import UNPROVEN
    from napari_all_subtype.workflow.model_store import import_model as bring
    from napari_all_subtype.workflow.model_store import import_weights

    if weights := import_weights(source):
        say(f"Weights of {', '.join(weights)} are on this machine now.")
        return DONE
    with _database(project) as database:
        card = bring(source, database)
    if UNPROVEN in card.limits:
        note(UNPROVEN)
    say(card.id)
    return DONE


@models.command
def export(
    model: Model,
    /,
    *,
    out: Annotated[Path, Parameter(help="ZIP file to write.")],
    project: Project = None,
    identifiers: Annotated[
        bool, Parameter(negative="", help="Name the person who released it.")
    ] = False,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace an earlier file.")] = False,
    debug: Debug = False,
) -> int:
    """Write a model as one file that can be imported on another machine."""
    from napari_all_subtype.workflow.model_store import export_model

    card = export_model(model, out, project, identifiers, overwrite)
    say(f"{card.id} ({card.state}): {out}")
    say(RESEARCH_USE_ONLY)
    return DONE


@models.command
def remove(model: Model, /, *, project: Project = None, debug: Debug = False) -> int:
    """Take the files of a model away; a project remembers that there was one."""
    from napari_all_subtype.workflow.model_store import remove_model

    with _database(project) as database:
        remove_model(model, database)
    say(f"Model {model} was removed.")
    return DONE


@models.command
def release(
    model: Model,
    /,
    *,
    by: Annotated[str, Parameter(help="Name or code of the person who releases it.")],
    control: Annotated[
        Path,
        Parameter(
            help="CSV file (file, annotation, group) of the control set: cells of cases that the "
            "model did not learn from."
        ),
    ],
    project: Project = None,
    debug: Debug = False,
    scale: Scale = ScaleParameters(),
) -> int:
    """Release a model: measured on a control set, in the name of a person; until then a draft.

    Example: napari-all-subtype models release ID --by NAME --control control.csv --project DIR
    """
    from napari_all_subtype.workflow.cell_rows import rows_of_csv
    from napari_all_subtype.workflow.model_store import release_model

    rows = rows_of_csv(control)
    with _database(project) as database, TerminalMonitor(len(rows)) as monitor:
        card = release_model(model, by, rows, database, monitor, AnalysisParameters(scale=scale))
    told = ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in card.release.figures.items())
    say(f"{card.id} is released by {card.release.by}; {card.release.crops} control cells: {told}")
    say(RESEARCH_USE_ONLY)
    return DONE


def _database(project: Path | None) -> AbstractContextManager[Database | None]:
    if project is None:
        return nullcontext()
    from napari_all_subtype.project.database import open_project

    return open_project(project)
