"""`train` on a project: a draft that runs, the same again, and what cannot be learned from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.commands import run
from napari_all_subtype.errors import ParameterError, TrainingSetError, WeightsMissingError
from napari_all_subtype.model.card import read_card
from napari_all_subtype.model.pictures_file import PICTURES_NAME
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.workflow.models import classifier_of, known_models, user_models
from training_examples import cells_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
QUICK = [
    "--backbone",
    "cnn",
    "--head-epochs",
    "1",
    "--fine-tune-epochs",
    "1",
    "--crops-per-pass",
    "32",
    "--head-features",
    "8",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with sixteen pictures of eight cases, of classes of its own."""
    folder = tmp_path_factory.mktemp("pictures")
    crops, words = cells_of(16, spec=CropSpec(96, 0.26))
    rows = ["file,annotation,group"]
    for k, (crop, word) in enumerate(zip(crops, words, strict=True)):
        cv2.imwrite(str(folder / f"{k}.png"), crop[..., ::-1])
        rows.append(f"{k}.png,{word.replace('normal', 'other')},case-{k // 2 % 8}")
    (folder / "cells.csv").write_text("\n".join(rows))
    where = folder / "project"
    assert run(["project", "create", str(where), "--classes", "other,blast"]) == 0
    added = ["project", "add", str(where), "--table", str(folder / "cells.csv")]
    assert run(added) == 0
    return where


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path / "data"))


def test_the_last_line_is_the_id_of_a_draft_that_classifies(project, capsys):
    assert run(["train", str(project), *QUICK]) == 0
    out, err = capsys.readouterr()
    model_id = out.strip().splitlines()[-1]
    card = read_card(project / "models" / model_id)
    assert (card.state, card.architecture, card.classes.names) == (
        "draft",
        "cnn",
        ("other", "blast"),
    )
    assert str(project.parent) not in (project / "models" / model_id / "card.json").read_text()
    assert "train: other" in err
    classifier = classifier_of(model_id, project)
    p = classifier.predict(np.zeros((3, *classifier.crop_spec.shape), np.uint8))
    assert p.shape == (3, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert model_id in [one.id for one in known_models(project) if one.runs]
    assert not list((project / "models").glob(".*"))


def test_weights_that_are_not_here_are_named_before_anything_is_written(project):
    before = sorted((project / "models").glob("*")) if (project / "models").exists() else []
    with pytest.raises(WeightsMissingError, match="models fetch resnet50"):
        run(["train", str(project), "--backbone", "resnet50"])
    after = sorted((project / "models").glob("*")) if (project / "models").exists() else []
    assert after == before


def test_a_wrong_value_is_named_as_the_option(project):
    with pytest.raises(ParameterError, match="--head-epochs -1"):
        run(["train", str(project), "--head-epochs", "-1"])
    with pytest.raises(ParameterError, match="alexnet"):
        run(["train", str(project), "--backbone", "alexnet"])


def test_a_model_of_another_project_with_the_same_cells_is_refused_as_a_leak(project, capsys):
    assert run(["train", str(project), *QUICK]) == 0
    model_id = capsys.readouterr().out.strip().splitlines()[-1]
    package = project.parent / "model.zip"
    assert (
        run(["models", "export", model_id, "--project", str(project), "--out", str(package)]) == 0
    )
    assert PICTURES_NAME in read_card(project / "models" / model_id).files
    other = project.parent / "other"
    assert run(["project", "create", str(other), "--classes", "other,blast"]) == 0
    assert run(["project", "add", str(other), "--table", str(project.parent / "cells.csv")]) == 0
    with open_project(project) as one, open_project(other) as two:
        turned = {"train": "val", "val": "train", "test": "test"}
        assign_groups(two, {group: turned[split] for group, split in splits_of(one).items()})
    training = [str(other), *QUICK, "--weights"]
    assert run(["models", "import", str(package)]) == 0
    capsys.readouterr()
    with pytest.raises(TrainingSetError, match="leakage"):
        run(["train", *training, str(user_models() / model_id)])
    assert run(["train", *training, str(user_models() / model_id), "--random-split"]) == 0
    assert "leakage" in capsys.readouterr().err
