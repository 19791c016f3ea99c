"""Say whether a result folder of the demo is whole: every file there, none of them empty.

Usage: python scripts/check_results.py FOLDER [--not-from REPOSITORY]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

import napari_all_subtype

COLUMNS = {"label", "area_px", "diameter_um", "p_normal", "p_blast_any", "subtype", "confidence"}
MIN_SHADES = 50  # an overlay of a stained smear has thousands of colours, a blank one has one


def problems_of(folder: Path) -> list[str]:
    """Every complaint about one image's result folder; an empty list where all is well."""
    problems = []
    with (folder / "cells.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        problems.append("cells.csv has no cells")
    elif missing := COLUMNS - set(rows[0]):
        problems.append(f"cells.csv lacks the columns {sorted(missing)}")
    for name in ("labels.tif", "nuclei.tif"):
        ids = set(np.unique(tifffile.imread(folder / name)).tolist()) - {0}
        if ids != {int(row["label"]) for row in rows}:
            problems.append(f"{name} holds {len(ids)} cells, cells.csv {len(rows)} others")
    if not json.loads((folder / "summary.json").read_text(encoding="utf-8")):
        problems.append("summary.json is empty")
    if not json.loads((folder / "cells.geojson").read_text(encoding="utf-8"))["features"]:
        problems.append("cells.geojson has no features")
    with Image.open(folder / "overlay.png") as picture:
        if len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) < MIN_SHADES:
            problems.append("overlay.png is blank")
    return problems


def main() -> int:
    """Check the folder named on the command line; 0 where all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--not-from", type=Path, help="the package must not come from here")
    arguments = parser.parse_args()
    home = Path(napari_all_subtype.__file__).resolve()
    if arguments.not_from and home.is_relative_to(arguments.not_from.resolve()):
        print(f"The package was imported from the repository, not from the wheel: {home}")
        return 1
    folders = sorted(path.parent for path in arguments.folder.rglob("cells.csv"))
    if not folders:
        print(f"No cells.csv under {arguments.folder}: the demo left no result.")
        return 1
    found = [f"{folder.name}: {text}" for folder in folders for text in problems_of(folder)]
    print("\n".join(found) or f"Results whole: {', '.join(folder.name for folder in folders)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
