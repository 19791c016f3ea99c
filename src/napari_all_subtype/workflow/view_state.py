"""How a project was left: the smear that was read, where in it, and how it was drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.files import write_json
from napari_all_subtype.workflow.colour_values import CLASS, QUANTITIES
from napari_all_subtype.workflow.review_parameters import CellFilter, QueueOrder

VIEW_FILE = "view.json"


class _State(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Drawn(_State):
    """How a layer is drawn.

    Parameters
    ----------
    visible : bool
    opacity : float
        0–1.
    """

    visible: bool = True
    opacity: float = Field(1.0, ge=0.0, le=1.0)


class KeptLook(_State):
    """How the cells are drawn; see the look of the window."""

    colour_by: str = CLASS
    best_guess: bool = False
    hidden: frozenset[str] = frozenset()
    fill_opacity: float = Field(0.2, ge=0.0, le=1.0)
    min_confidence: float = Field(0.0, ge=0.0, le=1.0)
    letters: bool = True


class ViewState(_State):
    """What a reader had before them when the project was closed.

    Parameters
    ----------
    slide_id, field_id : int
        Of the project.
    label : int
        The picked cell; 0 for none.
    order : QueueOrder
    shown : CellFilter
        Of the queue.
    region_field_id : int or None
        Field of the region of the queue.
    look : KeptLook
    layers : mapping of str to Drawn
        By what they show.
    """

    slide_id: int
    field_id: int
    label: int = Field(0, ge=0)
    order: QueueOrder = QueueOrder()
    shown: CellFilter = CellFilter(reviewed="unreviewed")
    region_field_id: int | None = None
    look: KeptLook = KeptLook()
    layers: Mapping[str, Drawn] = {}

    @property
    def look_values(self) -> dict[str, object]:
        """The look, of which this version knows all that it names."""
        values = self.look.model_dump()
        if values["colour_by"] not in (CLASS, *QUANTITIES):
            values["colour_by"] = CLASS
        return values

    def order_in(self, field_ids: Sequence[int | None]) -> QueueOrder:
        """The order among fields that have these ids; that of a lost region is any other."""
        if self.order.region is None:
            return self.order
        if self.region_field_id not in field_ids:
            kind = "least_confident" if self.order.kind == "region" else self.order.kind
            return self.order.model_copy(update={"kind": kind, "region": None})
        n = field_ids.index(self.region_field_id)
        region = self.order.region.model_copy(update={"field": n})
        return self.order.model_copy(update={"region": region})


def keep_view(folder: Path, state: ViewState) -> bool:
    """Whether `state` could be written beside the database of the project in `folder`.

    Nothing hangs on it: where it cannot be written, the project opens as for the first time.
    """
    try:
        write_json(folder / VIEW_FILE, state.model_dump(mode="json"), overwrite=True)
    except (OSError, AllSubtypeError):
        return False
    return True


def kept_view(folder: Path) -> ViewState | None:
    """How the project in `folder` was left; None where nothing sensible says so."""
    try:
        return ViewState.model_validate(json.loads((folder / VIEW_FILE).read_text("utf-8")))
    except (OSError, ValueError, ValidationError, RecursionError):
        return None
