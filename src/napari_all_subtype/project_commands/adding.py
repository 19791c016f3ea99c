"""A project is made, and things come into it, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from napari_all_subtype.config import AnalysisParameters, ScaleParameters
from napari_all_subtype.option_groups import Debug, Scale
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands.app import DONE, Folder, project
from napari_all_subtype.project_commands.ways_in import (
    add_cells,
    add_cohort,
    add_outlines,
    add_project,
    refuse_mixed,
    told,
)
from napari_all_subtype.terminal import say

# Under this name stand words of a table or of folders, where nobody says whose they are.
IMPORTER = "importer"


@project.command
def create(
    folder: Folder,
    /,
    *,
    classes: Annotated[
        str,
        Parameter(
            help="Classes of the project, with commas between them: two or more names. By default "
            "normal, blast, l1, l2 and l3."
        ),
    ] = "",
    debug: Debug = False,
) -> int:
    """Make an empty project.

    Example: napari-all-subtype project create reading-2026
    """
    from napari_all_subtype.project.database import create_project
    from napari_all_subtype.project.own_classes import taxonomy_of_names
    from napari_all_subtype.project.taxonomies import use_taxonomy

    taxonomy = taxonomy_of_names(classes.split(",")) if classes else None
    with create_project(folder) as database:
        if taxonomy is not None:
            use_taxonomy(database, taxonomy)
    say(f"An empty project is in {folder}. Add images: napari-all-subtype project add --help")
    return DONE


@project.command
def add(
    folder: Folder,
    inputs: Annotated[
        list[Path] | None,
        Parameter(
            help="Images, or folders of images, of one smear; or, with --cells, a CSV file "
            "(file, annotation, group) or a folder with a folder of pictures per class."
        ),
    ] = None,
    /,
    *,
    table: Annotated[
        list[Path] | None,
        Parameter(
            negative="",
            help="CSV file with a row per picture of one cell: file (looked for beside the table), "
            "annotation (or label; empty where nobody has said anything), group (what belongs "
            "together, as a patient's).",
        ),
    ] = None,
    class_folder: Annotated[
        list[Path] | None,
        Parameter(
            name="--folder",
            negative="",
            help="Folder with a folder of pictures of one cell per class, and 'unlabelled'; in "
            "each the pictures, or a folder of them for each case.",
        ),
    ] = None,
    case: Annotated[
        str,
        Parameter(
            help="Pseudonym of a new case, or of one that is there; by default case-1, case-2 and "
            "so on."
        ),
    ] = "",
    identifier: Annotated[
        str,
        Parameter(help="What tells the patient; kept apart and never exported unless asked for."),
    ] = "",
    specimen: Annotated[str, Parameter(help="Blood, marrow or the like.")] = "",
    cells: Annotated[
        bool,
        Parameter(negative="", help="The inputs are pictures of one cell each, with their words."),
    ] = False,
    reader: Annotated[
        str,
        Parameter(
            help="Name or code of the person who said the words that come in; needed with --cells, "
            f"otherwise they stand under '{IMPORTER}'."
        ),
    ] = "",
    geojson: Annotated[
        Path | None,
        Parameter(
            help="Outlines of the cells, as QuPath writes them: a GeoJSON file for one image, or a "
            "folder with a file of the same name for each. Their classes are words of the reader."
        ),
    ] = None,
    cases: Annotated[
        bool,
        Parameter(
            negative="",
            help="The inputs are folders with a folder for each case, whose name is kept apart as "
            "its identifier.",
        ),
    ] = False,
    from_project: Annotated[
        Path | None,
        Parameter(help="Folder of another project, whose smears, cells and words come in."),
    ] = None,
    debug: Debug = False,
    scale: Scale = ScaleParameters(),
) -> int:
    """Add images to a project; those that are in it already are known by their pixels.

    Example: napari-all-subtype project add reading-2026 smear-17/ --specimen marrow
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.leftovers import sweep
    from napari_all_subtype.workflow.inputs import find_images
    from napari_all_subtype.workflow.project_fields import import_fields

    tables = [*(table or ()), *(class_folder or ())]
    of_smear = bool(case or identifier)
    ways = {
        "--from-project": from_project is not None,
        "--table or --folder": bool(tables),
        "--cells": cells,
        "--geojson": geojson is not None,
        "--cases": cases,
    }
    refuse_mixed(ways, bool(inputs), of_smear, bool(specimen), reader, scale != ScaleParameters())
    parameters = AnalysisParameters(scale=scale)
    if from_project is not None:
        return add_project(folder, from_project)
    with open_project(folder) as database, TerminalMonitor(1) as monitor:
        sweep(database)
        if cases:
            return add_cohort(database, inputs, specimen, monitor)
        if cells or tables:
            came = add_cells(database, tables or inputs, reader or IMPORTER, parameters, monitor)
        elif geojson is not None:
            of = {"case_id": case, "identifier": identifier, "specimen": specimen}
            came = add_outlines(
                database, inputs, geojson, reader or IMPORTER, of, parameters, monitor
            )
        else:
            images = find_images(inputs)
            came = import_fields(database, images, case, identifier, specimen, monitor=monitor)
    return told(came, with_words=bool(cells or tables or geojson))
