"""The commands of learning: what they say, what they write, and one line for what is wrong."""

import json
import shutil

import pandas as pd
import pytest

from fake_learner import FakeLearner
from learning_project import learning_project
from napari_all_subtype.cli import main
from napari_all_subtype.errors import ModelNotFoundError
from napari_all_subtype.learning.parameters import SelfTrainingParameters
from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.model.weights import BUNDLED_ID, bundled_folder
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import standing
from napari_all_subtype.project.readers import readers_of
from napari_all_subtype.project.rounds import rounds_of, running_model
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.workflow import keras_learner, project_models
from napari_all_subtype.workflow.self_train import self_train
from napari_all_subtype.workflow.train import train_project
from test_project_learning import table

LOOSE = SelfTrainingParameters(rounds=1, most_log_loss_gain=5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    home = tmp_path_factory.mktemp("cli-learning")
    learning_project(home / "project", cases=4, unlabelled=3).close()
    return home


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made / "project", tmp_path / "project")


@pytest.fixture
def taught(monkeypatch):
    """The network's place is taken by means of colours: commands differ in nothing else."""
    monkeypatch.setattr(keras_learner, "learner_of", lambda database: FakeLearner())


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


def test_last_line_of_self_training_is_the_model_that_runs(folder, taught, capsys):
    assert run("self-train", folder, "--rounds", 2, "--seed", 3) == 0
    out, err = capsys.readouterr()
    with open_project(folder, write=False) as project:
        assert out.splitlines()[-1] == running_model(project).model_id
    assert "Round 1: " in err
    assert "); accepted by rule: " in err or "); rejected by rule: " in err
    assert "Ended: all rounds were made" in err or "Ended: two rounds in a row" in err
    assert "Research Use Only" in err


def test_round_waits_where_nobody_can_be_asked_and_is_decided_by_name(folder, taught, capsys):
    ask = ("self-train", folder, "--rounds", 1, "--accept", "ask", "--reader", "Dr. C")
    assert run(*ask) == 0
    out, err = capsys.readouterr()
    start = out.splitlines()[-1]
    assert "To decide of round 1: napari-all-subtype self-train FOLDER --decide accepted" in err
    with open_project(folder, write=False) as project:
        waiting = rounds_of(project)[-1]
        # Who has decided nothing yet is not entered.
        assert "Dr. C" not in {reader.name for reader in readers_of(project)}
    assert waiting.state == "proposed"
    decide = ("self-train", folder, "--round", waiting.number, "--decide")
    assert run(*decide, "accepted") == 2
    assert "--reader NAME" in capsys.readouterr().err
    assert run(*decide, "accepted", "--reader", "Dr. B") == 0
    assert capsys.readouterr().out.splitlines()[-1] == waiting.model_id != start
    assert run(*decide, "rolled back", "--reader", "Dr. B") == 0
    assert capsys.readouterr().out.splitlines()[-1] == start
    with open_project(folder, write=False) as project:
        assert rounds_of(project)[-1].decided_by == "Dr. B"
    assert run("self-train", folder, "--round", 7, "--decide", "accepted", "--reader", "x") == 2
    assert "has rounds 0 to 1, not round 7" in capsys.readouterr().err


def test_model_that_ran_before_runs_on_unless_a_round_is_accepted(folder, taught, capsys):
    with open_project(folder) as project:
        before = train_project(project, FakeLearner(sharpness=3)).model.model_id
    assert run("self-train", folder, "--rounds", 1, "--accept", "ask") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == before
    assert f"{before} runs as before. The start of this run, " in err
    decide = ("self-train", folder, "--decide", "accepted", "--reader", "Dr. B", "--round")
    assert run(*decide, 0) == 0
    with open_project(folder, write=False) as project:
        start = rounds_of(project)[-2].model_id
        assert running_model(project).model_id == start != before
    assert capsys.readouterr().out.splitlines()[-1] == start


def test_feedback_writes_a_queue_that_comes_in_again(folder, taught, capsys):
    with open_project(folder) as project:
        self_train(project, FakeLearner(), SelfTrainingParameters(rounds=0))
    assert run("feedback", folder, "--error-rate", 0.1, "--queue", 4) == 0
    told = capsys.readouterr()
    assert "4 cells to name: queue.csv." in told.out
    assert "project add FOLDER --table FILE --reader NAME" in told.err
    queue = pd.read_csv(folder / "queue.csv", dtype=str)
    assert len(queue) == 4
    queue.assign(annotation="blast").to_csv(folder / "queue.csv", index=False)
    assert run("feedback", folder, "--error-rate", 0.1, "--queue", 4) == 0
    assert "words of a reader in it and is kept as queue-1.csv" in capsys.readouterr().out
    (folder / "queue-1.csv").replace(folder / "queue.csv")
    assert run("project", "add", folder, "--table", folder / "queue.csv", "--reader", "Dr. B") == 0
    assert "4 with a word" in capsys.readouterr().out


def test_queue_comes_in_by_the_places_of_its_cells(folder, taught, capsys, tmp_path):
    with open_project(folder) as project:
        self_train(project, FakeLearner(), SelfTrainingParameters(rounds=0))
    # Without names of files, as those have none that hold many cells.
    path = tmp_path / "queue.csv"
    assert run("feedback", folder, "--queue", 4, "--out", path) == 0
    queue = pd.read_csv(path, dtype=str).assign(annotation=["blast", "normal", "blast", ""])
    assert "file" not in queue
    add = ("project", "add", folder, "--table", path, "--reader", "Dr. B")

    queue.assign(x_px=["12"] * 4).to_csv(path, index=False)
    assert run(*add) == 2
    assert "not where it was when the queue was made" in capsys.readouterr().err
    queue.to_csv(path, index=False)
    assert run(*add) == 0
    assert "0 images added, 3 with a word" in capsys.readouterr().out
    assert run(*add) == 0
    assert "0 with a word" in capsys.readouterr().out
    with open_project(folder, write=False) as project:
        said = [one for one in standing(project) if one.annotation.reader_id == 2]
        assert [(str(one.annotation.seen.field_id), one.word.name) for one in said] == sorted(
            zip(queue["field"][:3], queue["annotation"][:3], strict=True), key=by_field
        )
        assert all(one.annotation.seen.crop for one in said)


def by_field(pair):
    return int(pair[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("feedback", "DIR", "--error-rate", "0"), "error_rate"),
        (("feedback", "DIR"), "has no model yet"),
        (("self-train", "DIR", "--rounds", "-1"), "rounds"),
        (("evaluate", "DIR", "--table", "no.csv", "--out", "m.json"), "no.csv cannot be read"),
        (("self-train", "nowhere"), "holds no project"),
        (("self-train", "DIR", "--accept", "ask", "--reader", " "), "reader has no name"),
        (("self-train", "DIR", "3"), "3 is more than the command takes"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, taught, capsys, words, said):
    assert run(*[folder if word == "DIR" else word for word in words]) == 2
    err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(err) == 1
    assert said in err[0]
    assert "Unexpected" not in err[0]


def test_models_of_a_project_are_listed_by_its_folder(folder, taught, capsys):
    assert run("self-train", folder, "--rounds", 0) == 0
    own = capsys.readouterr().out.splitlines()[-1]
    (folder / "models" / own / "card.json").write_text("{}")  # a damaged one is listed as such
    for words in ((folder,), ("--project", folder)):
        assert run("models", "list", *words) == 0
        assert own in "".join(capsys.readouterr())


def test_report_that_is_there_is_refused_before_anything_is_computed(folder, tmp_path, capsys):
    table(tmp_path, ["normal", "blast"]).to_csv(tmp_path / "cells.csv", index=False)
    (tmp_path / "report").mkdir()
    words = ("evaluate", folder, "--table", tmp_path / "cells.csv", "--out", tmp_path / "m.json")
    assert run(*words, "--report", tmp_path / "report") == 2
    assert "report is there already" in capsys.readouterr().err
    assert run(*words, "--report", tmp_path / "report", "--overwrite") == 2
    assert "has no model yet" in capsys.readouterr().err


def test_pixel_size_is_told_where_crops_are_cut_and_a_guess_is_said(folder, tmp_path, capsys):
    table(tmp_path, ["normal", "blast"] * 3).to_csv(tmp_path / "a.csv", index=False)
    table(tmp_path, ["normal", "blast"] * 3, seed=40).to_csv(tmp_path / "b.csv", index=False)
    add = ("project", "add", folder, "--table")
    assert run(*add, tmp_path / "a.csv") == 0
    err = capsys.readouterr().err
    assert "warning: Scale assumed in 6 of 6 pictures: 0.130 µm/px" in err
    assert "give --pixel-size" in err
    assert run(*add, tmp_path / "b.csv", "--pixel-size", 0.3) == 0
    assert "Scale" not in capsys.readouterr().err
    with open_project(folder, write=False) as project:
        sizes = [(f.um_per_px, f.um_origin) for f in fields_of(project)[-12:]]
    assert sizes == [(0.13, "assumed")] * 6 + [(0.3, "user")] * 6
    assert run(*add, tmp_path / "b.csv", "--profile", "no such") == 2
    assert "no such" in capsys.readouterr().err
    assert run("project", "add", folder, tmp_path, "--pixel-size", 0.3) == 2
    assert "when they are analysed" in capsys.readouterr().err


def test_project_that_another_program_writes_is_said(folder, taught, capsys):
    with open_project(folder):
        assert run("self-train", folder) == 2
    assert "Nothing can be changed" in capsys.readouterr().err


def test_evaluation_says_what_it_counts_and_compares(folder, tmp_path, capsys, monkeypatch):
    with open_project(folder) as project:
        first, second = (
            train_project(project, FakeLearner(sharpness=s)).model.model_id for s in (3, 5)
        )
    monkeypatch.setattr(project_models, "refuse_changed", lambda folder: None)
    monkeypatch.setattr(project_models, "load_classifier", FakeLearner().load)
    monkeypatch.setattr(project_models, "pictures_of_weights", lambda folder: Pictures())
    rows = table(tmp_path, ["normal", "blast"] * 4)
    rows.to_csv(tmp_path / "cells.csv", index=False)
    out = tmp_path / "m.json"
    words = ("evaluate", folder, "--table", tmp_path / "cells.csv", "--out", out)
    assert run(*words, "--model", first, "--against", second, "--pixel-size", 0.375) == 0
    said, err = capsys.readouterr()
    lost = json.loads(out.read_text())["cell_not_found"]
    assert 0 < lost < 8
    assert f"warning: No cell was found in {lost} of 8 pictures" in err
    assert "Scale" not in err
    (line,) = (line for line in said.splitlines() if "McNemar" in line)
    assert line.startswith(f"Against model {second}: this one alone is right on 0 cells")
    assert "p = 1" in line
    assert run(*words, "--model", first) == 0
    said, err = capsys.readouterr()
    assert "McNemar" not in said
    assert "warning: Scale assumed in 8 of 8 pictures" in err
    assert run(*words, "--model", "nowhere-1") == 2
    assert "models import PACKAGE --project FOLDER" in capsys.readouterr().err


def test_card_of_a_model_is_shown_in_words_and_whole_as_json(capsys):
    assert run("models", "show", "bundled") == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Model {BUNDLED_ID}, version ")
    heads = ("tells apart    Normal, Blast", "Learned from", "Measured", "Limits", "Research")
    for words in (*heads, "; by FAB rules l1 "):
        assert words in told
    assert len(told.splitlines()) < 60
    assert "{" not in told
    assert run("models", "show", "bundled", "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert card["id"] == BUNDLED_ID
    left_out = {one["protocol"] for one in card["measured"] if "left out" in one["protocol"]}
    assert len(left_out) >= 8
    # What a laboratory that was never seen gets: none is left to the JSON.
    assert all(protocol in told for protocol in left_out)
    assert "files" in card


def test_model_that_the_user_imported_can_be_measured(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(project_models, "user_models", lambda: tmp_path)
    shutil.copytree(bundled_folder() / BUNDLED_ID, tmp_path / "mine-1")
    with open_project(folder, write=False) as project:
        model = project_models.model_named(project, "mine-1")
        assert project_models.folder_of_model(project, model) == tmp_path / "mine-1"
        with pytest.raises(ModelNotFoundError, match="that you imported"):
            project_models.model_named(project, "mine-2")


@pytest.mark.slow
def test_bundled_model_is_measured_on_a_table(folder, tmp_path, capsys):
    rows = table(tmp_path, ["normal", "blast"] * 4)
    rows.to_csv(tmp_path / "cells.csv", index=False)
    out = tmp_path / "metrics.json"
    words = ("evaluate", folder, "--table", tmp_path / "cells.csv", "--out", out)
    assert run(*words, "--model", "bundled", "--report", tmp_path / "report") == 0
    told = json.loads(out.read_text())
    assert told["cells"] == 8
    assert told["model"].startswith("compact")
    assert {"macro_f1", "balanced_accuracy", "kappa", "ece", "confusion", "per_class"} <= set(told)
    assert str(tmp_path) not in out.read_text()
    assert run(*words) == 2
    assert "has no model yet" in capsys.readouterr().err
