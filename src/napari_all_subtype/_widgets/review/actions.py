"""What a key of the review does, and which key does it."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
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
    word : str
        What it says of a cell; empty where it says nothing.
    """

    name: str
    title: str
    key: str
    tip: str
    word: str = ""


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


OTHERS = (*MOVES, *CHANGES)
# In the order in which classes get them.
FREE_KEYS = (*"123456789", *string.ascii_uppercase)


def actions_of(taxonomy: Taxonomy) -> tuple[Action, ...]:
    """All actions: a word for each class and each exclusion, then moves and changes.

    A class has the key that its taxonomy gives it, if nothing else has that; else the first of
    1 to 9 and A to Z that is free, or none where none is left.

    Examples
    --------
    >>> from napari_all_subtype.taxonomy import FAB5
    >>> [one.key for one in actions_of(FAB5)[:6]]
    ['1', '2', '3', '4', '5', 'X']
    """
    others = (*map(_word, EXCLUSIONS), *OTHERS)
    classes = [_word(one) for one in taxonomy.classes]
    return (*_with_free_keys(classes, (one.key for one in others)), *others)


def _word(one: CellClass) -> Action:
    reserved = {other.name for other in OTHERS}
    # A class may be called "next"; names of classes have no spaces.
    name = f"class {one.name}" if one.name in reserved else one.name
    told = f"This cell is: {one.meaning}." if one.meaning else f"This cell is: {one.title}."
    return Action(name, one.title, one.key.upper(), told, one.name)


def _with_free_keys(actions: Sequence[Action], taken: Iterable[str]) -> list[Action]:
    """The same, each with a key that none before it and none of `taken` has."""
    used = {key.upper() for key in taken}
    kept = []
    for one in actions:
        fits = one.key in FREE_KEYS and one.key not in used
        kept.append(one.key if fits else "")
        used.add(kept[-1])
    left = iter([key for key in FREE_KEYS if key not in used])
    return [replace(one, key=key or next(left, "")) for one, key in zip(actions, kept, strict=True)]


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

    def among(self, actions: Sequence[Action]) -> Keys:
        """The same for `actions`, of which no two then have the same key.

        What a person chose comes first; a word whose key went to another gets a free one. What
        was chosen for actions that are none of these is left out.
        """
        chosen: dict[str, str] = {}
        for one in actions:
            key = self.changed.get(one.name)
            if key is not None and (not key or key.lower() not in _lower(chosen.values())):
                chosen[one.name] = key
        taken, by_choice = _lower(chosen.values()), set(chosen)
        for one in (*(a for a in actions if not a.word), *(a for a in actions if a.word)):
            if one.name not in chosen:
                free = one.key.lower() not in taken
                chosen[one.name] = one.key if free else ""
                taken.add(chosen[one.name].lower())
        left = iter([key for key in FREE_KEYS if key.lower() not in taken])
        for one in actions:
            if one.word and one.key and not chosen[one.name] and one.name not in by_choice:
                chosen[one.name] = next(left, "")
        return Keys(chosen)

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


def _lower(keys: Iterable[str]) -> set[str]:
    return {key.lower() for key in keys if key}
