"""The classes a cell can belong to: names, parents, colours, letters and keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class CellClass:
    """One class of a taxonomy, or one status that stands outside every taxonomy.

    Parameters
    ----------
    name : str
        The word in tables and files, lower case.
    title : str
        The word on screen.
    letter : str
        One or two characters that say the class without its colour.
    colour : str
        ``#rrggbb``, chosen to be told apart with any colour vision and to be
        readable on pink and on violet ground.
    key : str
        Keyboard key that assigns the class, empty if it has none.
    parent : str
        Name of the class this one is a kind of, empty at the top.
    meaning : str
        What the class says and what it does not.
    """

    name: str
    title: str
    letter: str
    colour: str
    key: str = ""
    parent: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Taxonomy:
    """An ordered set of classes; probabilities have their columns in this order.

    Examples
    --------
    >>> FAB5.names
    ('normal', 'blast', 'l1', 'l2', 'l3')
    >>> FAB5.family("blast")
    ('blast', 'l1', 'l2', 'l3')
    """

    name: str
    classes: tuple[CellClass, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Class names in column order."""
        return tuple(c.name for c in self.classes)

    def __len__(self) -> int:
        return len(self.classes)

    def index(self, name: str) -> int:
        """Column of the class called `name`.

        Raises
        ------
        ValueError
            If the taxonomy has no such class.
        """
        if name not in self.names:
            raise ValueError(
                f"{name!r} is no class of {self.name}: expected one of {', '.join(self.names)}"
            )
        return self.names.index(name)

    def __getitem__(self, name: str) -> CellClass:
        return self.classes[self.index(name)]

    def children(self, name: str) -> tuple[str, ...]:
        """Names of the classes whose parent is `name`."""
        return tuple(c.name for c in self.classes if c.parent == name)

    def family(self, name: str) -> tuple[str, ...]:
        """`name` and its children: the set a person's word `name` allows."""
        return (name, *self.children(name))

    @property
    def has_sides(self) -> bool:
        """Whether every class is ``normal``, or ``blast`` or a kind of it: as in FAB5.

        Examples
        --------
        >>> FAB5.has_sides, Taxonomy("mine", FAB5.classes[1:]).has_sides
        (True, False)
        """
        return {"normal", *self.family("blast")} == set(self.names)

    @property
    def blasts(self) -> tuple[str, ...]:
        """``blast`` and its kinds; nothing where there is no such class."""
        return tuple(name for name in self.family("blast") if name in self.names)

    @property
    def meanings(self) -> tuple[tuple[str, str], ...]:
        """Name and parent of each class: what a word says, whatever its colour or title."""
        return tuple((one.name, one.parent) for one in self.classes)


# Okabe & Ito's palette (jfly.uni-koeln.de/color, 2008) without its pinks and violets.
FAB5 = Taxonomy(
    "FAB5",
    (
        CellClass("normal", "Normal", "N", "#009E73", "1", "", "non-blast leukocyte"),
        CellClass(
            "blast",
            "Blast",
            "B",
            "#F0E442",
            "2",
            "",
            "blast (lineage not assessed), subtype undetermined",
        ),
        CellClass("l1", "L1", "L1", "#56B4E9", "3", "blast", "blast of L1-like morphology"),
        CellClass("l2", "L2", "L2", "#E69F00", "4", "blast", "blast of L2-like morphology"),
        CellClass(
            "l3",
            "L3",
            "L3",
            "#D55E00",
            "5",
            "blast",
            "blast of L3-like morphology: suspect Burkitt, "
            "confirm by immunophenotype and MYC, never from one cell",
        ),
    ),
)

# Whose scores are compared with the FAB rules.
SUBTYPES = FAB5.family("blast")[1:]

UNKNOWN = CellClass(
    "unknown",
    "Unknown",
    "?",
    "#BBBBBB",
    "",
    "",
    "nothing is said of it: it has no nucleus, looks unlike the cells of the training, or the "
    "model was not asked",
)

# The four colours of a coarse grid that lie farthest from each other, from all classes and from
# the colours of a smear for the least apt of four kinds of colour vision (Machado et al., IEEE
# Trans Vis Comput Graph 2009;15:1291), white and black given.
EXCLUSIONS = (
    CellClass("not_a_cell", "Not a cell", "x", "#FFFFFF", "x", "", "stain, platelet or glass"),
    CellClass("smudge", "Smudge", "s", "#000066", "g", "", "smudge cell, listed apart"),
    CellClass(
        "nucleated_red_cell",
        "Nucleated red cell",
        "r",
        "#663300",
        "r",
        "",
        "per 100 leukocytes, outside the denominator",
    ),
    CellClass("other_object", "Other object", "o", "#000000", "o", "", "none of these"),
)


def class_of(taxonomy: Taxonomy, name: str) -> CellClass:
    """The class of `taxonomy` or the exclusion called `name`; *unknown* if it is neither.

    Examples
    --------
    >>> class_of(FAB5, "smudge").letter, class_of(FAB5, "l2").letter, class_of(FAB5, "").letter
    ('s', 'L2', '?')
    """
    if name in taxonomy.names:
        return taxonomy[name]
    return next((one for one in EXCLUSIONS if one.name == name), UNKNOWN)


RESEARCH_USE_ONLY = "For Research Use Only. Not for use in diagnostic procedures."
