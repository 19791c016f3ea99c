"""The commit that a figure was measured at."""

from __future__ import annotations

import subprocess

from development_images import REPOSITORY

# What figures rest on: pages that were written just before do not count.
RESTS_ON = ("src", "scripts", "benchmarks", "pyproject.toml")


def commit() -> str:
    """Short hash of the commit, with a mark if what figures rest on differs from it."""

    def git(*words: str) -> str:
        run = subprocess.run(
            ["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        return run.stdout.strip()

    name = git("describe", "--always", "--exclude", "*")
    dirty = git("status", "--porcelain", "--", *RESTS_ON)
    return (name or "unknown") + ("-dirty" if dirty else "")
