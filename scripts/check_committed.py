"""Refuse files that do not belong in the repository: too large, or copies of development images.

Usage: python scripts/check_committed.py FILE...      (pre-commit passes the files of a commit)
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

DEVELOPMENT_IMAGES = Path(__file__).resolve().parents[2] / "shared" / "data"
MAX_BYTES = 5_000_000
WEIGHTS_MAX_BYTES = 60_000_000  # the shipped model, kept below the limits of code hosts


def digest_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def too_large(path: Path) -> bool:
    """True where a file passes the limit of its kind."""
    limit = WEIGHTS_MAX_BYTES if path.name.endswith(".weights.h5") else MAX_BYTES
    return path.stat().st_size > limit


def copies_among(paths: list[Path], images: Path) -> list[Path]:
    """Those of `paths` that are, byte by byte, files under `images`; sizes are compared first."""
    by_size: dict[int, list[Path]] = {}
    for path in paths:
        by_size.setdefault(path.stat().st_size, []).append(path)
    copies = []
    for image in images.rglob("*") if images.is_dir() else ():
        if image.is_file() and (same := by_size.get(image.stat().st_size)):
            digest = digest_of(image)
            copies += [path for path in same if digest_of(path) == digest]
    return sorted(set(copies))


def main(names: list[str]) -> int:
    """Print one line for each refused file; 1 where there is one."""
    paths = [path for path in map(Path, names) if path.is_file() and path.stat().st_size]
    refused = [f"{path}: larger than the repository takes" for path in paths if too_large(path)]
    refused += [
        f"{path}: a development image, whose terms do not allow it here"
        for path in copies_among(paths, DEVELOPMENT_IMAGES)
    ]
    print("\n".join(refused), end="\n" if refused else "")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
