"""The commit that a figure was measured at."""

from __future__ import annotations

import subprocess

from development_images import REPOSITORY


def commit() -> str:
    """Short hash of the commit, with a mark if the tree differs from it."""
    run = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip() or "unknown"
