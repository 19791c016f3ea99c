"""How fast smears are reviewed in a real window, and whether a killed program loses anything.

``make figures-review`` writes ``docs/figures/review.md`` and ``.json``. Each row is measured in a
process of its own, and kept in ``build/figures-review`` as soon as it is: what was measured at this
commit is not measured again, unless ``--again`` is given.

python benchmarks/figures_review.py [ROW ...] [--again]
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
from checkout import commit
from development_images import REPOSITORY
from review_page import TARGETS, page

OUTPUT = REPOSITORY / "docs" / "figures"
KEPT = REPOSITORY / "build" / "figures-review"
HEADLESS_KILLS, WINDOW_KILLS = 1000, 20


def main() -> None:
    """Measure the rows that are missing, then write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help="by default all: " + ", ".join(TARGETS))
    parser.add_argument("--again", action="store_true", help="also what is measured already")
    parser.add_argument("--inside", help="measure this row in this process, and print it")
    options = parser.parse_args()
    if options.inside:
        print("\n" + json.dumps(_measured(options.inside)))
        return
    unknown = set(options.rows) - set(TARGETS)
    if unknown:
        parser.error(f"no row is called {min(unknown)!r}; there are {', '.join(TARGETS)}")
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in options.rows or TARGETS:
        path = KEPT / f"{name}.json"
        known = json.loads(path.read_text()) if path.is_file() else {}
        if options.again or known.get("commit") != commit():
            print(f"{name} …", flush=True)
            path.write_text(json.dumps(_row(name), indent=1) + "\n")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # What is not kept here stays as it was measured: each row tells its date and commit.
    page_file = OUTPUT / "review.json"
    rows = json.loads(page_file.read_text()) if page_file.is_file() else {}
    for name in TARGETS:
        if (KEPT / f"{name}.json").is_file():
            rows[name] = json.loads((KEPT / f"{name}.json").read_text())
    rows = {name: rows[name] for name in TARGETS if name in rows}
    (OUTPUT / "review.json").write_text(json.dumps(rows, indent=1) + "\n")
    (OUTPUT / "review.md").write_text(page(rows))
    print(page(rows))


def _row(name: str) -> dict:
    """One row, measured in a process of its own, with where and when."""
    before = machine.load()
    command = [sys.executable, __file__, "--inside", name]
    began = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{name} failed:\n{run.stderr[-4000:]}")
    return {
        "commit": commit(),
        "date": datetime.date.today().isoformat(),
        "command": f'python benchmarks/figures_review.py "{name}" --again',
        "machine": machine.describe(),
        "load_before": before,
        "load_after": machine.load(),
        "took_s": round(time.monotonic() - began, 1),
        "values": json.loads(run.stdout.splitlines()[-1]),
    }


def _measured(name: str) -> dict:
    if name == "killed, headless":
        return _killed_headless()
    if name == "killed, in the window":
        from kill_window import kill_windows

        return kill_windows(WINDOW_KILLS)
    if name == "open a project":
        from review_project import open_project_row

        return open_project_row()
    from review_rows import ROWS

    return ROWS[name]()


def _killed_headless() -> dict:
    """The test of the writer that is killed, a thousand times."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "killed.json"
        environment = os.environ | {
            "CRASH_KILLS": str(HEADLESS_KILLS),
            "CRASH_REPORT": str(report),
        }
        test = ["tests/test_project_killed.py", "-k", "random_moments"]
        command = [sys.executable, "-m", "pytest", "-q", "--timeout=3600", *test]
        subprocess.run(
            command, cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL
        )
        return json.loads(report.read_text())


if __name__ == "__main__":
    main()
