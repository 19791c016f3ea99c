"""The commands: analyse, classify, demo, info, project and those of learning."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError
from pydantic import ValidationError

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.learning_commands import add_learning_commands
from napari_all_subtype.model_commands import add_model_commands
from napari_all_subtype.option_groups import (
    AnalyseOptions,
    ClassifyOptions,
    Debug,
    WritingOptions,
)
from napari_all_subtype.options import bad_option, option_name
from napari_all_subtype.progress_bar import TerminalMonitor
from napari_all_subtype.project_commands import project
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.terminal import describe, fail, listed, say, warn

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2

app = App(
    name="napari-all-subtype",
    suppress_keyboard_interrupt=False,
    help=f"White cells of blood smears: found, measured, classified. {RESEARCH_USE_ONLY}",
    help_epilogue="Each command explains its options: napari-all-subtype analyse --help. The exit "
    "status is 0 when all is done, 1 when some images failed, 2 when nothing could be done, 130 "
    "when it was stopped.",
    version=lambda: version("napari-all-subtype"),
    default_parameter=Parameter(name_transform=option_name),
)

app.command(project)
add_model_commands(app)
add_learning_commands(app)


@app.command
def analyse(
    images: Annotated[
        list[Path],
        Parameter(
            help="One or more images, or folders of images. The images of one folder are taken "
            "for one smear; subfolders are not searched."
        ),
    ],
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder for the results, made if absent.")],
    cells: Annotated[
        Path | None,
        Parameter(
            help="Cells that are known already: a mask (PNG, TIFF or NPY, one whole number per "
            "cell) for one image, or a folder with a mask of the same name for each image. They "
            "are then not looked for."
        ),
    ] = None,
    nuclei: Annotated[
        Path | None,
        Parameter(
            help="The nuclei of these cells, in the same way; without them they are found in the "
            "cells by their stain."
        ),
    ] = None,
    writing: WritingOptions = WritingOptions(),
    debug: Debug = False,
    options: AnalyseOptions = AnalyseOptions(),
) -> int:
    """Find, measure and classify every white cell; one folder of results per image.

    Example: napari-all-subtype analyse smear.png --out results --pixel-size 0.13
    """
    from napari_all_subtype.workflow.batch import analyse_batch
    from napari_all_subtype.workflow.given_masks import with_masks
    from napari_all_subtype.workflow.inputs import prepare
    from napari_all_subtype.workflow.preliminary import state_of

    _warn_of_unread(images)
    own = writing.key_file is not None
    fields = prepare(images, writing.key_file_of(out), own_secret=own)
    parameters = options.parameters()
    if nuclei is not None and cells is None:
        raise ParameterError("--nuclei is given without --cells. Expected both; give --cells too.")
    if cells is not None:
        fields = with_masks(fields, cells, parameters, nuclei)
    with TerminalMonitor(len(fields)) as monitor:
        result = analyse_batch(fields, out, parameters, writing.overwrite, monitor)
    for smear in result.smears:
        say(describe(smear))
        say(f"  {state_of(smear).text()}")
    if result.smears:
        say(f"Results are in {out}")
    if result.left_over:
        warn(
            f"{out.name} also holds results of an earlier run, which were not replaced: "
            f"{listed(result.left_over)}. Remove them if they do not belong here."
        )
    return _status(result)


@app.command
def classify(
    crops: Annotated[
        list[Path],
        Parameter(
            help="One or more images of a single cell in the middle, or folders of them; "
            "subfolders are not searched."
        ),
    ],
    /,
    *,
    out: Annotated[Path, Parameter(help="CSV file to write: one row per image.")],
    writing: WritingOptions = WritingOptions(),
    debug: Debug = False,
    options: ClassifyOptions = ClassifyOptions(),
) -> int:
    """Classify images of one cell each; one table, a row per image in the order given.

    Example: napari-all-subtype classify cells/ --out cells.csv --pixel-size 0.13
    """
    from napari_all_subtype.workflow.classify import classify_batch
    from napari_all_subtype.workflow.inputs import prepare
    from napari_all_subtype.workflow.preliminary import preliminary

    _warn_of_unread(crops)
    own = writing.key_file is not None
    fields = prepare(crops, writing.key_file_of(out), repeats=True, own_secret=own)
    with TerminalMonitor(len(fields)) as monitor:
        result = classify_batch(fields, out, options.parameters(), writing.overwrite, monitor)
    n_done = len(fields) - len(result.failed)
    empty = [outcome.field.name for outcome in result.outcomes if not outcome.cell_found]
    if empty:
        of_all = f"{len(empty)} of {len(fields)} images show{'s' if len(empty) == 1 else ''}"
        warn(
            f"{of_all} no cell ({listed(empty, most=3)}): subtype unknown; the probabilities "
            "there are of the middle of the image and mean nothing."
        )
    for line in result.warnings:
        warn(line)
    if n_done:
        say(f"{n_done} of {len(fields)} images classified: {out}")
        say(preliminary(n_done).text())
        for line in result.notes:
            say(line)
        if result.subtype_note:
            say(result.subtype_note)
        say(RESEARCH_USE_ONLY)
    return _status(result)


@app.command
def demo(
    *,
    out: Annotated[Path, Parameter(help="Folder for the results, made if absent.")] = Path(
        "demo-output"
    ),
    seed: Annotated[
        int, Parameter(help="Number that the drawing starts from: another one draws another smear.")
    ] = 1,
    debug: Debug = False,
) -> int:
    """Draw a synthetic smear and analyse it; replaces an earlier demonstration."""
    from napari_all_subtype.workflow.demo import in_words, run_demo
    from napari_all_subtype.workflow.preliminary import state_of

    say(
        "A smear that is drawn, no photograph: what each cell is meant to be is known, and cells "
        "are strange to the model, which learned from real ones."
    )
    with TerminalMonitor(1) as monitor:
        result = run_demo(out, seed, monitor)
    say(describe(result.summary))
    say(f"  {state_of(result.summary).text()}")
    say("  The scale is that of the drawing.")
    for line in in_words(result):
        say(line)
    say(f"Overlay and table are in {result.folder}, the drawing and its truth beside it")
    return DONE


@app.command
def info(*, debug: Debug = False) -> int:
    """Show versions, the device in use and the models."""
    from napari_all_subtype.workflow.information import information

    for name, value in information().items():
        say(f"{name:<20} {value}")
    return DONE


def run(words: Sequence[str], debug: bool = False) -> int:
    """Exit status of the command that `words` say: 0 all done, 1 some failed, 2 nothing done.

    Raises
    ------
    ParameterError
        If a command, an option or its value is unknown.
    AllSubtypeError
        If the command cannot be carried out.
    """
    logging.basicConfig(level=logging.DEBUG if debug else logging.ERROR, format="%(message)s")
    logging.getLogger("PIL").setLevel(logging.WARNING)
    try:
        status = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        wrong = error.__cause__
        if isinstance(wrong, ValidationError):
            raise bad_option(wrong) from error
        if isinstance(error, UnusedCliTokensError):
            raise ParameterError(
                f"{listed(error.unused_tokens)} is more than the command takes: what belongs to an "
                "option follows its name. See --help."
            ) from error
        raise ParameterError(str(error)) from error
    return status if isinstance(status, int) else DONE


def _warn_of_unread(inputs: Sequence[Path]) -> None:
    from napari_all_subtype.cells.folders import counted
    from napari_all_subtype.workflow.inputs import unread_images

    n_images, n_folders = unread_images(inputs)
    if n_images:
        warn(
            f"not read: {counted(n_images, n_folders)}. Of a folder only the images directly in it "
            "are read; name the subfolders as well, each is a smear of its own."
        )


def _status(result: object) -> int:
    for outcome in result.failed:
        named = outcome.field.name in outcome.error
        fail(outcome.error if named else f"{outcome.field.name}: {outcome.error}")
    if not result.failed:
        return DONE
    return SOME_FAILED if len(result.failed) < len(result.outcomes) else NOTHING_DONE
