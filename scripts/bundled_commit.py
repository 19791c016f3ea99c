"""The commit that figures of the bundled model were measured at."""

from __future__ import annotations

import subprocess

from bundled_pictures import ROOT

PACKAGE = "src/napari_all_subtype"
RESTS_ON = (
    *(f"{PACKAGE}/{name}" for name in ("model", "cells", "simulate", "config.py")),
    "scripts",
)


def commit() -> str:
    """Short hash of the commit, ``-dirty`` if what the figures rest on differed from it."""
    dirty = _git("status", "--porcelain", "--", *RESTS_ON)
    return _git("rev-parse", "--short=12", "HEAD") + ("-dirty" if dirty else "")


def _git(*words: str) -> str:
    found = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip()
