"""A writer killed at any moment loses nothing that it had confirmed.

CRASH_KILLS=1000 in the environment kills it a thousand times; CRASH_REPORT names a file for what
was confirmed.
"""

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.errors import ProjectNotFoundError
from napari_all_subtype.project.annotations import annotate, annotate_many
from napari_all_subtype.project.crops import CROPS, keep_crop, read_crop
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.history import history, orphaned, standing
from napari_all_subtype.project.locks import (
    Lock,
    begin_amendment,
    lock,
    locked_by,
    locks_of,
    reasons_of,
)
from napari_all_subtype.project.mask_edits import MaskEdit
from napari_all_subtype.project.masks import MASKS, read_masks
from napari_all_subtype.project.segmentations import Segmentation, cells_of, last_segmentation
from napari_all_subtype.project.smears import add_case
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.tables import TABLES, read_table
from napari_all_subtype.project.undo import redo, undo
from project_examples import (
    BLAST,
    L1,
    NORMAL,
    SMUDGE,
    cell,
    delete,
    found,
    masks_now,
    new_project,
    table_now,
)

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
KILLS = int(os.environ.get("CRASH_KILLS", "50"))
MOST_LINES, LONGEST_S = 8, 0.05
LABELS = 40
BULK = 7
FIRST = (8, 9, 10)  # an edit, a segmentation, a lock: as `review` numbers them
WORDS = [BLAST, L1, NORMAL, SMUDGE, None]


def seen(project, rng):
    crop = np.full((8, 8, 4), rng.integers(0, 256), np.uint8)
    one = cell(int(rng.integers(1, LABELS + 1)))
    return replace(one, crop=keep_crop(project, crop))


def review(project, rng, kind=None):
    """One thing that a reader does: what was recorded."""
    held = locked_by(project, 1)
    if held is not None:
        begin_amendment(project, 1, 1, f"version {held.lock_id} was read again")
        return [reasons_of(project, 1)[-1]]
    kind = rng.integers(11) if kind is None else kind
    if kind < 5:
        return [annotate(project, 1, seen(project, rng), WORDS[rng.integers(5)])]
    if kind < 7:
        words = [WORDS[n] for n in rng.integers(0, 5, BULK)]
        return annotate_many(project, 1, [seen(project, rng) for _ in words], words)
    if kind < 8:
        made = (undo, redo)[rng.integers(2)](project, 1, Thread(1))
        return [*made.annotations, *made.edits]
    labels = [one.label for one in cells_of(project, 1)]
    if kind < 9 and labels:
        return [delete(project, labels[rng.integers(len(labels))])]
    if kind < 10:
        found(project, some_masks(rng))
        return [last_segmentation(project, 1)]
    return [lock(project, 1, 1, {"words": len(standing(project))})]


def some_masks(rng):
    """Small cells in another order, at most of the places that annotations know."""
    labels, nuclei = np.zeros((2, 10 * LABELS + 10, 5 * LABELS + 10), np.int32)
    for label, place in enumerate(rng.permutation(LABELS)[: LABELS - 5] + 1, 1):
        labels[10 * place - 2 : 10 * place + 3, 5 * place - 2 : 5 * place + 2] = label
        nuclei[10 * place, 5 * place] = label
    return CellMasks(labels, nuclei)


def write_until_killed(folder, seed, confirm):
    rng = np.random.default_rng(seed)
    project = open_project(folder)
    # The slow things first, in turn: by chance alone hardly a writer would live to see their end.
    kind = FIRST[seed % len(FIRST)]
    while True:
        for made in review(project, rng, kind):
            os.write(confirm, json.dumps(as_line(made)).encode() + b"\n")
        kind = None


def confirmed_before_kill(folder, seed, count, delay_s):
    """What a writer confirmed that lived `delay_s` seconds after its first `count` lines.

    A time alone would be too short for any line where other programs are at work.
    """
    there, back = os.pipe()
    writer = os.fork()
    if writer == 0:
        with contextlib.suppress(BaseException):
            os.close(there)
            write_until_killed(folder, seed, back)
        os._exit(1)
    os.close(back)
    with os.fdopen(there) as stream:
        lines = [stream.readline() for _ in range(count)]
        time.sleep(delay_s)
        os.kill(writer, signal.SIGKILL)
        lines += stream.read().splitlines(keepends=True)
    _, status = os.waitpid(writer, 0)
    assert os.WIFSIGNALED(status), "the writer ended by itself"
    return [json.loads(line) for line in lines if line.endswith("\n")]


def as_line(made):
    match made:
        case str():
            return ["amendment", made]
        case Lock():
            return ["lock", made.lock_id, made.sha256]
        case Segmentation():
            return ["masks", made.segmentation_id, made.masks, made.cell_table]
        case MaskEdit():
            return ["edit", made.edit_id, made.edit.kind, list(made.edit.touched)]
    word = made.word and [made.word.taxonomy, made.word.name]
    return [made.annotation_id, made.marked_id, word, made.seen.crop]


def _kind(line):
    return line[0] if isinstance(line[0], str) else "annotation"


def all_edits(project):
    return [MaskEdit.of_row(row) for row in project.rows("SELECT * FROM mask_edits")]


def all_segmentations(project):
    rows = project.rows("SELECT segmenter, masks, cell_table, id FROM segmentations")
    return [Segmentation(row[0], {}, *row[1:]) for row in rows]


def all_recorded(project):
    versions = (*locks_of(project, 1), *reasons_of(project, 1))
    return (*history(project), *all_edits(project), *all_segmentations(project), *versions)


def said_at_last_lock(project):
    """Words by marked cell as they stood when the result was locked last."""
    versions = locks_of(project, 1)
    end = versions[-1].last_step_id if versions else 0
    last = {one.marked_id: one.word for one in history(project) if one.step_id <= end}
    return {key: word for key, word in last.items() if word is not None}


def check_whole(project):
    assert project.row("PRAGMA synchronous")[0] == 2  # FULL
    assert [row[0] for row in project.rows("PRAGMA integrity_check")] == ["ok"]
    assert project.rows("PRAGMA foreign_key_check") == []
    steps = project.rows("SELECT count(*) FROM annotations GROUP BY step_id")
    assert {row[0] for row in steps} <= {1, BULK}
    empty = (
        "SELECT count(*) FROM steps WHERE id NOT IN (SELECT step_id FROM annotations) "
        "AND id NOT IN (SELECT step_id FROM mask_edits)"
    )
    assert project.row(empty)[0] == 0
    if last_segmentation(project, 1) is not None:
        there = table.present(table_now(project)).index.tolist()
        assert [one.label for one in cells_of(project, 1)] == there
        assert sorted(np.unique(masks_now(project).labels))[1:] == there
    assert len(standing(project)) >= len(orphaned(project))
    for version in locks_of(project, 1):
        assert list(version.result) == ["words"]  # its hash is looked at


def die_while_creating(folder, delay_s):
    """A program is killed `delay_s` seconds after it began to make a project."""
    writer = os.fork()
    if writer == 0:
        with contextlib.suppress(BaseException):
            create_project(folder)
            time.sleep(60)
        os._exit(1)
    time.sleep(delay_s)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)


@needs_fork
def test_project_killed_while_it_is_made_is_whole_or_can_be_made_again(tmp_path):
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        die_while_creating(folder, kill / KILLS * 0.04)
        try:
            project = open_project(folder)
        except ProjectNotFoundError:
            project = create_project(folder)
        with project:
            assert add_case(project) == "case-1"
            check_whole(project)


@needs_fork
def test_writer_killed_at_random_moments_loses_nothing_confirmed(tmp_path):
    with new_project(tmp_path) as project:
        found(project, some_masks(np.random.default_rng(0)))
    chance = random.Random(0)
    kinds = Counter()
    for kill in range(KILLS):
        moment = chance.randrange(MOST_LINES), chance.uniform(0, LONGEST_S)
        lines = confirmed_before_kill(tmp_path, kill, *moment)
        with open_project(tmp_path) as project:
            assert not project.read_only
            check_whole(project)
            recorded = [as_line(made) for made in all_recorded(project)]
            for line in lines:
                assert line in recorded
                if isinstance(line[0], int):
                    assert read_crop(project, line[3]).shape == (8, 8, 4)
                if line[0] == "masks":
                    assert read_masks(project, line[2]).labels.any()
                    assert len(read_table(project, line[3])) > 1
            kinds.update(_kind(line) for line in lines)
            for kind in (CROPS, MASKS, TABLES):
                kind.sweep(project)
    assert kinds.total() > KILLS
    assert set(kinds) == {"annotation", "lock", "amendment", "masks", "edit"}
    if "CRASH_REPORT" in os.environ:
        report = {"kills": KILLS, "confirmed": kinds}
        Path(os.environ["CRASH_REPORT"]).write_text(json.dumps(report))
    with open_project(tmp_path) as project:
        if locked_by(project, 1) is not None:
            begin_amendment(project, 1, 1, "to undo what can be undone")
        while undo(project, 1, Thread(1)):
            pass
        left = {one.annotation.marked_id: one.word for one in standing(project)}
        assert left == said_at_last_lock(project)
