"""Quality flags as the dock tells them: one line per flag, its fields, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from napari_all_subtype.cells.given import NUCLEI_OUTSIDE
from napari_all_subtype.cells.label_images import RENUMBERED
from napari_all_subtype.cells.plausible import IMPLAUSIBLE_SIZE, NO_NUCLEUS

OVERLAPS = "overlaps"
SCALE_UNCERTAIN = "scale uncertain"
ADVICE = {
    "blur": "out of focus: refocus and take the field again; the classes are less certain",
    SCALE_UNCERTAIN: "pixel size not known for certain: choose an instrument profile or enter "
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
NUMBER = re.compile(r"\d+(?:\.\d+)?")


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

    Warnings that differ in their numbers only are one, which gives the ranges over the fields.

    Examples
    --------
    >>> warnings_html({"1.png": "Scale assumed.", "2.png": "Scale assumed."}, with_names=True)
    '⚠ 2 fields (1.png, 2.png): Scale assumed.'
    >>> warnings_html({"1.png": "Scale 0.1.", "2.png": "Scale 0.2."}, with_names=False)
    '⚠ Scale 0.1–0.2.'
    """
    found: dict[str, dict[str, str]] = {}
    for name, text in warnings.items():
        found.setdefault(NUMBER.sub("#", text), {})[name] = text
    return "<br>".join(
        f"⚠ {_which(list(own)) if with_names else ''}{escape(_with_ranges([*own.values()]))}"
        for own in found.values()
    ).replace(" %", "\N{NO-BREAK SPACE}%")


def _with_ranges(texts: Sequence[str]) -> str:
    """One of `texts`, which differ in numbers only, with the range of each number."""
    columns = iter(zip(*(NUMBER.findall(text) for text in texts), strict=True))

    def ranged(_: re.Match[str]) -> str:
        column = next(columns)
        low, high = min(column, key=float), max(column, key=float)
        return low if low == high else f"{low}–{high}"

    return NUMBER.sub(ranged, texts[0])


def without_told_scale(
    flags: Mapping[str, tuple[str, ...]], warnings: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """`flags` without that of an uncertain scale, where a warning tells it with its numbers.

    A field that shows a picture again has the flag and no warning of its own: the warning of
    the first one stands for it.

    Parameters
    ----------
    flags : mapping of str to tuple of str
        Flags by field.
    warnings : mapping of str to str
        Warnings of scale by field.
    """
    if not any(SCALE_UNCERTAIN in flags.get(name, ()) for name in warnings):
        return dict(flags)
    kept = {name: tuple(w for w in own if w != SCALE_UNCERTAIN) for name, own in flags.items()}
    return {name: own for name, own in kept.items() if own}


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
