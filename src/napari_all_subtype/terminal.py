"""What a terminal shows: results on stdout, warnings and errors on stderr, each in one line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # they bring pandas, which errors in the first second can do without
    from napari_all_subtype.cells.source import PixelSize
    from napari_all_subtype.workflow.intervals import Proportion
    from napari_all_subtype.workflow.summarise import Summary

# Flags that name another field, by how they begin: one line for all that are of a kind.
PAIRED = {"overlaps ": "overlap", "same picture as ": "repeated picture"}


def say(text: str) -> None:
    """One result to stdout."""
    _write(sys.stdout, text)


def fail(text: str) -> None:
    """One error to stderr, in one line."""
    note(f"error: {text}")


def warn(text: str) -> None:
    """One warning to stderr, in one line: the work goes on."""
    note(f"warning: {text}")


def note(text: str) -> None:
    """One line to stderr."""
    _write(sys.stderr, " ".join(text.split()))


def tell_scale(sizes: Sequence[PixelSize]) -> None:
    """Whence the scale of so many pictures came, and that it was assumed, on stderr."""
    from napari_all_subtype.workflow.picture_scale import assumed_lines, scale_lines

    for line in assumed_lines(sizes):
        warn(line)
    for line in scale_lines(sizes):
        note(line)


def _write(stream: TextIO | None, text: str) -> None:
    """Lines without control characters; a stream that is closed or full loses them."""
    lines = ["".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n")]
    if stream is not None:
        with suppress(OSError):
            stream.write("\n".join(lines) + "\n")
            stream.flush()


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def describe(summary: Summary) -> str:
    """Counts and fractions of a smear or field as lines of text."""
    n = len(summary.fields)
    fields = f"{n} field" + ("s" if n != 1 else "")
    name = f"{summary.name} ({listed(summary.fields, most=1)})"
    cells = "white cell" if summary.n_cells == 1 else "white cells"
    cut = f", {summary.n_at_border} cut by the border" if summary.n_at_border else ""
    lines = [f"{name}: {summary.n_cells} {cells} in {fields}{cut}"]
    lines += [
        f"  {name:<8} {_proportion(share)}"
        for name, share in summary.classes.items()
        if share.count or name in ("normal", "blast")
    ]
    if summary.blast_any is not None:
        lines.append(f"  blast or L1-L3: {_proportion(summary.blast_any)}")
    if summary.unknown_note:
        lines.append(f"  {summary.unknown_note}")
    if summary.blank_rate is not None and summary.n_cells:
        lines.append(f"  {summary.blank_rate.text}")
    lines += flag_lines(summary.flags)
    lines += _scale_lines(summary)
    if summary.stain_warning:
        lines.append(f"  {summary.stain_warning}")
    if summary.smear_score is not None and summary.smear_score.n_blasts:
        lines.append(
            "  FAB, rule scores of the blasts, another thing than the words above: "
            f"{summary.smear_score.text}"
        )
    lines += [f"  {note}" for note in (summary.subtype_note, summary.notice) if note]
    return "\n".join(lines)


def _scale_lines(summary: Summary) -> list[str]:
    """How far lengths and counts hang on the scale, and whether the model has seen such a one."""
    uncertainty, exception = summary.um_relative_uncertainty, summary.less_certain_text
    known = f"; every length is uncertain by {_percent(uncertainty)}" if uncertainty else ""
    if exception:
        known = f"{known}, {exception}" if known else f"; every length is uncertain {exception}"
    lines = [f"  The intervals are of sampling only{known}."] if summary.n_cells else []
    if summary.scale_doubt is not None:
        lines.append(f"  {summary.scale_doubt.text}")
    n, assumed = len(summary.fields), summary.n_fields_scale_assumed
    if assumed:
        of_all = "" if n == 1 else f" in {assumed} of {n} fields"
        lines.append(
            f"  Scale assumed{of_all}: counts and sizes can be wrong by more than the intervals "
            "say; give --pixel-size or --profile."
        )
    return lines + _warning_lines(summary.scale_warnings, n)


def _warning_lines(warnings: Mapping[str, str], n_fields: int, most: int = 3) -> list[str]:
    """The first few warnings, each with the fields it is of, unless it is of all."""
    from napari_all_subtype.workflow.scale_check import ASSUMED

    kinds: dict[str, list[str]] = {}
    for name, text in warnings.items():
        # Of all assumed scales one line is enough, which names the options.
        if kept := text.partition(ASSUMED)[0].strip():
            kinds.setdefault(kept, []).append(name)
    lines = [
        f"  {text}" if len(names) == n_fields else f"  {listed(names, most=3)}: {text}"
        for text, names in kinds.items()
    ]
    more = sum(len(names) for names in list(kinds.values())[most:])
    if more:
        rest = "1 more field" if more == 1 else f"{more} more fields"
        return [*lines[:most], f"  {rest} with a warning of scale: see batch.json"]
    return lines


# What is to be done where a flag alone does not say it.
ADVICE = {
    "no white cell found": "; check the light and the pixel size, or raise --sensitivity "
    "(pale nuclei: lower --min-nucleus-contrast)",
}


def flag_lines(flags: Mapping[str, Sequence[str]]) -> list[str]:
    """One line per kind of flag, with the first three of the fields that bear it.

    Examples
    --------
    >>> flag_lines({"1.png": ["blur"], "2.png": ["blur", "overlaps 1.png"]})
    ['  check blur: 1.png, 2.png', '  check overlap: 2.png overlaps 1.png']
    """
    kinds: dict[str, list[str]] = {}
    for name, own in flags.items():
        for flag in own:
            paired = next((kind for start, kind in PAIRED.items() if flag.startswith(start)), None)
            kinds.setdefault(paired or flag, []).append(f"{name} {flag}" if paired else name)
    return [
        f"  check {kind}: {listed(bearers, most=3)}{ADVICE.get(kind, '')}"
        for kind, bearers in kinds.items()
    ]


def _proportion(share: Proportion) -> str:
    if share.fraction is None or share.wilson is None:
        return f"{share.count:>4}"
    text = f"{share.count:>4}  {_percent(share.fraction):>5} "
    text += f"(95 % interval {_percent(share.wilson.low)} to {_percent(share.wilson.high)}"
    if share.over_fields is not None:
        low, high = share.over_fields.low, share.over_fields.high
        text += f"; over fields {_percent(low)} to {_percent(high)}"
    return text + ")"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %"
