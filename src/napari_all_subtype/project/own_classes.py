"""Classes that a person gives a project by their names: titles, colours, letters and keys."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence
from dataclasses import replace

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.taxonomies import refuse_odd_names
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN, CellClass, Taxonomy

UNLABELLED = "unlabelled"
MIN_CLASSES = 2
_KEYS = "123456789"
# Those of FAB5, then what lies farthest on a coarse grid from these, from unknown, the exclusions
# and the colours of a smear, for the least apt of four kinds of colour vision (as in taxonomy.py).
# The blue and the greens of other palettes are lost on violet and on pink.
_COLOURS = (
    *("#009E73", "#F0E442", "#56B4E9", "#E69F00", "#D55E00"),
    *("#0000FF", "#CCFFCC", "#666666", "#333333", "#CC0033", "#99CC99"),
)
_GOLDEN = 0.618034
_TAKEN = {one.name for one in (*EXCLUSIONS, UNKNOWN)} | {UNLABELLED}


def class_name(text: str) -> str:
    """`text` as the name of a class: small letters, with underscores for spaces and hyphens.

    Examples
    --------
    >>> class_name(" Not a-cell ")
    'not_a_cell'
    """
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def taxonomy_of_names(names: Sequence[str]) -> Taxonomy:
    """A taxonomy of the classes called `names`; those that FAB5 knows look as they do there.

    Raises
    ------
    RecordError
        If there are fewer than two, one is there twice, is an exclusion or no fit name.

    Examples
    --------
    >>> one = taxonomy_of_names(["Blast", "small lymphocyte"])
    >>> one.names, one["small_lymphocyte"].title, one["small_lymphocyte"].letter
    (('blast', 'small_lymphocyte'), 'Small lymphocyte', 'S')
    """
    names = [class_name(name) for name in names]
    names = [name for name in names if name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if len(names) < MIN_CLASSES or twice:
        found = f"{twice[0]} twice" if twice else ", ".join(names) or "none"
        raise RecordError(
            f"The classes given are {found}: expected two or more different names, with commas "
            "between them."
        )
    if taken := [name for name in names if name in _TAKEN]:
        raise RecordError(
            f"{taken[0]!r} cannot be a class: it can be said of a cell in every project. Leave it "
            f"out; so are {', '.join(sorted(_TAKEN))}."
        )
    refuse_odd_names(names)
    if tuple(names) == FAB5.names:
        return FAB5
    made: list[CellClass] = []
    for n, name in enumerate(names):
        made.append(_class(name, n, names, made))
    return Taxonomy("/".join(names), tuple(made))


def _class(name: str, n: int, names: Sequence[str], before: Sequence[CellClass]) -> CellClass:
    """The class `name`, number `n` of `names`, told apart from those `before` it."""
    key = _KEYS[n] if n < len(_KEYS) else ""
    used = {one.colour for one in before} | {FAB5[k].colour for k in names if k in FAB5.names}
    if name in FAB5.names:
        known = FAB5[name]
        return replace(known, key=key, parent=known.parent if known.parent in names else "")
    title = name.replace("_", " ").capitalize()
    letters = {one.letter for one in before} | {FAB5[k].letter for k in names if k in FAB5.names}
    return CellClass(name, title, _letter(name, letters), _colour(n, used), key, "", title.lower())


def _letter(name: str, taken: set[str]) -> str:
    """One or two characters that no other class has."""
    first = name[0].upper()
    rest = name.replace("_", "")[1:]
    tries = (first, *(first + c for c in rest), *(f"{first}{n}" for n in range(10)))
    return next((one for one in tries if one not in taken), first)


def _colour(n: int, taken: set[str]) -> str:
    """A colour that no other class has: of the palettes, else another hue for each."""
    left = [one for one in _COLOURS if one not in taken]
    if left:
        return left[0]
    rgb = colorsys.hsv_to_rgb((n * _GOLDEN) % 1, 0.75, 0.45 + 0.4 * (n % 2))
    return "#" + "".join(f"{round(255 * part):02X}" for part in rgb)
