"""Every parameter, written once: default, bounds, unit and description.

The description is the tooltip in the window, the help on the command line and
the text in the documentation.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_all_subtype.fab_parameters import FabParameters
from napari_all_subtype.parameters import (
    MAX_PIXEL_SIZE_UM,
    MIN_PIXEL_SIZE_UM,
    Parameters,
    explained,
)
from napari_all_subtype.smear_score_parameters import SmearScoreParameters

__all__ = [
    "MAX_PIXEL_SIZE_UM",
    "MIN_PIXEL_SIZE_UM",
    "AnalysisParameters",
    "DecisionParameters",
    "FabParameters",
    "FindingParameters",
    "ModelParameters",
    "Parameters",
    "QualityParameters",
    "ReadingParameters",
    "ScaleParameters",
    "SegmentationParameters",
    "SmearScoreParameters",
    "explained",
]


class ReadingParameters(Parameters):
    """How images are opened."""

    max_megapixels: float = Field(
        400.0,
        gt=0,
        le=20_000,
        description="Largest image that is opened, in megapixels (millions of pixels).",
    )
    min_side_px: int = Field(
        16,
        ge=8,
        le=1024,
        description="Shortest side of an image that is opened, in pixels: less cannot hold a cell.",
    )
    slice_index: int | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="Which image of a TIFF file with several, or slice of a stack, is opened, "
        "counted from 0; without it such a file is refused.",
    )


class ScaleParameters(Parameters):
    """Where the size of a pixel comes from."""

    pixel_size_um: float | None = Field(
        None,
        ge=MIN_PIXEL_SIZE_UM,
        le=MAX_PIXEL_SIZE_UM,
        description="Size of one pixel in micrometres. Overrules what the file says and what the "
        "red cells would give.",
    )
    profile: str | None = Field(
        None,
        description="Name of a saved instrument profile (objective and camera); instead of a "
        "pixel size.",
    )
    red_cell_diameter_um: float = Field(
        7.2,
        ge=5.0,
        le=10.0,
        description="Mean red cell diameter on the dried film in micrometres, used as the ruler "
        "when nothing else gives a pixel size: 7.2 normal, 6.2 microcytic, 8.5 macrocytic.",
    )
    red_cell_uncertainty_fraction: float = Field(
        0.15,
        ge=0.0,
        le=0.5,
        description="Uncertainty of a pixel size that was read off the red cells, as a fraction of "
        "it: 0.15 is 15 %.",
    )
    min_red_cells: int = Field(
        3,
        ge=1,
        le=1000,
        description="Fewest red cells that must be measured before they serve as the ruler.",
    )
    assumed_pixel_size_um: float = Field(
        0.13,
        ge=MIN_PIXEL_SIZE_UM,
        le=MAX_PIXEL_SIZE_UM,
        description="Pixel size in micrometres that is assumed, and flagged, when no red cell "
        "can be measured.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.pixel_size_um is not None and self.profile is not None:
            raise ValueError(
                f"Both a pixel size ({self.pixel_size_um:g} µm) and the instrument profile "
                f"{self.profile!r} are given; expected one of them. Leave out the other."
            )
        return self


class FindingParameters(Parameters):
    """What finds the cells."""

    segmenter: Literal["classical", "stardist", "cellpose"] = Field(
        "classical",
        description="What finds the cells: classical is this package's own way, by colour and "
        "shape; stardist and cellpose are programs to be installed with it, with weights of "
        "their own, and have not been validated on smears.",
    )
    segmenter_model: str | None = Field(
        None,
        description="Weights of StarDist (folder of a model) or Cellpose (file), or a name under "
        "which that program has them on this machine; by default those it takes for stained "
        "tissue. Nothing is ever downloaded.",
    )
    segmenter_outlines: Literal["automatic", "cells", "nuclei"] = Field(
        "automatic",
        description="What these weights outline: whole cells, of which those with a nucleus are "
        "kept, or nuclei, around which the cells are then found. Automatic is nuclei for StarDist "
        "and cells for Cellpose, as their own weights do.",
    )
    segmenter_um_per_px: float = Field(
        0.25,
        ge=0.05,
        le=1.0,
        description="Pixel size in micrometres that these weights were trained at: the image is "
        "brought to it.",
    )

    @property
    def outlined(self) -> Literal["cells", "nuclei"]:
        """What the weights outline, once ``automatic`` is resolved."""
        if self.segmenter_outlines == "automatic":
            return "nuclei" if self.segmenter == "stardist" else "cells"
        return self.segmenter_outlines


class SegmentationParameters(Parameters):
    """How white cells are found."""

    working_um_per_px: float = Field(
        0.2,
        ge=0.05,
        le=0.5,
        description="Pixel size in micrometres at which cells are looked for: smaller is slower. "
        "Masks come back at full resolution.",
    )
    sensitivity: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        description="Higher finds paler nuclei, and more debris with them.",
    )
    min_nucleus_contrast: float = Field(
        0.22,
        ge=0.05,
        le=1.0,
        description="How dark the stain of a nucleus must be at least, as optical density (red + "
        "green - blue); an image in which nothing reaches it has no white cells.",
    )
    min_nucleus_diameter_um: float = Field(
        3.5,
        ge=1.0,
        le=10.0,
        description="Smaller nuclei, in micrometres, are taken for platelets or debris.",
    )
    max_cytoplasm_um: float = Field(
        7.0,
        ge=0.5,
        le=15.0,
        description="Farthest the cytoplasm reaches from the nucleus, in micrometres.",
    )
    tile_px: int = Field(
        1536,
        ge=256,
        le=16384,
        description="Side of the squares in which large images are worked through, in pixels of "
        "the working size; smaller ones need less memory.",
    )


class QualityParameters(Parameters):
    """When a field is flagged."""

    max_edge_blur_um: float = Field(
        0.45,
        ge=0.1,
        le=5.0,
        description="A field is flagged as blurred when its edges are softer than this, in "
        "micrometres (standard deviation).",
    )
    min_overlap_correlation: float = Field(
        0.7,
        ge=0.1,
        le=1.0,
        description="Two fields are flagged as overlapping when their common area agrees to this "
        "correlation; 1 is identical.",
    )
    min_overlap_fraction: float = Field(
        0.08,
        ge=0.02,
        le=1.0,
        description="Smallest overlap that is looked for, as a fraction of the smaller field.",
    )


class DecisionParameters(Parameters):
    """How probabilities become one word."""

    blast_threshold: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        description="A cell is called a blast when its probability of being one, with or without "
        "a subtype, reaches this.",
    )
    subtype_threshold: float = Field(
        0.6,
        gt=0.5,
        le=1.0,
        description="A blast is called L1, L2 or L3 when that subtype holds this share of its "
        "probability of being a blast; otherwise it stays Blast, subtype undetermined.",
    )
    novelty_threshold: float = Field(
        1.0,
        gt=0.0,
        le=1000.0,
        description="A cell is unknown when it looks so unlike the cells of the model's training: "
        "0 is the middle one of them, 1 the most unusual one in a hundred; 1000 asks for no cell "
        "to be unknown.",
    )


class ModelParameters(Parameters):
    """Which model speaks, and how fast it is fed."""

    model: str = Field("bundled", description="Name of a model, or the folder of one.")
    batch_size: int = Field(
        64, ge=1, le=4096, description="Cells classified at a time; fewer need less memory."
    )


class AnalysisParameters(Parameters):
    """All that an analysis of one smear depends on."""

    reading: ReadingParameters = ReadingParameters()
    scale: ScaleParameters = ScaleParameters()
    finding: FindingParameters = FindingParameters()
    segmentation: SegmentationParameters = SegmentationParameters()
    model: ModelParameters = ModelParameters()
    decision: DecisionParameters = DecisionParameters()
    quality: QualityParameters = QualityParameters()
    fab: FabParameters = FabParameters()
    smear_score: SmearScoreParameters = SmearScoreParameters()
