"""What the dock says: summaries, and the reasons for one cell."""

from __future__ import annotations

import math
from html import escape

import pandas as pd

from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.taxonomy import Taxonomy
from napari_all_subtype.workflow.overlay import class_of
from napari_all_subtype.workflow.summarise import Interval, Summary

NO_BREAK = "\N{NO-BREAK SPACE}"
NOTHING = "–"
NOTHING_OPEN = (
    "Open an image with File → Open, choose a <b>Folder</b> of fields, or try "
    "File → Open Sample → ALL Subtype."
)
READY = "Press <b>Run</b> to find and classify the white cells."
NO_CELL_PICKED = "Click a cell on the image, or press <b>Next</b>, to see why it is called so."

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


def percent(fraction: float | None) -> str:
    """A fraction as it is written everywhere in the dock; the space does not break.

    Examples
    --------
    >>> percent(0.073).split()
    ['7', '%']
    >>> percent(float("nan"))  # nothing was said
    '–'
    """
    if fraction is None or math.isnan(fraction):
        return NOTHING
    return f"{100 * fraction:.0f}{NO_BREAK}%"


def percents(low: float, high: float) -> str:
    """An interval of fractions: 2–18 %."""
    return f"{100 * low:.0f}–{percent(high)}"


def shortened(name: str, longest: int = 28) -> str:
    """A name in at most `longest` characters, its middle left out: fields differ at their ends.

    Examples
    --------
    >>> shortened("smear of the third of May, field 12.png")
    'smear of the…, field 12.png'
    """
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[:half].rstrip()}…{name[-half - 1 :]}"


def summary_html(summary: Summary) -> str:
    """Counts and what they mean, in a few lines."""
    fields = f"{len(summary.fields)} fields" if len(summary.fields) > 1 else "1 field"
    at_border = f", {summary.n_at_border} cut by the border" if summary.n_at_border else ""
    cells = "white cell" if summary.n_cells == 1 else "white cells"
    lines = [f"<b>{summary.n_cells} {cells}</b> in {fields}{at_border}."]
    blast = summary.blast_any
    if blast.fraction is not None:
        lines.append(
            f"Blast side (Blast, L1–L3): <b>{blast.count} = {percent(blast.fraction)}</b>, "
            f"95{NO_BREAK}% interval "
            f"{_interval(blast.wilson)}{_over_fields(blast.over_fields)}."
        )
        lines.append(
            f"Mean probability of any blast {percent(summary.mean_p_blast_any)}, mean confidence "
            f"{percent(summary.mean_confidence)}."
        )
    if summary.blank_rate is not None and summary.n_cells:
        lines.append(escape(summary.blank_rate.text).replace(" %", f"{NO_BREAK}%"))
    return "<br>".join(lines)


def scale_html(pixel_size: PixelSize) -> str:
    """Pixel size, where it comes from and how far it can be trusted."""
    origin = ORIGINS.get(pixel_size.origin, pixel_size.origin)
    note = f" ({escape(pixel_size.note)})" if pixel_size.note else ""
    return (
        f"Scale {pixel_size.um_per_px:.3f}{NO_BREAK}µm/px ±{NO_BREAK}"
        f"{percent(pixel_size.relative_uncertainty)}: {origin}{note}."
    )


def cell_html(row: pd.Series, taxonomy: Taxonomy) -> str:
    """What is said of one cell, how sure that is, and the measured reasons."""
    cell_class = class_of(taxonomy, row["subtype"])
    border = " Cut by the border." if row.get("touches_border") else ""
    title = f"<b>Cell {int(row['label'])}: {cell_class.title}</b>"
    head = f"{title} – {escape(cell_class.meaning)}.{border}<br>{certainty(row, taxonomy)}."
    rows = [("Any blast", percent(row["p_blast_any"]))]
    for name in taxonomy.names:
        p, title = row[f"p_{name}"], taxonomy[name].title
        # Only the two sides are calibrated; how the blast side divides is a score.
        on_blast_side = name in taxonomy.family("blast")
        score = f"{p:.2f}" if math.isfinite(p) else NOTHING
        rows.append((f"{title} score", score) if on_blast_side else (title, percent(p)))
    for column, (words, unit, decimals) in SHOWN.items():
        if column in row.index and math.isfinite(row[column]):
            rows.append((words, f"{row[column]:.{decimals}f} {unit}".strip()))
    half = (len(rows) + 1) // 2
    return head + _table(rows[:half], rows[half:])


def certainty(row: pd.Series, taxonomy: Taxonomy) -> str:
    """Confidence with the side it is of, and the score of the strongest subtype.

    Parameters
    ----------
    row : pandas.Series
        Of the cell table.
    """
    if row["subtype"] not in taxonomy.names:
        return "Neither side taken: no confidence is stated"
    if row["subtype"] not in taxonomy.family("blast"):
        return f"{taxonomy[row['subtype']].title} side, confidence {percent(row['confidence'])}"
    side = f"Blast side, confidence {percent(row['confidence'])}"
    if row["best_guess"] not in taxonomy.children("blast"):
        return side
    kind = "subtype" if row["subtype"] == row["best_guess"] else "nearest subtype"
    title = taxonomy[row["best_guess"]].title
    return f"{side}; {kind} {title}, score {row['subtype_share']:.2f} of that side"


def field_line(name: str, cells: int | None, error: str) -> str:
    """One line of the field list: state in a sign, name, and count."""
    if error:
        return f"✗ {name}"
    return f"○ {name}" if cells is None else f"✓ {name}   {cells}"


def reason_html(name: str, error: str) -> str:
    """Why there is no result, in one sentence that names the field once.

    Examples
    --------
    >>> reason_html("grey", "grey has one channel; open a colour image.")
    '⚠ <b>Not analysed:</b> grey has one channel; open a colour image.'
    """
    named = error if not name or name in error else f"{name}: {error}"
    return f"⚠ <b>Not analysed:</b> {escape(named)}"


def end_text(ended: Ended, done: int, fields: int) -> str:
    """How a run ended, and what of a folder has a result after it.

    Examples
    --------
    >>> end_text(Ended(stopped=True), 1, 3)
    'Stopped: 1 of 3 fields analysed, the others have no result.'
    """
    if not (ended.stopped or ended.message):
        return "Done." if done else "No result."
    word = "Stopped" if ended.stopped else "Not finished"
    if fields < 2 or done == fields:
        return f"{word}."
    return f"{word}: {done} of {fields} fields analysed, the others have no result."


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
    return "not known" if interval is None else percents(interval.low, interval.high)


def _over_fields(interval: Interval | None) -> str:
    return f" (over fields {_interval(interval)})" if interval else ""
