"""The block that every output carries: what made it, from what, with which settings."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

from napari_all_subtype.cells.analysis import Analysis
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

PROGRAM = "napari-all-subtype"


def made_now() -> dict[str, object]:
    """What every output says: which program made it, when, and what it is not for."""
    return {
        "software": f"{PROGRAM} {version(PROGRAM)}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "notice": RESEARCH_USE_ONLY,
    }


def provenance(analysis: Analysis) -> dict[str, object]:
    """Software, model, pixel size, settings, time and the like of `analysis`, ready for JSON.

    Nothing in it names a folder, a person or a machine.
    """
    # What found the cells and what classified them is told by the names they give themselves:
    # the parameters may hold a path, and cells may have been given.
    settings = analysis.parameters.model_dump(exclude={"model": {"model"}, "finding": True})
    return {
        **made_now(),
        "segmenter": analysis.segmenter,
        "edits": analysis.edits,
        "model": analysis.model,
        "device": analysis.device,
        "decision": "a cell without a nucleus is unknown",
        "pixel_size": asdict(analysis.pixel_size),
        "read": list(analysis.history),
        "parameters": settings,
        "seconds": {stage: round(spent, 4) for stage, spent in analysis.seconds.items()},
    }
