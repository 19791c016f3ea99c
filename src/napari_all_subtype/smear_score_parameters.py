"""Every cut of the smear score, with its source: Bennett 1981 is Br J Haematol 47:553-61."""

from __future__ import annotations

from pydantic import Field

from napari_all_subtype.parameters import Parameters, bounded


class SmearScoreParameters(Parameters):
    """Bennett's score of a smear, its errors, and when it is not given."""

    min_blasts: int = Field(
        50,
        ge=1,
        le=10_000,
        description="Fewest blasts of a smear that are scored; Bennett 1981 counts 100.",
    )
    advised_blasts: int = Field(
        100,
        ge=1,
        le=10_000,
        description="Below this many blasts the score is marked as of few cells (Bennett 1981).",
    )
    l3_min_cells: int = Field(
        10,
        ge=1,
        le=10_000,
        description="Fewest L3-like cells for a warning of L3 morphology, "
        "never from one cell; our choice.",
    )
    l3_min_share: float = bounded(
        0.25,
        0.01,
        1.0,
        "Least share of L3-like cells among the blasts for a warning of L3 morphology; our choice.",
    )
    high_nc_share: float = bounded(
        0.75,
        0.0,
        1.0,
        "Share of blasts with a high N:C ratio that gives +1 (Bennett 1981, unverified).",
    )
    low_nc_share: float = bounded(
        0.25,
        0.0,
        1.0,
        "Share of blasts with a low N:C ratio that gives -1 (Bennett 1981, unverified).",
    )
    small_nucleoli_share: float = bounded(
        0.75,
        0.0,
        1.0,
        "Share of blasts with none or one small nucleolus that gives +1 (Bennett "
        "1981, unverified).",
    )
    prominent_nucleoli_share: float = bounded(
        0.25,
        0.0,
        1.0,
        "Share of blasts with prominent nucleoli that gives -1 (Bennett 1981, unverified).",
    )
    irregular_outline_share: float = bounded(
        0.25,
        0.0,
        1.0,
        "Share of blasts with an irregular nucleus that gives -1 (Bennett 1981, unverified).",
    )
    large_cell_share: float = bounded(
        0.5, 0.0, 1.0, "Share of large blasts that gives -1 (Bennett 1981, unverified)."
    )
    min_certainty: float = bounded(
        0.8,
        0.5,
        1.0,
        "Share of the resampled smears that must agree on L1 or L2, and the 95 % interval must "
        "lie on that side; else the smear cannot be classified. Our choice: about one case in "
        "ten cannot.",
    )
    size_error_fraction: float = bounded(
        0.04,
        0.0,
        0.5,
        "Error of measured diameters that all cells of a smear share, besides "
        "that of the pixel size; one standard deviation.",
    )
    nc_error_fraction: float = bounded(
        0.05,
        0.0,
        0.5,
        "Error of measured N:C ratios that all cells of a smear share, as a "
        "fraction; one standard deviation.",
    )
    solidity_error: float = bounded(
        0.005,
        0.0,
        0.1,
        "Error of measured solidity that all cells of a smear share; one standard deviation.",
    )
    nucleolus_error_fraction: float = bounded(
        0.3,
        0.0,
        1.0,
        "Error of measured areas of nucleoli that all cells of a smear share, as a "
        "fraction; one standard deviation.",
    )
