"""What is installed, which device computes and which models there are."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from napari_all_subtype.model.backend import device_name
from napari_all_subtype.model.card import ModelCard
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.models import known_models

PACKAGES = ("napari-all-subtype", "tensorflow", "keras", "napari", "scikit-image", "numpy")
TERMS_FILE = "TERMS.md"


def information() -> dict[str, str]:
    """Name and value of each line that ``info`` shows."""
    cards = [one.card for one in known_models() if one.card is not None]
    told = {
        **{name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device_name(),
        "models": ", ".join(f"{card.id} {card.version}" for card in cards),
    }
    for card in cards:
        told |= model_lines(card)
    return told | {"notice": RESEARCH_USE_ONLY}


def model_lines(card: ModelCard) -> dict[str, str]:
    """What tells a model from others and where it may be used: weights, scales and terms."""
    seen = card.um_per_px_seen
    scales = f"{seen[0]:.3f}–{seen[1]:.3f} µm/px" if seen else "scales that are not stated"
    limited = (limit for limit in card.limits if "research use" in limit.lower())
    use = next(limited, card.intended_use)
    terms = f" Terms: {TERMS_FILE} beside its weights." if TERMS_FILE in card.files else ""
    return {
        f"{card.id} weights": f"sha256 {card.files[card.weights][:16]}",
        f"{card.id} scales": f"learned from {scales}",
        f"{card.id} use": use + terms,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
