"""What the group *This cell is* tells: which cells a word would be for, or what to do first."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from napari_all_subtype._widgets.homes import ProjectSmear
from napari_all_subtype._widgets.review.word_panel import (
    GONE,
    NONE_FOUND,
    NOTHING_TO_SAY,
    PICK_ONE,
)
from napari_all_subtype._widgets.session import Session
from napari_all_subtype.amounts import amount
from napari_all_subtype.cells import table
from napari_all_subtype.cells.model_facts import FOUND_ONLY
from napari_all_subtype.project.segmentations import count_fields
from napari_all_subtype.taxonomy import UNKNOWN, class_of

RUNNING = "Wait a moment: the analysis goes on, and has no result yet."
LOADING = "Wait a moment: the result is read from the project."
RENAME = (
    "The dock <i>Train</i> learns from them. To name one otherwise, change its line in the table, "
    "or its folder, that it came from, and add that to the project again."
)
SINGLE = (
    "This is a picture of one cell, as it was added to the project: there is no smear to read. "
    f"{RENAME}"
)
ONLY_SINGLE = (
    "The project holds {} of single cells, and no smear to read. " + RENAME + " To read a smear, "
    "open an image and press <b>Run</b> in the dock <i>Analyse smear</i>."
)
CHOOSE_SMEAR = (
    "Choose a smear in the group <i>Project</i> below, or analyse another: press <b>Run</b> in the "
    "dock <i>Analyse smear</i>."
)


class Told(NamedTuple):
    """What is told of the cells that a word would be for.

    Parameters
    ----------
    text : str
        In HTML.
    possible : bool
        Whether a word can be said.
    label : int
        Of the only cell; 0 for none or several.
    """

    text: str
    possible: bool = False
    label: int = 0


def told_of(session: Session) -> Told:
    """Which cells a word would be for; where there is none, what to do."""
    result = session.result()
    label = session.layers.picked or session.told_of
    if result is None:
        return Told(what_first(session))
    if overlay_gone(session):
        return Told(what_is_gone(session))
    if (count := len(session.selection)) > 1:
        return Told(f"<b>{count} cells</b> are selected: a word is for all.", True)
    if not result.there([label]):
        none = table.present(result.analysis.cells).empty
        return Told(NONE_FOUND if none else PICK_ONE)
    return Told(_told_of_one(session, label), True, label)


def overlay_gone(session: Session) -> bool:
    """Whether a result is shown whose overlay a person deleted."""
    return session.in_view and session.layers.deleted


def what_is_gone(session: Session) -> str:
    """That the overlay, or the image, was deleted, and how it comes back; in HTML."""
    return GONE.format("image of the smear" if session.layers.image_deleted else "overlay")


def any_result(session: Session) -> bool:
    """Whether any field of the smear has a result that can be read."""
    return any(field.result is not None for field in session.fields)


def what_first(session: Session) -> str:
    """What to do before a word can be said, in HTML; no result is shown."""
    database, field = session.record.database, session.field
    if session.running:
        return RUNNING
    if field is not None and field.single:
        return SINGLE
    if field is not None and field.kept is not None and not field.error:
        return LOADING
    if database is None or not (field is None or isinstance(session.source, ProjectSmear)):
        return NOTHING_TO_SAY
    analysed, single = count_fields(database)
    if analysed:
        return CHOOSE_SMEAR if field is None else NOTHING_TO_SAY
    return ONLY_SINGLE.format(amount(single, "picture")) if single else NOTHING_TO_SAY


def _told_of_one(session: Session, label: int) -> str:
    analysis = session.result().analysis
    said = table.annotations(analysis.cells).iat[label]
    title = escape(session.classes.now.title(said))
    word = title if said else "nobody has said anything"
    if analysis.model == FOUND_ONLY:
        return f"<b>Cell {label}</b>: {word}."
    by_model = class_of(analysis.taxonomy, analysis.cells["subtype"].iat[label])
    hidden = session.hides_model and by_model is UNKNOWN
    model = "hidden" if hidden else escape(by_model.title)
    return f"<b>Cell {label}</b>: {word}. Model: {model}."
