"""The commands of what was read in a project: count, agreement, lock, amend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from napari_all_subtype.option_groups import Debug
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands.app import DONE, Folder, project
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import say
from napari_all_subtype.workflow.review_parameters import DifferentialParameters

Slide = Annotated[int, Parameter(help="Number of the slide, as project status shows it.")]
Signer = Annotated[str, Parameter(help="Name or code of the person who signs for it.")]


Table = Annotated[
    Path | None, Parameter(help="File to write the table to as CSV, with codes for readers.")
]


def _told(name: str) -> Parameter:
    """An option with the description of a parameter of the count."""
    return Parameter(help=DifferentialParameters.model_fields[name].description)


@project.command
def count(
    folder: Folder,
    /,
    *,
    slide: Slide,
    cells: Annotated[Literal[100, 200, 500], _told("n_cells")] = 200,
    order: Annotated[Literal["random", "field_order"], _told("order")] = "random",
    seed: Annotated[int, _told("seed")] = 0,
    out: Table = None,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace an earlier table.")] = False,
    debug: Debug = False,
) -> int:
    """Count cells that are drawn by rule, by reader and by model side by side.

    Example: napari-all-subtype project count reading-2026 --slide 3 --cells 200 --order random
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow.count_words import count_rows, count_words
    from napari_all_subtype.workflow.project_count import count_smear, names_of_readers
    from napari_all_subtype.workflow.reading_files import write_table

    parameters = DifferentialParameters.of(n_cells=cells, order=order, seed=seed)
    with open_project(folder, write=False) as database, TerminalMonitor(1) as monitor:
        told = count_smear(database, slide, parameters, monitor)
        names = names_of_readers(database)
    say(count_words(told, names).to_string())
    for line in told.lines:
        say(line)
    if out:
        write_table(count_rows(told), told.stated, out, overwrite)
        say(f"Written to {out}")
    say(RESEARCH_USE_ONLY)
    return DONE


@project.command
def agreement(
    folder: Folder,
    /,
    *,
    slide: Annotated[
        list[int] | None,
        Parameter(
            negative="", help="Number of a slide, as project status shows it; all by default."
        ),
    ] = None,
    out: Table = None,
    disagreements: Annotated[
        Path | None,
        Parameter(help="File to write the cells to, as CSV, of which readers differ."),
    ] = None,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace earlier tables.")] = False,
    debug: Debug = False,
) -> int:
    """Tell how far readers agree with each other and with the model: kappa with intervals.

    Example: napari-all-subtype project agreement reading-2026 --slide 3
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.workflow import agreement as agreeing
    from napari_all_subtype.workflow.project_count import names_of_readers
    from napari_all_subtype.workflow.reading_files import write_table
    from napari_all_subtype.workflow.spoken import spoken_in

    with open_project(folder, write=False) as database:
        spoken, names = spoken_in(database, slide or ()), names_of_readers(database)
    found = agreeing.agreement(spoken)
    if found.pairs:
        rows = agreeing.agreement_rows(found, names)
        say(rows.to_string(index=False, float_format="%.2f", na_rep="–"))
    for one in found.pairs:
        first, second = (rater.title(names) for rater in one.raters)
        say(f"\n{first} (rows) against {second} (columns):")
        say(agreeing.confusion_table(spoken, *one.raters).to_string())
    for line in found.lines(names):
        say(line)
    for path, table in (
        (out, agreeing.agreement_rows(found, {})),
        (disagreements, agreeing.disagreements(spoken)),
    ):
        if path is not None:
            write_table(table, {}, path, overwrite)
            say(f"Written to {path}")
    say(RESEARCH_USE_ONLY)
    return DONE


@project.command
def lock(folder: Folder, /, *, slide: Slide, reader: Signer, debug: Debug = False) -> int:
    """Lock the result of a smear: from then on nothing in it changes without an amendment.

    Example: napari-all-subtype project lock reading-2026 --slide 3 --reader A
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.workflow.result_state import result_state
    from napari_all_subtype.workflow.smear_lock import lock_smear

    with open_project(folder) as database, database.transaction():
        # A name that locks nothing is not entered.
        version = lock_smear(database, reader_named(database, reader).reader_id, slide)
        state = result_state(database, slide)
    say(state.text(identifiers=True))
    say(f"SHA-256 of this version: {version.sha256}")
    say(RESEARCH_USE_ONLY)
    return DONE


@project.command
def amend(
    folder: Folder,
    /,
    *,
    slide: Slide,
    reader: Signer,
    reason: Annotated[str, Parameter(help="Why it is changed; it stays in the record.")],
    debug: Debug = False,
) -> int:
    """Let a locked smear be changed again, for a reason; lock it once more when it is done.

    Example: napari-all-subtype project amend reading-2026 --slide 3 --reader A --reason "2 fields"
    """
    from napari_all_subtype.project.database import open_project
    from napari_all_subtype.project.readers import reader_named
    from napari_all_subtype.workflow.smear_lock import amend_smear

    with open_project(folder) as database, database.transaction():
        amend_smear(database, reader_named(database, reader).reader_id, slide, reason)
    say(f"Slide {slide} can be changed now. Its locked versions stay; lock it again when done.")
    return DONE
