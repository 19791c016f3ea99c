"""What a key of the review does, and which key does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from napari_all_subtype.errors import ParameterError
from napari_all_subtype.taxonomy import EXCLUSIONS, CellClass, Taxonomy

NEXT, PREVIOUS, SKIP, UNDO, REDO, OVERLAY = "next", "previous", "skip", "undo", "redo", "overlay"
TAKE_BACK, REGION = "take_back", "region"


@dataclass(frozen=True)
class Action:
    """One thing that a button and a key do.

    Parameters
    ----------
    name : str
        A class, an exclusion, or one of the words above.
    title, key, tip : str
        Word on the button, key as Qt writes it, tooltip.
    """

    name: str
    title: str
    key: str
    tip: str


MOVES = (
    Action(PREVIOUS, "◀ Previous", "P", "Go back to the cell before."),
    Action(NEXT, "Next ▶", "N", "Go on to the next cell of the queue."),
    Action(SKIP, "Skip", ".", "Leave this cell for the end of the queue, and go on."),
)
CHANGES = (
    Action(UNDO, "Undo", "Ctrl+Z", "Take the last word, or the last change of an outline, back."),
    Action(REDO, "Redo", "Ctrl+Shift+Z", "Make what was taken back again."),
    Action(TAKE_BACK, "No word", "0", "Take back what was said of this cell."),
    Action(
        REGION,
        "Select region",
        "L",
        "Draw a line around cells to select them all. A click with Ctrl or Shift selects one more; "
        "a word is for all that are selected.",
    ),
    Action(OVERLAY, "Overlay", "T", "Hide or show the colours, to see the cells themselves."),
)


def actions_of(taxonomy: Taxonomy) -> tuple[Action, ...]:
    """All actions: a word for each class and each exclusion, then moves and changes."""
    words = (*taxonomy.classes, *EXCLUSIONS)
    return (*map(_word, words), *MOVES, *CHANGES)


def _word(one: CellClass) -> Action:
    return Action(one.name, one.title, one.key.upper(), f"This cell is: {one.meaning}.")


@dataclass(frozen=True)
class Keys:
    """Which key does what, where it is another than at first.

    Parameters
    ----------
    changed : mapping of str to str
        Keys by names of actions.
    """

    changed: Mapping[str, str] = field(default_factory=dict)

    def of(self, action: Action) -> str:
        """The key of an action; empty for none."""
        return self.changed.get(action.name, action.key)

    def with_key(self, actions: tuple[Action, ...], name: str, key: str) -> Keys:
        """The same with another key for the action `name`; an empty one for none.

        Raises
        ------
        ParameterError
            If another action has this key.
        """
        for one in actions:
            if key and one.name != name and self.of(one).lower() == key.lower():
                raise ParameterError(
                    f"The key {key} is that of {one.title} already. Choose another, or give "
                    f"{one.title} another one first."
                )
        return replace(self, changed={**self.changed, name: key})
