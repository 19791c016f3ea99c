"""The classes of a project: its own, kept whole, so that its words mean the same in ten years."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import Database
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

_CURRENT = "taxonomy"
# Names of files that Windows keeps for itself (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)


def use_taxonomy(database: Database, taxonomy: Taxonomy) -> None:
    """Make `taxonomy` that of the project. Words said in another one stay what they are.

    Raises
    ------
    RecordError
        If the project knows other classes under this name, or the name of a class is none.
    """
    refuse_odd_names(taxonomy.names)
    with database.transaction() as connection:
        _keep(database, taxonomy)
        connection.execute(
            "INSERT OR REPLACE INTO project VALUES (?, ?)", (_CURRENT, taxonomy.name)
        )


def take_taxonomies(database: Database, other: Database) -> None:
    """Keep the taxonomies of another project, whose words come here; ours stays the current one.

    Raises
    ------
    RecordError
        If a taxonomy has other classes here.
    """
    names = [row["name"] for row in other.rows("SELECT name FROM taxonomies ORDER BY rowid")]
    with database.transaction():
        for name in names:
            # Colours and titles are those of this project.
            if _known(database, name) is None:
                _keep(database, _known(other, name))
            else:
                _refuse_other_classes(_known(database, name), _known(other, name))


def _keep(database: Database, taxonomy: Taxonomy) -> None:
    """Keep `taxonomy` beside others, or its colours and titles in the place of older ones."""
    known = _known(database, taxonomy.name)
    if known is not None:
        _refuse_other_classes(known, taxonomy)
    content = json.dumps([asdict(one) for one in taxonomy.classes], ensure_ascii=False)
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO taxonomies VALUES (?, ?)", (taxonomy.name, content)
        )


def _refuse_other_classes(known: Taxonomy, taxonomy: Taxonomy) -> None:
    # Colours, keys and titles may change; what a word says may not.
    if _meanings(known) != _meanings(taxonomy):
        raise RecordError(
            f"The project has a taxonomy {taxonomy.name} with other classes "
            f"({', '.join(known.names)}). Give the new one ({', '.join(taxonomy.names)}) a name of "
            "its own."
        )


def refuse_odd_names(names: Sequence[str]) -> None:
    """Raise if one of `names` is not fit for a class.

    Raises
    ------
    RecordError
    """
    if odd := [name for name in names if not is_class_name(name)]:
        raise RecordError(
            f"{odd[0]!r} cannot be the name of a class, which is also that of a folder. Use small "
            "letters a to z, digits and underscores, and no name that Windows keeps for a device "
            "(con, nul and the like); the title may be anything."
        )


def is_class_name(name: str) -> bool:
    """Whether `name` is fit for a class: for files and folders on any system.

    Examples
    --------
    >>> is_class_name("not_a_cell"), is_class_name("../l1")
    (True, False)
    >>> is_class_name("con")
    False
    """
    return re.fullmatch("[a-z0-9_]+", name) is not None and name not in _DEVICES


def taxonomy_of(database: Database) -> Taxonomy:
    """The taxonomy of the project; FAB5 where none was chosen."""
    row = database.row("SELECT value FROM project WHERE key = ?", (_CURRENT,))
    return FAB5 if row is None else _known(database, row["value"])


def _known(database: Database, name: str) -> Taxonomy | None:
    row = database.row("SELECT content FROM taxonomies WHERE name = ?", (name,))
    if row is None:
        return None
    return Taxonomy(name, tuple(CellClass(**one) for one in json.loads(row["content"])))


def _meanings(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    return [(one.name, one.parent) for one in taxonomy.classes]
