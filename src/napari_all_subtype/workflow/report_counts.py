"""The counts of a smear as rows of a report: of its locked version if there is one, else as now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN, CellClass, class_of
from napari_all_subtype.workflow.exported_field import ExportedField
from napari_all_subtype.workflow.field_cells import FieldCells
from napari_all_subtype.workflow.intervals import Interval, Proportion, wilson
from napari_all_subtype.workflow.summarise import Summary, summarise

_KNOWN = (*FAB5.names, UNKNOWN.name, *(one.name for one in EXCLUSIONS))


@dataclass(frozen=True)
class CountRow:
    """One class in the table of counts.

    Parameters
    ----------
    title, letter, colour : str
        Of the class.
    count : int
    share, interval, over_fields : str
        In per cent; a dash where there is none.
    percent : float
        The share as a number, for its bar.
    strong : bool
        Whether it stands out.
    """

    title: str
    letter: str
    colour: str
    count: int
    share: str
    interval: str
    over_fields: str
    percent: float
    strong: bool = False


class Tally:
    """What was said of the cells of a smear, field by field."""

    def __init__(self) -> None:
        self.counted: list[FieldCells] = []
        self.words: Counter[str] = Counter()
        self.by_reader: dict[str, Counter[str]] = {}
        self.by_model: Counter[str] = Counter()
        self.classes: dict[str, CellClass] = {}
        self.order: dict[str, int] = {name: n for n, name in enumerate(_KNOWN)}
        self.n_unnamed = 0

    def add(self, exported: ExportedField) -> None:
        """Count the cells of one field."""
        for taxonomy in exported.taxonomies:
            for name in taxonomy.names:
                self.order.setdefault(name, len(self.order))
        if exported.analysis is not None:
            self.counted.append(FieldCells.of(exported.analysis))
        for word, row in zip(exported.words, exported.cells.itertuples(), strict=True):
            if not word:
                self.n_unnamed += 1
                continue
            self.words[word] += 1
            self.classes.setdefault(word, exported.class_of(word))
            told = exported.told(row)
            if told["reviewed"]:
                self.by_reader.setdefault(told["reader"], Counter())[word] += 1
                if told["predicted"]:
                    self.by_model[told["predicted"]] += 1
                    self.classes.setdefault(told["predicted"], exported.class_of(told["predicted"]))

    def in_order(self) -> list[CellClass]:
        """The classes that were said, those of the taxonomies first."""
        return [self.classes[name] for name in sorted(self.classes, key=self._rank)]

    def _rank(self, name: str) -> tuple[bool, int]:
        outside = name == UNKNOWN.name or name in {one.name for one in EXCLUSIONS}
        return outside, self.order.get(name, len(self.order))

    def summary(self, name: str) -> Summary | None:
        """The counts as they are now; None where no model spoke, or ones that know no blast.

        Neither can models of different classes be added up.
        """
        taxonomies = {one.taxonomy for one in self.counted}
        if len(taxonomies) != 1 or "blast" not in next(iter(taxonomies)).names:
            return None
        return summarise(self.counted, name)

    def rows(self, summary: Summary | None) -> list[CountRow]:
        """A row for each class; without a summary of those words that were said."""
        excluded = {one.name for one in EXCLUSIONS}
        if summary is None:
            names = sorted((n for n in self.words if n not in excluded), key=self._rank)
            total = sum(self.words[name] for name in names)
            return [self._row(n, _proportion(self.words[n], total)) for n in names]
        # What was locked has its classes in the order of the alphabet.
        rows = [self._row(n, summary.classes[n]) for n in sorted(summary.classes, key=self._rank)]
        # Words of the project that the model has no class for.
        others = [n for n in self.words if n not in summary.classes and n not in excluded]
        rows += [self._row(n, _proportion(self.words[n], summary.n_cells)) for n in others]
        return rows

    def _row(self, name: str, one: Proportion) -> CountRow:
        return count_row(self.classes.get(name) or _class_called(name), one)

    def excluded(self, summary: Summary | None) -> list[tuple[str, int, str]]:
        """Exclusions with their counts; nucleated red cells per 100 leukocytes beside theirs."""
        counts = {one.name: self.words[one.name] for one in EXCLUSIONS}
        total = sum(self.words.values()) - sum(counts.values())
        if summary is not None:
            counts, total = (
                {name: summary.excluded.get(name, 0) for name in counts},
                summary.n_cells,
            )
        return [
            (one.title, counts[one.name], _per_100(one.name, counts[one.name], total))
            for one in EXCLUSIONS
            if counts[one.name]
        ]

    def readings(self) -> tuple[list[str], list[tuple[CellClass, list[int]]]]:
        """Reviewed cells by reader, and by the model on the same cells: heads and rows."""
        columns: Mapping[str, Counter[str]] = {
            **dict(sorted(self.by_reader.items())),
            **({"model, same cells": self.by_model} if self.by_model else {}),
        }
        rows = [
            (one, [column[one.name] for column in columns.values()])
            for one in self.in_order()
            if any(column[one.name] for column in columns.values())
        ]
        return list(columns), rows


def count_row(cell_class: CellClass, one: Proportion, strong: bool = False) -> CountRow:
    """A class with its count, its share and intervals."""
    return CountRow(
        cell_class.title,
        cell_class.letter,
        cell_class.colour,
        one.count,
        "–" if one.fraction is None else f"{100 * one.fraction:.1f} %",
        _interval(one.wilson),
        _interval(one.over_fields),
        100 * (one.fraction or 0.0),
        strong,
    )


def _class_called(name: str) -> CellClass:
    known = class_of(FAB5, name)
    return known if known.name == name else CellClass(name, name, "?", UNKNOWN.colour)


def _proportion(count: int, total: int) -> Proportion:
    fraction = count / total if total else None
    return Proportion(count=count, fraction=fraction, wilson=wilson(count, total))


def _interval(interval: Interval | None) -> str:
    return "–" if interval is None else f"{100 * interval.low:.1f}–{100 * interval.high:.1f} %"


def _per_100(name: str, count: int, total: int) -> str:
    if name != "nucleated_red_cell" or not total:
        return ""
    return f"{100 * count / total:.1f} per 100 leukocytes"
