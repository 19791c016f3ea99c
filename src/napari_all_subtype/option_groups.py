"""What commands have in common: options of the output, and one group per set of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from napari_all_subtype.config import (
    AnalysisParameters,
    DecisionParameters,
    FabParameters,
    FindingParameters,
    ModelParameters,
    QualityParameters,
    ReadingParameters,
    ScaleParameters,
    SegmentationParameters,
    SmearScoreParameters,
)


def _switch(text: str) -> Parameter:
    return Parameter(negative="", show_default=False, help=text)


def _group(title: str, position: int) -> Parameter:
    return Parameter(name="*", group=Group(title, sort_key=position))


# Heard by `napari_all_subtype.cli` before a command is; here so that --help shows it.
Debug = Annotated[
    bool, _switch("Show more of what happens, and an error whole instead of in one line.")
]


@Parameter(name="*")
@dataclass(frozen=True)
class WritingOptions:
    """How results are written."""

    overwrite: Annotated[bool, _switch("Replace results that are there under the same names.")] = (
        False
    )
    anonymise: Annotated[
        bool,
        _switch(
            "Write pseudonyms instead of file names into all results: the same one for the same "
            "file in every output that you make on this machine."
        ),
    ] = False
    key_file: Annotated[
        Path | None,
        Parameter(
            help="File in which --anonymise keeps the names behind the pseudonyms; by default "
            "beside the output and called OUTPUT-key.json. It identifies people: keep it apart. A "
            "new file that is named here gets pseudonyms of its own, which match those of no other "
            "output; name it again to go on with them."
        ),
    ] = None

    def key_file_of(self, out: Path) -> Path | None:
        """Where the pseudonyms of the output `out` are kept; None if names stay."""
        if not self.anonymise:
            return None
        whole = out.resolve()
        return self.key_file or whole.with_name(f"{whole.stem or 'images'}-key.json")


Scale = Annotated[ScaleParameters, _group("Size of a pixel", 1)]


@Parameter(name="*")
@dataclass(frozen=True)
class ClassifyOptions:
    """The parameters that images of one cell depend on."""

    scale: Scale = ScaleParameters()
    model: Annotated[ModelParameters, _group("Model", 2)] = ModelParameters()
    decision: Annotated[DecisionParameters, _group("From probabilities to a word", 3)] = (
        DecisionParameters()
    )
    segmentation: Annotated[SegmentationParameters, _group("Finding cells", 4)] = (
        SegmentationParameters()
    )
    reading: Annotated[ReadingParameters, _group("Opening images", 6)] = ReadingParameters()

    def parameters(self) -> AnalysisParameters:
        """The same as one value; what has no option here has its default."""
        return AnalysisParameters(**vars(self))


@Parameter(name="*")
@dataclass(frozen=True)
class AnalyseOptions(ClassifyOptions):
    """The parameters that fields of a smear depend on."""

    finding: Annotated[FindingParameters, _group("What finds cells", 3)] = FindingParameters()
    quality: Annotated[QualityParameters, _group("When an image is flagged", 5)] = (
        QualityParameters()
    )
    fab: Annotated[FabParameters, _group("FAB criteria of blasts", 7)] = FabParameters()
    smear_score: Annotated[SmearScoreParameters, _group("Smear score", 8)] = SmearScoreParameters()
