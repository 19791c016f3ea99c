"""The verbs of learning in Python: what docs/learning.md shows runs as it is shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import napari_all_subtype as api
from fake_learner import FakeLearner
from napari_all_subtype.errors import (
    ParameterError,
    PixelSizeError,
    ProjectNotFoundError,
    RecordError,
    TooFewCellsError,
)
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.workflow import keras_learner, project_models
from test_project_learning import table

TEXT = (Path(__file__).parent.parent / "docs" / "learning.md").read_text(encoding="utf-8")
VERBS = ("create_project", "add_cells", "train", "feedback", "self_train", "evaluate")


@pytest.fixture
def taught(monkeypatch):
    """The network's place is taken by means of colours."""
    monkeypatch.setattr(keras_learner, "learner_of", lambda database: FakeLearner())
    monkeypatch.setattr(keras_learner, "KerasLearner", lambda *given: FakeLearner())
    monkeypatch.setattr(project_models, "refuse_changed", lambda folder: None)
    monkeypatch.setattr(project_models, "load_classifier", FakeLearner().load)
    monkeypatch.setattr(project_models, "pictures_of_weights", lambda folder: Pictures())


def write(home, name, n, seed, unnamed=0, groups=6):
    rows = table(home, ["normal", "blast"] * n, seed=seed)
    rows["group"] = [f"{name} {k // 2 % groups}" for k in range(len(rows))]
    rows.loc[rows.index[: 2 * unnamed], ["annotation", "group"]] = ["", "unnamed"]
    rows.to_csv(home / name, index=False)


def test_what_the_text_shows_in_python_runs(tmp_path, monkeypatch, taught):
    write(tmp_path, "cells.csv", 20, 100, unnamed=6)
    write(tmp_path, "other-patients.csv", 8, 900)
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert all(f" {verb}" in block for verb in VERBS)
    space = {}
    exec(block, space)
    assert space["measured"].figures.cells == 16
    assert space["asked"].threshold > 0
    assert (tmp_path / "mine" / "queue.csv").is_file()
    assert space["taught"].model.model_id
    assert set(space["measured"].cell_table()["um_per_px"]) == {0.375}


def test_verbs_are_public_and_load_no_network():
    assert set(VERBS) <= set(api.__all__)
    code = (
        "import sys, napari_all_subtype as api\n"
        f"for name in {VERBS}: assert callable(getattr(api, name))\n"
        "print([n for n in ('tensorflow', 'keras', 'napari', 'sklearn') if n in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == "[]"


def test_wrong_values_are_refused_before_anything_is_entered(tmp_path):
    with pytest.raises(RecordError):
        api.create_project(tmp_path / "one", ["blast"])
    assert not (tmp_path / "one").exists()
    home = api.create_project(tmp_path / "two")
    write(tmp_path, "cells.csv", 2, 100)
    with pytest.raises(PixelSizeError, match=r"pixel_size_um = 13"):
        api.add_cells(home, tmp_path / "cells.csv", "Dr. A", pixel_size_um=13)
    with open_project(home) as project:
        assert readers_of(project) == []
    for verb, name in ((api.train, "head_epoch"), (api.feedback, "que"), (api.self_train, "round")):
        with pytest.raises(ParameterError, match=name):
            verb(home, **{name: 1})
    with pytest.raises(ParameterError, match=r"no parameter 'head_epoch'.*, head_epochs, "):
        api.train(home, head_epoch=1)


def test_who_would_decide_is_not_entered_where_nothing_can_be_learned(tmp_path, taught):
    home = api.create_project(tmp_path / "mine")
    with pytest.raises(TooFewCellsError):
        api.self_train(home, decide=lambda proposal: True, reader="Dr. A")
    with open_project(home, write=False) as project:
        assert readers_of(project) == []


def test_training_takes_how_crops_are_changed_as_the_command_does(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(keras_learner, "KerasLearner", lambda *told: given.extend(told))
    with pytest.raises(ProjectNotFoundError):
        api.train(tmp_path, head_epochs=3, rotation_deg=9)
    assert (given[0].head_epochs, given[1].rotation_deg) == (3, 9)
    with pytest.raises(ParameterError, match="rotation_deg = 900"):
        api.train(tmp_path, rotation_deg=900)
