"""A model that learned from what validates or tests is found by the pictures it tells of."""

import json
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from fake_learner import SPEC, FakeLearner
from learning_project import picture
from napari_all_subtype.errors import ModelIntegrityError, TooFewCellsError, TrainingSetError
from napari_all_subtype.learning.parameters import SelfTrainingParameters, SplitParameters
from napari_all_subtype.learning.pictures import NOBODY_KNOWS, Pictures, leak_of
from napari_all_subtype.model.parameters import TrainingParameters
from napari_all_subtype.model.pictures_file import (
    PICTURES_NAME,
    pictures_of_weights,
    read_pictures,
    write_pictures,
)
from napari_all_subtype.model.weights import bundled_folder
from napari_all_subtype.project.models import add_model, folder_of, models_folder, models_of
from napari_all_subtype.workflow.evaluate import evaluate_on_table
from napari_all_subtype.workflow.keras_learner import KerasLearner
from napari_all_subtype.workflow.project_training_set import project_training_set
from napari_all_subtype.workflow.self_train import self_train
from napari_all_subtype.workflow.taught_pictures import used_pictures
from napari_all_subtype.workflow.train import train_project

ONE, TWO = "1" * 64, "2" * 64
pytest_plugins = ["small_project_fixtures"]
RANDOM = SplitParameters(random_split=True)


@pytest.fixture
def project(copied_project):
    return copied_project


@pytest.fixture
def used(project):
    return used_pictures(project, project_training_set(project, SPEC).training)


def told_by(project, model):
    return read_pictures(folder_of(project, model))


def test_a_model_tells_which_pictures_taught_and_which_chose(project, used):
    model = train_project(project, FakeLearner()).model
    told = told_by(project, model)
    assert (told.trained, told.validated) == (used.train, used.val)
    assert told.whole
    digests = {row["sha256"] for row in project.rows("SELECT sha256 FROM fields")}
    assert told.seen <= digests
    assert used.train
    assert used.val
    assert not used.train & (used.val | used.test)


def test_what_pseudo_labels_taught_is_told_as_well(project):
    found = self_train(
        project,
        FakeLearner(sharpness=5),
        SelfTrainingParameters(rounds=1, most_log_loss_gain=1),
    )
    start, student = (told_by(project, one) for one in models_of(project)[:2])
    brought = {row["sha256"] for row in project.rows("SELECT sha256 FROM fields")}
    more = student.trained - start.trained
    assert len(more) == len(found.rounds[1].content["used"]) > 0
    assert more <= brought


@pytest.mark.parametrize("part", ["val", "test"])
def test_weights_that_learned_from_what_is_held_out_are_refused(project, used, part):
    known = next(iter(getattr(used, part) or used.val))
    learner = FakeLearner(before=Pictures(trained={known}))
    with pytest.raises(TrainingSetError, match=r"from 1 picture whose cells validate or test"):
        train_project(project, learner)
    assert not learner.trained
    assert not models_of(project)


def test_self_training_from_such_weights_is_refused(project, used):
    learner = FakeLearner(before=Pictures(trained=used.val))
    with pytest.raises(TrainingSetError, match="leakage"):
        self_train(project, learner, SelfTrainingParameters(rounds=1))


def test_a_model_of_the_project_goes_on(project):
    first = train_project(project, FakeLearner()).model
    again = FakeLearner(sharpness=3, before=told_by(project, first))
    assert not any("learned from" in note for note in train_project(project, again).notes)


def test_a_model_of_a_random_split_does_not_go_on_in_a_grouped_one(project):
    first = train_project(project, FakeLearner(), RANDOM).model
    with pytest.raises(TrainingSetError, match="leakage"):
        train_project(project, FakeLearner(before=told_by(project, first)))


def test_asked_for_a_random_split_the_leak_is_told_and_recorded(project, used):
    found = train_project(project, FakeLearner(before=Pictures(trained=used.val)), RANDOM)
    assert any("leakage" in note and "marked" in note for note in found.notes)
    assert "leakage" in found.model.content["leak"]
    assert found.model.content["random_split"]


def test_what_earlier_weights_saw_is_handed_on(project, used):
    before = Pictures(trained={ONE}, validated={TWO}, whole=False)
    found = train_project(project, FakeLearner(before=before))
    told = told_by(project, found.model)
    assert told.trained == used.train | {ONE}
    assert told.validated == used.val | {TWO}
    assert not told.whole
    assert NOBODY_KNOWS in found.notes


@pytest.mark.parametrize(
    ("before", "leaks"),
    [
        (Pictures(trained={ONE}), True),
        (Pictures(validated={ONE}), False),  # it may choose passes again
        (Pictures(validated={TWO}), True),
        (Pictures(trained={"3" * 64}), False),
    ],
)
def test_leak_is_what_taught_and_is_held_out(before, leaks):
    if not leaks:
        assert leak_of(before, {ONE}, {TWO}) == ""
        return
    with pytest.raises(TrainingSetError):
        leak_of(before, {ONE}, {TWO})


def test_weights_are_known_by_the_model_they_lie_in(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(bundled_folder() / "compact-3", folder)
    assert not pictures_of_weights(folder).whole
    write_pictures(Pictures(trained={ONE}), folder)
    for path in (folder, folder / "model.weights.h5"):
        assert pictures_of_weights(path) == Pictures(trained={ONE})
        learner = KerasLearner(TrainingParameters(weights=str(path)))
        assert learner.learned_before() == Pictures(trained={ONE})
    assert not pictures_of_weights(tmp_path / "alone.weights.h5").whole
    shipped = pictures_of_weights(bundled_folder() / "compact-3")
    assert KerasLearner().learned_before() == shipped
    assert not shipped.whole
    assert {"all_idb2", "mll"} <= shipped.datasets
    assert "simulated" not in shipped.datasets
    assert "all_idb2" in leak_of(Pictures(trained={ONE}).after(shipped), [], [])


@pytest.mark.parametrize("content", ["", "[]", '{"trained": ["a path/of a file"]}', "\x00"])
def test_a_damaged_list_of_pictures_is_named(tmp_path, content):
    (tmp_path / PICTURES_NAME).write_text(content)
    with pytest.raises(ModelIntegrityError, match=r"pictures\.json"):
        read_pictures(tmp_path)


def rows_of(home, n=12):
    kinds = ["normal", "blast"] * (n // 2)
    for k, kind in enumerate(kinds):
        cv2.imwrite(str(home / f"t{k}.png"), picture(kind, 2000 + k)[0][..., ::-1])
    files = [home / f"t{k}.png" for k in range(n)]
    groups = [f"elsewhere {k % 3}" for k in range(n)]
    return pd.DataFrame({"file": files, "annotation": kinds, "group": groups})


def test_evaluation_leaves_out_what_the_model_saw_elsewhere(project, tmp_path):
    from napari_all_subtype.project.pixels import pixels_sha256

    rows = rows_of(tmp_path)
    digests = [pixels_sha256(cv2.imread(str(file))[..., ::-1]) for file in rows["file"]]
    learner = FakeLearner(sharpness=5)
    own = train_project(project, learner).model
    place = models_folder(project) / "from-elsewhere"
    shutil.copytree(folder_of(project, own), place)
    write_pictures(Pictures(trained=digests[:3], validated=digests[3:4]), place)
    brought = add_model(
        project, "from-elsewhere", parent="", card_sha256="", split_sha256="", content={}
    )
    ready = learner.load(place)
    found = evaluate_on_table(project, brought, ready, rows)
    assert found.figures.cells == 8
    assert found.cells.left_out["whose picture was learned from"] == 4
    assert evaluate_on_table(project, own, ready, rows).figures.cells == 12
    both = evaluate_on_table(project, own, ready, rows, other=("from-elsewhere", ready))
    assert both.figures.cells == 8
    assert evaluate_on_table(project, brought, ready, rows, True).figures.cells == 12
    write_pictures(Pictures(trained=digests), place)
    with pytest.raises(TooFewCellsError, match="whose picture was learned from"):
        evaluate_on_table(project, brought, ready, rows)


def test_the_list_names_nobody(project):
    model = train_project(project, FakeLearner()).model
    text = (folder_of(project, model) / PICTURES_NAME).read_text()
    assert set(json.loads(text)) == {"trained", "validated", "whole", "datasets"}
    assert "case" not in text
    assert np.char.str_len(json.loads(text)["trained"]).max() == 64
