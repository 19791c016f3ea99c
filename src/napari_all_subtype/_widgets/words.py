"""What the dock says: summaries, flags with advice, and the reasons for one cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import pandas as pd

from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.overlay import class_of
from napari_all_subtype.workflow.summarise import Interval, Summary

NOTHING_OPEN = (
    "Open an image with File → Open, choose a <b>Folder</b> of fields, or try "
    "File → Open Sample → ALL Subtype."
)
READY = "Press <b>Run</b> to find and classify the white cells."
NO_CELL_PICKED = "Click a cell on the image, or press <b>Next</b>, to see why it is called so."

ADVICE = {
    "blur": "out of focus: refocus and take the field again; the classes are less certain",
    "scale uncertain": "pixel size not known for certain: choose an instrument profile or enter "
    "the pixel size",
    "no white cell found": "no white cell found: check the pixel size, raise the sensitivity, or "
    "choose another field",
    "overlaps": "shows part of another field again: leave one of the two out, or cells count twice",
}
ORIGINS = {
    "user": "entered",
    "profile": "instrument profile",
    "metadata": "the file",
    "layer": "the layer",
    "red cells": "red cells as a ruler",
    "assumed": "assumed, not measured",
}
# Column: (words, unit, decimals). Measurements shown for one cell, in this order.
SHOWN = {
    "diameter_um": ("Diameter", "µm", 1),
    "nucleus_diameter_um": ("Nucleus", "µm", 1),
    "nc_ratio": ("N:C area ratio", "", 2),
    "nucleus_solidity": ("Nucleus solidity", "", 2),
    "nucleus_circularity": ("Nucleus circularity", "", 2),
}


def summary_html(summary: Summary) -> str:
    """Counts and what they mean, in a few lines."""
    fields = f"{len(summary.fields)} fields" if len(summary.fields) > 1 else "1 field"
    at_border = f", {summary.n_at_border} cut by the border" if summary.n_at_border else ""
    cells = "white cell" if summary.n_cells == 1 else "white cells"
    lines = [f"<b>{summary.n_cells} {cells}</b> in {fields}{at_border}."]
    blast = summary.blast_any
    if blast.fraction is not None:
        lines.append(
            f"Blast side (Blast, L1–L3): <b>{blast.count} = {blast.fraction:.0%}</b>, "
            "95 % interval "
            f"{_interval(blast.wilson)}{_over_fields(blast.over_fields)}."
        )
        lines.append(
            f"Mean probability of any blast {summary.mean_p_blast_any:.2f}, mean confidence "
            f"{summary.mean_confidence:.2f}."
        )
    return "<br>".join(lines)


def scale_html(pixel_size: PixelSize) -> str:
    """Pixel size, where it comes from and how far it can be trusted."""
    origin = ORIGINS.get(pixel_size.origin, pixel_size.origin)
    note = f" ({escape(pixel_size.note)})" if pixel_size.note else ""
    return (
        f"Scale {pixel_size.um_per_px:.3f} µm/px ± {pixel_size.relative_uncertainty:.0%}: "
        f"{origin}{note}."
    )


def flags_html(flags: Mapping[str, tuple[str, ...]], with_names: bool) -> str:
    """Quality flags, each with what to do about it."""
    lines = []
    for name, words in flags.items():
        which = f"{escape(name)}: " if with_names else ""
        lines += [f"⚠ {which}{escape(advice(word))}." for word in words]
    return "<br>".join(lines)


def advice(flag: str) -> str:
    """What a flag means and what to do.

    Examples
    --------
    >>> advice("overlaps field-2.png")
    'overlaps field-2.png: shows part of another field again: leave one of the two out, or cells \
count twice'
    """
    if flag.startswith("overlaps"):
        return f"{flag}: {ADVICE['overlaps']}"
    return ADVICE.get(flag, flag)


def cell_html(row: pd.Series, taxonomy: Taxonomy) -> str:
    """What is said of one cell, and the measured reasons."""
    cell_class = class_of(taxonomy, row["subtype"])
    border = " Cut by the border." if row.get("touches_border") else ""
    title = f"<b>Cell {int(row['label'])}: {cell_class.title}</b>"
    head = f"{title} – {escape(cell_class.meaning)}.{border}"
    rows = [("Confidence", f"{row['confidence']:.0%}"), ("Any blast", f"{row['p_blast_any']:.0%}")]
    for name in taxonomy.names:
        kind = " score" if taxonomy[name].parent else ""
        rows.append((f"{taxonomy[name].title}{kind}", f"{row[f'p_{name}']:.2f}"))
    for column, (words, unit, decimals) in SHOWN.items():
        if column in row.index and math.isfinite(row[column]):
            rows.append((words, f"{row[column]:.{decimals}f} {unit}".strip()))
    half = (len(rows) + 1) // 2
    return head + _table(rows[:half], rows[half:])


def field_line(name: str, cells: int | None, error: str) -> str:
    """One line of the field list: state in a sign, name, and count."""
    if error:
        return f"✗ {name}"
    return f"○ {name}" if cells is None else f"✓ {name}   {cells}"


def _table(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> str:
    """Two pairs of columns side by side."""
    right = right + [("", "")] * (len(left) - len(right))
    lines = "".join(
        f"<tr><td>{a}&nbsp;</td><td align='right'>{b}</td><td>&nbsp;&nbsp;&nbsp;{c}&nbsp;</td>"
        f"<td align='right'>{d}</td></tr>"
        for (a, b), (c, d) in zip(left, right, strict=True)
    )
    return f"<table>{lines}</table>"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "not known"
    return f"{100 * interval.low:.0f}–{100 * interval.high:.0f} %"


def _over_fields(interval: Interval | None) -> str:
    return f" (over fields {_interval(interval)})" if interval else ""
