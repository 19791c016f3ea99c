"""The slide of the open project that is shown, and how final its result is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_all_subtype._widgets.session import Session
from napari_all_subtype.project.locks import locked_by

if TYPE_CHECKING:
    from napari_all_subtype.workflow.result_state import ResultState


def slide_of(session: Session) -> int | None:
    """The slide of the open project whose fields are shown; None where there is none."""
    if session.record.database is None:
        return None
    kept = (field.kept.slide_id for field in session.fields if field.kept is not None)
    return next(kept, None)


def locked_slide_of(session: Session) -> int | None:
    """The slide that is shown, or looked at anew, if its result is locked; else None."""
    looks = (field.look_of for field in session.fields if field.look_of is not None)
    slide_id = slide_of(session) or next(looks, None)
    database = session.record.database
    if slide_id is None or database is None or locked_by(database, slide_id) is None:
        return None
    return slide_id


def state_of(session: Session) -> ResultState | None:
    """How final the result of the slide that is shown is; None where it is in no project."""
    from napari_all_subtype.workflow.result_state import result_state

    slide_id = slide_of(session)
    return None if slide_id is None else result_state(session.record.database, slide_id)
