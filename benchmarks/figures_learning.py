"""The loops of learning on real cells: what they bring, beside what is asked of them.

``make figures-learning`` writes ``docs/figures/learning.md`` and ``learning.json``. Each seed of
each row is kept in ``build/learning`` under a hash of code, data and settings: an interrupted run
goes on where it stopped. A row that was not measured since its code changed stays on the page and
is named there. ``--small`` runs every row on few cells, to see that all works.
``--carry`` keeps the rows of the page whose quickest seed comes out of today's code as it was.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import learning_loops as loops
import machine
import numpy as np
from bundled_data import CACHE as CROPS
from checkout import commit
from learning_data import (
    REPOSITORY,
    SIDES,
    SPEC,
    TASKS,
    Division,
    Labelled,
    cells_of,
    divide,
    project_cells,
)
from learning_heads import HEAD_ONLY, IMAGENET, HeadLearner, KeptFeatures, imagenet
from learning_networks import without
from learning_page import page

from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.keras_learner import KerasLearner

OUTPUT = REPOSITORY / "docs" / "figures"
CACHE = REPOSITORY / "build" / "learning"
SEEDS = tuple(range(10))
CACHED_CROPS = 1000
PACKAGE = REPOSITORY / "src" / "napari_all_subtype"
# What a kept seed rests on, besides its data and settings.
TRAINING = (
    *(
        PACKAGE / f"model/{name}.py"
        for name in ("training", "phase", "draws", "embedding", "linear_head", "parameters")
    ),
    *(REPOSITORY / f"benchmarks/learning_{name}.py" for name in ("data", "heads", "loops")),
)
LEARNING = {
    "self-training": (
        *(f"learning/{name}" for name in ("gate", "pseudo_labels", "rounds", "familiar")),
        *("learning/thresholds", "learning/parameters"),
        *("workflow/self_train", "workflow/opinions"),
    ),
    "labelling": tuple(
        f"learning/{name}"
        for name in ("queries", "cross_fit", "familiar", "thresholds", "parameters")
    ),
}
NO_FIGURES = ("seconds", "commit", "carried")  # of a seed: they are of one run


@dataclass(frozen=True)
class Plan:
    """How much is measured, and where it goes."""

    seeds: tuple[int, ...] = SEEDS
    per_class: int | None = None
    steps: tuple[int, int] | None = None
    output: Path = OUTPUT
    cached_crops: int = CACHED_CROPS
    only: str = ""  # rows whose name holds this text
    page: Mapping[str, list[dict]] = field(default_factory=dict)  # rows to carry over


SMALL = Plan((0,), 90, (4, 4), CACHE / "small", 200)


def main() -> None:
    """Measure what is not kept yet, then write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help="rows to measure; by default all")
    parser.add_argument("--small", action="store_true", help="few cells, one seed")
    parser.add_argument("--only", default="", help="only rows whose name holds this text")
    parser.add_argument("--page", action="store_true", help="write the page from what is kept")
    parser.add_argument(
        "--carry", action="store_true", help="keep rows of the page that one seed confirms"
    )
    options = parser.parse_args()
    page_rows = json.loads((OUTPUT / "learning.json").read_text())["rows"] if options.carry else {}
    plan = SMALL if options.small else Plan(only=options.only, page=page_rows)
    for name, measure in ROWS.items():
        if not options.page and (not options.rows or name in options.rows):
            measure(plan)
    plan.output.mkdir(parents=True, exist_ok=True)
    rows, earlier = with_earlier(kept_rows(plan), plan.output / "learning.json")
    report = {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "machine": machine.describe() | {"load": machine.load()},
        "rows": rows,
        "earlier": earlier,
    }
    (plan.output / "learning.json").write_text(json.dumps(report, indent=1) + "\n")
    (plan.output / "learning.md").write_text(page(report))


def self_training(plan: Plan) -> None:
    """Ten labels of each class, the rest without a name."""
    for name, task in TASKS.items():
        cells = cells_of(task, plan.per_class)
        for start in _starts(name, plan):
            for seed in plan.seeds:
                _kept(
                    plan,
                    f"self-training, {name}, {start.name}",
                    seed,
                    lambda seed, c=cells, one=start: loops.self_training(c, one.learner(), seed),
                )


def labelling(plan: Plan) -> None:
    """The same labels spent on what the model doubts, and by chance."""
    for name, task in TASKS.items():
        cells = cells_of(task, plan.per_class)
        if min(len(divide(cells, s).nameless) for s in plan.seeds) < 100:
            continue  # the chance draw would name nearly all of them
        for start in _starts(name, plan):
            for seed in plan.seeds:
                for word, asks in (("feedback", True), ("chance", False)):
                    _kept(
                        plan,
                        f"labelling by {word}, {name}, {start.name}",
                        seed,
                        lambda seed, c=cells, one=start, a=asks: loops.labelling(
                            c, one.learner(), seed, a
                        ),
                    )


def new_laboratory(plan: Plan) -> None:
    """A model of other laboratories, then ten labels of each class of the new one."""
    for name in ("mll", "all_idb2"):
        cells, start = cells_of(TASKS[name], plan.per_class), _others(name, plan)
        for seed in plan.seeds:
            _kept(
                plan,
                f"new laboratory, {name}, {start.name}",
                seed,
                lambda seed, c=cells, one=start: loops.new_laboratory(c, one.learner(), seed),
            )


def head_round(plan: Plan) -> None:
    """Seconds of a head-only round of the default backbone on cached crops."""
    cells = cells_of(TASKS["mll"], plan.per_class)
    rows = np.random.default_rng(0).permutation(len(cells))[: plan.cached_crops]
    _kept(plan, "head-only round, bundled", 0, lambda seed: _timed(cells.at(rows)))


def _timed(cells: Labelled) -> dict:
    """A first round fills the cache and warms up; the others are timed."""
    every = np.arange(len(cells))
    division = Division(every[:0], every, every[:0])
    training = project_cells(cells, division, FAB5, 0).training
    learner = KerasLearner(HEAD_ONLY, embedder=KeptFeatures())
    seconds, of_cores = [], []
    for _ in range(4):
        with tempfile.TemporaryDirectory() as folder:
            began, worked = time.perf_counter(), time.process_time()
            learner.learn(training, "round", Path(folder) / "round", 0)
            seconds.append(round(time.perf_counter() - began, 2))
            of_cores.append(round(time.process_time() - worked, 2))
    warm = {"warm": seconds[1:], "of_cores": of_cores[1:]}
    return {"seed": 0, "crops": len(training), "first": seconds[0], "load": machine.load(), **warm}


ROWS: dict[str, Callable[[Plan], None]] = {
    "head-round": head_round,
    "self-training": self_training,
    "labelling": labelling,
    "new-laboratory": new_laboratory,
}


@dataclass(frozen=True)
class Beginning:
    """What a loop starts from; made when a seed is not kept yet."""

    name: str
    learner: Callable[[], HeadLearner]


def _starts(name: str, plan: Plan) -> tuple[Beginning, ...]:
    """Backbones that never saw the dataset: of ImageNet, and of other laboratories' blasts."""
    taxonomy = TASKS[name].taxonomy
    start = Beginning(IMAGENET, lambda: HeadLearner(imagenet(len(taxonomy)), taxonomy))
    if name not in ("mll", "all_idb2") or plan is SMALL:
        return (start,)
    return start, _others(name, plan)


def _others(name: str, plan: Plan) -> Beginning:
    learner = lambda: HeadLearner(without(name, plan.steps), SIDES)  # noqa: E731
    return Beginning(f"compact, trained without {name}", learner)


def _kept(plan: Plan, row: str, seed: int, measure: Callable[[int], dict]) -> None:
    """Measure one seed of a row, unless it is there already."""
    path = _folder(plan, row) / f"{row} {seed}.json"
    if path.is_file() or plan.only not in row:
        return
    on_page = {one["seed"]: one for one in plan.page.get(row, ())}
    if plan.page and seed != min(on_page, key=lambda n: on_page[n]["seconds"], default=None):
        return
    began = time.perf_counter()
    told = {"row": row, **measure(seed)}
    told |= {"seconds": round(time.perf_counter() - began, 1), "commit": commit()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n")
    print(f"{row}, seed {seed}: {told['seconds']} s", flush=True)
    if on_page:
        _carry(path.parent, row, told, on_page)


def _carry(folder: Path, row: str, told: dict, on_page: Mapping[int, dict]) -> None:
    """Keep the other seeds of a row too, if the one just measured is what it was."""
    same = figures_of(told) == figures_of({"row": row, **on_page[told["seed"]]})
    print(f"{row}: {'as before, carried over' if same else 'no more what it was'}", flush=True)
    for seed, one in on_page.items():
        path = folder / f"{row} {seed}.json"
        if same and not path.is_file():
            kept = {"row": row, **one, "carried": commit()}
            path.write_text(json.dumps(kept, indent=1) + "\n")


def figures_of(told: Mapping) -> dict:
    """What must come out again of the same code, data and settings."""
    return {key: value for key, value in told.items() if key not in NO_FIGURES}


def _folder(plan: Plan, row: str) -> Path:
    """Where the seeds of a row are kept: elsewhere when what they rest on has changed."""
    digest = hashlib.sha256(repr((SPEC, plan.per_class, plan.steps)).encode())
    rests_on = [*TRAINING]
    data = [name for name in TASKS if f", {name}, " in row] or ["mll"]
    if "without" in row:
        rests_on.append(REPOSITORY / "benchmarks" / "learning_networks.py")
        data = sorted(path.stem for path in CROPS.glob("*.npz"))
    for kind, names in LEARNING.items():
        rests_on += [PACKAGE / f"{name}.py" for name in names if row.startswith(kind)]
    for path in (*rests_on, *(CROPS / f"{name}.npz" for name in data)):
        digest.update(_digest(path))
    return CACHE / digest.hexdigest()[:12]


@lru_cache(maxsize=64)
def _digest(path: Path) -> bytes:
    """SHA-256 of a file; of nothing where crops were not cut yet."""
    return hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest()


def kept_rows(plan: Plan) -> dict[str, list[dict]]:
    """Every kept seed of every row, as the code is now."""
    rows: dict[str, list[dict]] = {}
    for path in sorted(CACHE.glob("*/*.json")):
        told = json.loads(path.read_text())
        row = told.pop("row", "")
        if row and path.parent == _folder(plan, row):
            rows.setdefault(row, []).append(told)
    return rows


def with_earlier(
    rows: Mapping[str, list[dict]], before: Path
) -> tuple[dict[str, list[dict]], list[str]]:
    """Rows of today's code and, of the file `before`, those it lacks; and which these are."""
    page_rows = json.loads(before.read_text())["rows"] if before.is_file() else {}
    earlier = sorted(page_rows.keys() - rows.keys())
    return {**{row: page_rows[row] for row in earlier}, **rows}, earlier


if __name__ == "__main__":
    main()
