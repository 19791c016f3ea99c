"""What the dock says: summaries, and what is told of one cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from napari_all_subtype._widgets.messages import Ended
from napari_all_subtype.cells.source import PixelSize
from napari_all_subtype.taxonomy import EXCLUSIONS

if TYPE_CHECKING:
    from napari_all_subtype.workflow.cell_report import CellReport
    from napari_all_subtype.workflow.intervals import Interval
    from napari_all_subtype.workflow.smear_score import SmearScore
    from napari_all_subtype.workflow.summarise import Summary

NO_BREAK = "\N{NO-BREAK SPACE}"
NOTHING = "–"
NOTHING_OPEN = (
    "Open an image with File → Open, choose a <b>Folder</b> of fields, or try "
    "File → Open Sample → ALL Subtype."
)
READY = "Press <b>Run</b> to find and classify the white cells."
# Of the bundled model alone: another may have learned from drawn smears.
DRAWN = (
    "A drawn smear, strange to the model, which learned from photographs: it calls most of the "
    "drawn blasts normal."
)
FOUND_ONLY = (
    "The model has other classes than the project: its cells are here to be named, and what it "
    "calls them is left out."
)
NO_CELL_PICKED = (
    "Click a cell on the image, or press <b>Next</b>, to see why it is called so. "
    "Pointing at one is enough for a look."
)
BEST_GUESS = (
    "⚠ <b>Best guess:</b> hatched cells with “?” are drawn as the subtype that scores highest, "
    "which was not accepted. Counts and files keep the accepted classes."
)
POINTED_AT = "<i>Under the cursor; click the cell to keep it here.</i>"
PICKED = "<i>Picked: it stays here; click beside the cells to let it go.</i>"
FIRST_REASONS = 2  # for, and as many against
RULES = "<b>FAB rules</b> (rule scores, not the words of the network above):"

ORIGINS = {
    "user": "entered",
    "profile": "instrument profile",
    "metadata": "the file",
    "layer": "the layer",
    "red cells": "red cells as a ruler",
    "assumed": "assumed, not measured",
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
    if summary.n_reviewed:
        lines.append(f"{summary.n_reviewed} reviewed by a person.{_excluded(summary.excluded)}")
    blast = summary.blast_any
    if blast is not None and blast.fraction is not None:
        lines.append(
            f"Blast side (Blast, L1–L3): <b>{blast.count} = {percent(blast.fraction)}</b>, "
            f"95{NO_BREAK}% interval "
            f"{_interval(blast.wilson)}{_over_fields(blast.over_fields)}."
        )
        lines.append(
            f"Mean probability of any blast {percent(summary.mean_p_blast_any)}, mean confidence "
            f"{percent(summary.mean_confidence)}."
        )
    if summary.unknown_note:
        lines.append(f"⚠ {_listed([summary.unknown_note])}")
    if summary.scale_doubt is not None:
        lines.append(escape(summary.scale_doubt.text))
    if summary.blank_rate is not None and summary.n_cells:
        lines.append(_listed([summary.blank_rate.text]))
    return "<br>".join(lines)


def _excluded(counts: Mapping[str, int]) -> str:
    """What was said to be no leukocyte, as a sentence; empty without any."""
    told = [f"{one.title} {counts[one.name]}" for one in EXCLUSIONS if one.name in counts]
    return f" Not counted: {', '.join(told)}." if told else ""


def rules_html(score: SmearScore | None) -> str:
    """What the FAB rules make of the blasts, under a heading of its own; empty without blasts."""
    if score is None or not score.n_blasts:
        return ""
    sign = "⚠ " if score.outcome == "L3 suspected" else ""
    return f"{RULES}<br>{sign}{_listed([score.text])}."


def scale_html(pixel_size: PixelSize) -> str:
    """Pixel size, where it comes from and how far it can be trusted."""
    origin = ORIGINS.get(pixel_size.origin, pixel_size.origin)
    note = f" ({escape(pixel_size.note)})" if pixel_size.note else ""
    return (
        f"Scale {pixel_size.um_per_px:.3f}{NO_BREAK}µm/px ±{NO_BREAK}"
        f"{percent(pixel_size.relative_uncertainty)}: {origin}{note}."
    )


def title_html(report: CellReport) -> str:
    """Number and class of one cell."""
    return f"<b>{escape(report.title)}</b>"


def sides_html(report: CellReport) -> str:
    """The side taken with what it rests on, and how it hangs on the scale."""
    doubt = f"<br>{'⚠ ' * report.scale.endswith('sides.')}{escape(report.scale)}"
    return sentence_html(report.sides.told) + (doubt if report.scale else "")


def first_html(report: CellReport) -> str:
    """What is read first: the strongest reasons without numbers, else what the class says."""
    brief = [
        [text.partition(": ")[0] for text in texts[:FIRST_REASONS]]
        for texts in (report.reasons_for, report.reasons_against)
    ]
    return "<br>".join(_both_ways(report.reasons_about, *brief)) or escape(report.meaning)


def reasons_html(report: CellReport) -> str:
    """What speaks for and against the subtype that scores highest, and what was not measured.

    The class of such a cell is explained here, for its reasons take the place above.
    """
    lines = _both_ways(report.reasons_about, report.reasons_for, report.reasons_against)
    meaning = [f"{report.meaning[:1].upper()}{report.meaning[1:]}"] if lines else []
    if report.not_measured:
        told = _listed(report.not_measured)
        lines.append(f"{told[:1].upper()}{told[1:]}.")
    return "<br>".join([*lines, *map(escape, meaning)])


def _both_ways(about: str, speak_for: Sequence[str], against: Sequence[str]) -> list[str]:
    """Reasons for and against, a line each."""
    lines = []
    if speak_for:
        lines.append(f"<b>For {about}:</b> {_listed(speak_for)}.")
    if against:
        lines.append(f"<b>Against:</b> {_listed(against)}.")
    return lines


def measures_html(report: CellReport) -> str:
    """Its measurements, a line each."""
    lines = "".join(
        f"<tr><td>{escape(name)}&nbsp;&nbsp;</td><td align='right'>{escape(value)}</td></tr>"
        for name, value in report.measures
    )
    return f"<table>{lines}</table>" if lines else ""


def sentence_html(told: str) -> str:
    """A sentence whose beginning, up to the first comma, is what it comes to.

    Examples
    --------
    >>> sentence_html("Blast 0.94, calibrated on 2 laboratories.")
    '<b>Blast 0.94</b>, calibrated on 2 laboratories.'
    """
    first, comma, rest = escape(told).partition(",")
    return f"<b>{first}</b>{comma}{rest}" if comma else first


def _listed(texts: Sequence[str]) -> str:
    return escape("; ".join(texts)).replace(" %", f"{NO_BREAK}%")


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


def _interval(interval: Interval | None) -> str:
    return "not known" if interval is None else percents(interval.low, interval.high)


def _over_fields(interval: Interval | None) -> str:
    return f" (over fields {_interval(interval)})" if interval else ""
