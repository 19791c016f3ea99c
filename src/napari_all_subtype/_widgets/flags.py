"""Quality flags as the dock tells them: one line per flag, its fields, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from napari_all_subtype.cells.given import NUCLEI_OUTSIDE
from napari_all_subtype.cells.label_images import RENUMBERED
from napari_all_subtype.cells.plausible import IMPLAUSIBLE_SIZE, NO_NUCLEUS

OVERLAPS = "overlaps"
ADVICE = {
    "blur": "out of focus: refocus and take the field again; the classes are less certain",
    "scale uncertain": "pixel size not known for certain: choose an instrument profile or enter "
    "the pixel size",
    "no white cell found": "no white cell found: check the pixel size, raise the sensitivity, or "
    "choose another field; where a labels layer gives the cells, draw them there",
    IMPLAUSIBLE_SIZE: "a cell is smaller than 4 or larger than 40 µm: check the pixel size and the "
    "outlines",
    NO_NUCLEUS: "a cell shows no nucleus, and nothing is said of it: correct its outline or delete "
    "it",
    NUCLEI_OUTSIDE: "nuclei lie outside the cells they belong to: are both masks of this image?",
    RENUMBERED: "the numbers of the cells are not those of the mask, which were too large",
    OVERLAPS: "part of another field is shown again: leave one of the two out, or cells count "
    "twice",
}
NAMED_FIELDS = 3


def flags_html(flags: Mapping[str, tuple[str, ...]], with_names: bool) -> str:
    """One line per flag, with the first fields that carry it.

    Parameters
    ----------
    flags : mapping of str to tuple of str
        Flags by field.
    with_names : bool
        Whether to name the fields; not needed where there is one.

    Examples
    --------
    >>> flags_html({"1.png": ("blur",)}, with_names=True)
    '⚠ 1.png: out of focus: refocus and take the field again; the classes are less certain.'
    >>> flags_html({"1.png": ("blur",), "2.png": ("blur",)}, with_names=True)[:34]
    '⚠ 2 fields (1.png, 2.png): out of '
    """
    return "<br>".join(
        f"⚠ {_which(names) if with_names else ''}{escape(advice(kind))}."
        for kind, names in _by_kind(flags).items()
    )


def warnings_html(warnings: Mapping[str, str], with_names: bool) -> str:
    """One line per warning that stands for itself, with the first fields that carry it.

    Examples
    --------
    >>> warnings_html({"1.png": "Scale assumed.", "2.png": "Scale assumed."}, with_names=True)
    '⚠ 2 fields (1.png, 2.png): Scale assumed.'
    """
    found: dict[str, list[str]] = {}
    for name, text in warnings.items():
        found.setdefault(text, []).append(name)
    return "<br>".join(
        f"⚠ {_which(names) if with_names else ''}{escape(text)}".replace(
            " %", "\N{NO-BREAK SPACE}%"
        )
        for text, names in found.items()
    )


def flags_tip(flags: Mapping[str, tuple[str, ...]]) -> str:
    """Every field of every flag that :func:`flags_html` does not name in full."""
    return "<br>".join(
        f"{escape(advice(kind).split(':')[0].capitalize())}: {escape(', '.join(names))}."
        for kind, names in _by_kind(flags).items()
    )


def advice(kind: str) -> str:
    """What a flag means and what to do; a flag without advice speaks for itself."""
    return ADVICE.get(kind, kind)


def _by_kind(flags: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Fields by flag, in order; an overlap names the other field as well."""
    found: dict[str, list[str]] = {}
    for name, words in flags.items():
        for word in words:
            overlaps = word.startswith(f"{OVERLAPS} ")
            kind, field = (OVERLAPS, f"{name} {word}") if overlaps else (word, name)
            found.setdefault(kind, []).append(field)
    return found


def _which(names: list[str]) -> str:
    if len(names) == 1:
        return f"{escape(names[0])}: "
    shown = ", ".join(names[:NAMED_FIELDS]) + (", …" if len(names) > NAMED_FIELDS else "")
    return f"{len(names)} fields ({escape(shown)}): "
