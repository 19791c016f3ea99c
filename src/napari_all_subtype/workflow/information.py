"""What is installed, which device computes and which models there are."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from napari_all_subtype.model.backend import device_name
from napari_all_subtype.model.classifier import list_models
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY

PACKAGES = ("napari-all-subtype", "tensorflow", "keras", "napari", "scikit-image", "numpy")


def information() -> dict[str, str]:
    """Name and value of each line that ``info`` shows."""
    return {
        **{name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device_name(),
        "models": ", ".join(f"{card.id} {card.version}" for card in list_models()),
        "notice": RESEARCH_USE_ONLY,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
