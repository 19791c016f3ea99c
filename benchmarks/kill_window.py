"""A real window that is killed while it is reviewed: nothing that it had confirmed may be lost.

python benchmarks/kill_window.py --kills 20    counts what was confirmed, prints JSON

A child opens a napari window with both docks on one project, and works in it as a reader does:
words by keys, words on many cells, undo, deleted cells, results segmented again, locks and
amendments. After each, it tells which lines of the record it has seen, with their digests. Its
parent kills it at a random moment, opens the project, and looks for each of those lines.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from napari_all_subtype.cells import table
from napari_all_subtype.project.crops import read_crop
from napari_all_subtype.project.database import Database, open_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.locks import locks_of
from napari_all_subtype.project.segmentations import cells_of
from napari_all_subtype.project.smears import fields_of, slides_of
from napari_all_subtype.workflow.project_analyses import kept_analysis

RECORDED = ("annotations", "mask_edits", "segmentations", "reclassifications", "locks",
            "amendments")  # fmt: skip
LONGEST_S = 5.0
PATIENCE_S = 180


def main() -> None:
    """Kill windows, and check after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--work", type=Path, help="be the window that is killed, on this project")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.work:
        from kill_reader import read_until_killed

        read_until_killed(options.work, options.seed)
        return
    print(json.dumps(kill_windows(options.kills)))


def kill_windows(kills: int) -> dict:
    """How many lines were confirmed, and how many of each kind; raises where one is lost."""
    counts: dict[str, int] = {}
    delays = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        chance = random.Random(0)
        for seed in range(kills):
            delays.append(chance.uniform(0.05, LONGEST_S))
            for kind, n, digest in _confirmed_before_kill(project, seed, delays[-1]):
                counts[kind] = counts.get(kind, 0) + 1
                with open_project(project) as database:
                    _look_for(database, kind, n, digest)
            with open_project(project) as database:
                check_whole(database)
    return {"kills": kills, "confirmed": counts, "delays_s": delays}


def _confirmed_before_kill(project: Path, seed: int, delay_s: float) -> list[tuple]:
    command = [sys.executable, __file__, "--work", str(project), "--seed", str(seed)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as window:
        ready, _, _ = select.select([window.stdout], [], [], PATIENCE_S)
        if not ready or window.stdout.readline() != "ready\n":
            os.killpg(window.pid, signal.SIGKILL)
            raise SystemExit("the window did not open")
        time.sleep(delay_s)
        os.killpg(window.pid, signal.SIGKILL)
        lines = window.stdout.read().splitlines(keepends=True)
        window.wait()
    if window.returncode != -signal.SIGKILL:
        raise SystemExit("the window ended by itself")
    return [tuple(json.loads(line)) for line in lines if line.endswith("\n")]


def digest_of(row: tuple) -> str:
    """Digest of a line of the record."""
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()


def _look_for(database: Database, kind: str, n: int, digest: str) -> None:
    row = database.row(f"SELECT * FROM {kind} WHERE rowid = ?", (n,))
    if row is None or digest_of(row) != digest:
        raise SystemExit(f"line {n} of {kind} was confirmed and is lost")


def check_whole(database: Database) -> None:
    """Raise unless the database is whole, and its files are what it says of them."""
    if database.read_only or database.row("PRAGMA synchronous")[0] != 2:
        raise SystemExit("the project cannot be written, or not with synchronous=FULL")
    if [row[0] for row in database.rows("PRAGMA integrity_check")] != ["ok"]:
        raise SystemExit("the database is damaged")
    if database.rows("PRAGMA foreign_key_check"):
        raise SystemExit("the database has lines that refer to nothing")
    for (name,) in database.rows("SELECT DISTINCT crop FROM annotations WHERE crop IS NOT NULL"):
        read_crop(database, name)
    for slide in slides_of(database):
        locks_of(database, slide.slide_id)  # raises where a hash is not that of its version
        for field in fields_of(database, slide.slide_id):
            _check_field(database, field.field_id)


def _check_field(database: Database, field_id: int) -> None:
    analysis = kept_analysis(database, field_id)
    if analysis is None:
        return
    there = table.present(analysis.cells).index.tolist()
    if sorted(one.label for one in cells_of(database, field_id)) != there:
        raise SystemExit("table and database know other cells")
    if analysis.masks.labels.max() != max(there) or set(there) - set(
        analysis.masks.labels.ravel().tolist()
    ):
        raise SystemExit("masks and table know other cells")
    said = table.annotations(analysis.cells)
    stands = {one.label: one.word.name for one in standing(database, field_id) if one.label}
    if stands != {int(k): word for k, word in said[said != ""].items()}:
        raise SystemExit("the words shown are not those of the record")


if __name__ == "__main__":
    main()
