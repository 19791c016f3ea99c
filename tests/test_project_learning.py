"""The verbs of learning on a project: what is used, what is recorded, and what a kill leaves."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from fake_learner import SPEC, FakeLearner
from learning_project import UM, add_picture, picture
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import (
    ImageReadError,
    ModelNotFoundError,
    OutputExistsError,
    ProjectReadOnlyError,
    Stopped,
    TooFewCellsError,
)
from napari_all_subtype.learning.parameters import (
    FeedbackParameters,
    SelfTrainingParameters,
    SplitParameters,
)
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.project.history import history
from napari_all_subtype.project.models import folder_of, models_of
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.project.readers import reader_named, reader_when_needed
from napari_all_subtype.project.rounds import (
    ACCEPTED,
    ROLLED_BACK,
    decide_round,
    rounds_of,
    running_model,
    runs_of,
)
from napari_all_subtype.project.smears import add_case, case_names, path_of
from napari_all_subtype.project.taxonomies import taxonomy_of, use_taxonomy
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.evaluate import evaluate_on_table
from napari_all_subtype.workflow.evaluation_report import FILES, write_report
from napari_all_subtype.workflow.feedback import feedback
from napari_all_subtype.workflow.learning_cells import cases_of_fields, place_of
from napari_all_subtype.workflow.lone_cells import lone_cells, lone_picture
from napari_all_subtype.workflow.new_models import learn_model
from napari_all_subtype.workflow.project_training_set import project_training_set
from napari_all_subtype.workflow.queue_file import write_list
from napari_all_subtype.workflow.run_words import runs_after, which_runs, why_ended
from napari_all_subtype.workflow.self_train import self_train
from napari_all_subtype.workflow.table_cells import NEARLY
from napari_all_subtype.workflow.train import train_project
from napari_all_subtype.workflow.training_survey import survey_training

pytest_plugins = ["small_project_fixtures"]
LOOSE = SelfTrainingParameters(rounds=2, most_log_loss_gain=1)


@pytest.fixture
def project(copied_project):
    return copied_project


class StopAfter:
    def __init__(self, reports):
        self.left = reports

    def report(self, _progress):
        self.left -= 1

    @property
    def stop_requested(self):
        return self.left < 0


def test_training_set_is_what_people_said_in_splits_that_stay(project):
    cells = project_training_set(project, SPEC)
    assert len(cells.training) == 24
    assert len(cells.unlabelled) == 16
    assert cells.training.crops.shape[1:] == SPEC.shape
    assert splits_of(project) == {g: cells.splits[g] for g in set(cells.training.groups)}
    again = project_training_set(project, SPEC, seed=9)
    assert again.training.split_hash == cells.training.split_hash
    assert not {place_of(one) for one in cells.unlabelled.ids} & {
        (a.seen.field_id, a.seen.label) for a in history(project)
    }


def test_picture_that_stands_in_two_cases_keeps_them_together(project, tmp_path):
    pixels, _ = picture("blast", 3)
    add_picture(project, tmp_path, "copy", "blast", 3, "blast")
    cells = project_training_set(project, SPEC)
    assert any("the same picture" in note for note in cells.notes)
    same = [
        n for n, crop in enumerate(cells.training.crops) if (crop == cells.training.crops[-1]).all()
    ]
    assert len(same) == 2
    assert len({cells.splits[cells.training.groups[n]] for n in same}) == 1
    assert pixels.any()


def test_note_on_pictures_in_two_cases_says_what_becomes_of_them(project, tmp_path):
    add_picture(project, tmp_path, "copy", "blast", 3, "blast")
    add_picture(project, tmp_path, "copy of nobody's", "blast", 4)

    def told(split=SplitParameters(), unlabelled=True):
        notes = project_training_set(project, SPEC, split, unlabelled=unlabelled).notes
        return next(note for note in notes if "the same picture" in note)

    assert "kept together" in told()
    # On screen a case is called as a person called it, in the list it is not.
    assert " copy" in told().partition(":")[2]
    assert "listed in duplicates.csv in the project's folder, cases by pseudonym." in told()
    listed = pd.read_csv(project.folder / "duplicates.csv")
    copied = listed[listed["other_file"].str.endswith("copy-blast-3.png")].iloc[0]
    # Identifiers stay apart from what may be handed on.
    assert case_names(project)[copied["other_group"]] == "copy"
    assert copied["notice"] == RESEARCH_USE_ONLY
    assert copied["file"].endswith("-blast-3.png")
    assert copied["every_pixel_the_same"]
    assert told() == told(unlabelled=False)  # a cell that nobody named binds no groups
    assert "kept together" not in told(SplitParameters(random_split=True))


def test_list_of_pairs_that_cannot_be_written_ends_no_training(project, tmp_path):
    add_picture(project, tmp_path, "copy", "blast", 3, "blast")
    (project.folder / "duplicates.csv").mkdir()
    cells = project_training_set(project, SPEC)
    assert any("could not be listed; is duplicates.csv open" in note for note in cells.notes)


def test_groups_are_told_by_the_names_that_a_person_gave_them(project, tmp_path):
    splits = project_training_set(project, SPEC).splits
    taught = next(group for group, split in splits.items() if split == "train")
    number = int(taught.removeprefix("case-")) - 1  # it is called "case 0", "case 1" and so on
    add_picture(project, tmp_path, "Smith", "normal", 4 * number + 1, "normal")
    assign_groups(project, {add_case(project, identifier="Smith"): "val"})
    for notes in (
        survey_training(project, SPEC).notes,
        project_training_set(project, SPEC).notes,
    ):
        text = " ".join(notes)
        assert f"Smith and case {number}" in text
        assert "Group Smith (val) shares a picture" in text
        assert "case-" not in text
    add_case(project, "case-of-a-folder", "/home/somebody/Miller")
    assert case_names(project)["case-of-a-folder"] == "Miller"


def test_cells_to_name_are_listed_without_their_pictures(project, request):
    ids = project_training_set(project, SPEC).unlabelled.ids
    places = [place_of(one) for one in ids]
    # Put back at the end: pictures are outside the project, and other tests' copies refer to them.
    gone = path_of(project, places[1][0])
    aside = gone.rename(gone.with_suffix(".aside"))
    request.addfinalizer(lambda: aside.rename(gone))
    cells = lone_cells(project, [*places, (9999, 1)])  # a field that is in the record no more
    assert [one.place for one in cells] == places
    assert not any(one.word for one in cells)
    assert lone_picture(project, places[1], SPEC) is None
    pixels = lone_picture(project, places[0], SPEC)
    assert pixels.crop.shape == SPEC.shape
    height, width = pixels.picture.shape[:2]
    assert cells[0].seen.centroid_yx_px == (height / 2, width / 2)


def test_random_split_is_only_what_was_asked_for_and_is_not_kept(project):
    cells = project_training_set(project, SPEC, SplitParameters(random_split=True))
    assert cells.training.random_split
    assert splits_of(project) == {}
    assert any("Random split" in note for note in cells.notes)


def test_image_that_is_gone_is_told_and_the_others_learn(project):
    from napari_all_subtype.project.smears import move_field

    move_field(project, 1, Path("nowhere.png"))
    cells = project_training_set(project, SPEC)
    assert len(cells.training) == 23
    assert any("1 labelled cell has no crop and takes no part" in note for note in cells.notes)


def test_project_without_words_says_how_many_are_missing(tmp_path):
    with create_project(tmp_path / "empty") as empty:
        with pytest.raises(TooFewCellsError, match="No cell has a word"):
            project_training_set(empty, SPEC)
        assert splits_of(empty) == {}


def test_zero_rounds_are_plain_training(project):
    learner = FakeLearner()
    cells = project_training_set(project, SPEC, seed=4)
    plain = learn_model(project, learner, cells.training, 4)
    trained = len(learner.trained)
    found = self_train(project, learner, SelfTrainingParameters(rounds=0), seed=4)
    assert found.model.model_id == plain.model_id
    assert len(learner.trained) == trained
    assert [one.number for one in found.rounds] == [0]
    other = self_train(project, FakeLearner(sharpness=3), SelfTrainingParameters(rounds=0), seed=4)
    assert other.model.model_id != plain.model_id


def test_pseudo_labels_never_validate_or_test_and_are_no_annotations(project):
    said = history(project)
    learner = FakeLearner()
    found = self_train(project, learner, LOOSE)
    held = {g for g, split in splits_of(project).items() if split != "train"}
    students = [extra for _, _, extra, _ in learner.trained if extra is not None]
    assert students
    for extra in students:
        assert not set(extra.groups) & held
        used = {splits_of(project)[group] for group in extra.groups}
        assert used == {"train"}
    assert history(project) == said
    assert found.course.termination_condition_ in ("max_iter", "no_change")
    assert found.rounds[1].content["gate"]["accepted"]
    assert running_model(project).model_id == found.model.model_id
    starts = {id(extra) for _, _, extra, _ in learner.trained}
    assert len(starts) == len(learner.trained)


def test_rejected_round_changes_nothing_and_a_rolled_back_one_gives_its_place_back(project):
    refused = self_train(project, FakeLearner(), LOOSE, decide=lambda _: False)
    assert refused.course.termination_condition_ in ("no_improvement", "max_iter", "no_change")
    start = refused.rounds[0].model_id
    assert refused.model.model_id == running_model(project).model_id == start
    one = decide_round(project, refused.rounds[1].round_id, ACCEPTED, "after all", 1)
    assert running_model(project).model_id == one.model_id != start
    decide_round(project, one.round_id, ROLLED_BACK, "not after all", 1)
    assert running_model(project).model_id == start


def test_start_takes_no_place_of_a_model_that_runs(project):
    before = train_project(project, FakeLearner(sharpness=3)).model
    refused = self_train(project, FakeLearner(), LOOSE, decide=lambda _: False)
    start = refused.rounds[0]
    assert refused.model.model_id == running_model(project).model_id == before.model_id
    assert (start.state, start.model_id == before.model_id) == ("proposed", False)
    assert which_runs(refused) == (
        f"No round is accepted: {before.model_id} runs as before. The start of this run, "
        f"{start.model_id}, is a draft beside it: accept round 0 to have it run instead."
    )
    decide_round(project, start.round_id, ACCEPTED, "better so", 1)
    assert running_model(project).model_id == start.model_id


def test_accepted_round_runs_and_rolled_back_gives_its_place_to_what_ran_before(project):
    before = train_project(project, FakeLearner(sharpness=3)).model
    found = self_train(project, FakeLearner(), LOOSE, decide=lambda p: p.number == 1)
    assert found.model.model_id == found.rounds[1].model_id == running_model(project).model_id
    assert "it is of round 1, the last that was accepted" in which_runs(found)
    decide_round(project, found.rounds[1].round_id, ROLLED_BACK, "not after all", 1)
    assert running_model(project).model_id == before.model_id


def test_what_runs_after_a_verdict_is_told_with_where_it_is_from(project):
    before = train_project(project, FakeLearner(sharpness=3)).model.model_id
    found = self_train(project, FakeLearner(), LOOSE, decide=lambda p: p.number == 1)
    start, one = found.rounds[:2]
    assert runs_after(project, one) == f"{one.model_id} runs now, of round 1."
    decide_round(project, one.round_id, ROLLED_BACK, "no", 1)
    assert runs_after(project, one) == f"{before} runs now, of another training than this run."
    decide_round(project, start.round_id, ACCEPTED, "yes", 1)
    assert runs_after(project, one) == f"{start.model_id} runs now, the start of this run."
    told = found.rounds[2]
    rule = told.content["gate"]["why"].partition("ed by rule")[0]
    assert told.why.startswith(f"decided by a person; the rule would {rule} it: ")


def test_person_who_decides_a_round_stands_in_the_record_also_where_the_rule_agrees(project):
    who = reader_when_needed(project, "Dr. C")
    found = self_train(
        project, FakeLearner(), LOOSE, decide=lambda p: p.gate.accepted, reader_id=who
    )
    assert {(one.decided_by == "Dr. C", one.why.split(";")[0]) for one in found.rounds[1:]} == {
        (True, "decided by a person")
    }
    by_rule = self_train(project, FakeLearner(), LOOSE, seed=1, reader_id=1)
    assert not any(one.decided_by for one in by_rule.rounds)


def test_run_in_which_nothing_could_be_taken_says_why(project):
    class Unsure(FakeLearner):
        def load(self, folder):
            return replace(super().load(folder), sharpness=0.0)

    found = self_train(project, Unsure(), LOOSE)
    assert found.course.termination_condition_ == "none_taken"
    told = why_ended(found)
    assert told.startswith("no unlabelled cell could be taken (")
    assert "no sure cell of " in told
    assert re.search(r"[0-9]+ not sure enough", told)


def test_start_runs_where_nothing_ran_or_no_round_was_asked_for(project):
    first = self_train(project, FakeLearner(), LOOSE, decide=lambda _: False)
    assert first.rounds[0].state == "accepted"
    assert which_runs(first) == (
        f"No round is accepted: {first.model.model_id} runs, which people's words alone taught."
    )
    plain = self_train(project, FakeLearner(sharpness=3), SelfTrainingParameters(rounds=0))
    assert plain.model.model_id == running_model(project).model_id != first.model.model_id
    assert which_runs(plain).startswith(f"{plain.model.model_id} runs, ")
    # The model that runs is the very start: nothing changes.
    again = self_train(project, FakeLearner(sharpness=3), LOOSE, decide=lambda _: False)
    assert again.rounds[0].state == "accepted"
    assert again.model.model_id == plain.model.model_id


def test_round_that_waits_for_a_person_is_recorded_and_does_not_run(project):
    found = self_train(project, FakeLearner(), LOOSE, decide=lambda _: None)
    assert found.course.termination_condition_ == "waits_for_decision"
    assert [one.state for one in found.rounds] == ["accepted", "proposed"]
    assert running_model(project).model_id == found.rounds[0].model_id


def test_run_that_was_killed_in_a_round_goes_on_and_comes_to_the_same(
    project, small_project, tmp_path
):
    shutil.copytree(small_project, tmp_path / "whole")
    with open_project(tmp_path / "whole") as whole:
        expected = self_train(whole, FakeLearner(), LOOSE)
    with pytest.raises(KeyboardInterrupt):
        self_train(project, FakeLearner(fail_at=1), LOOSE)
    assert [one.number for one in rounds_of(project)] == [0]
    confirmed = models_of(project)
    learner = FakeLearner()
    found = self_train(project, learner, LOOSE)
    assert models_of(project)[: len(confirmed)] == confirmed
    assert len(runs_of(project)) == 1
    assert all(extra is not None for _, _, extra, _ in learner.trained), "the start is there"
    told = [(one.number, one.state, one.content["counts"]) for one in found.rounds[1:]]
    assert told == [(o.number, o.state, o.content["counts"]) for o in expected.rounds[1:]]


@pytest.mark.parametrize("reports", [0, 3, 30, 70])
def test_stop_at_any_point_leaves_whole_rounds(project, reports):
    with pytest.raises(Stopped):
        self_train(project, FakeLearner(), LOOSE, monitor=StopAfter(reports))
    for one in rounds_of(project):
        assert folder_of(project, models_of(project)[0]).is_dir()
        assert one.state != "proposed"
    assert self_train(project, FakeLearner(), LOOSE).model.model_id


def test_feedback_needs_a_model(project):
    with pytest.raises(ModelNotFoundError, match="Train one first"):
        feedback(project, FakeLearner())


def test_doubted_cells_weigh_more_in_the_next_training_and_a_queue_is_made(project, tmp_path):
    learner = FakeLearner(sharpness=0.05)
    self_train(project, learner, SelfTrainingParameters(rounds=0))
    found = feedback(project, learner, FeedbackParameters(queue=5, error_rate=0.02))
    assert len(found.queue) == 5
    assert found.queue["rank"].tolist() == [1, 2, 3, 4, 5]
    assert found.kappa is None
    weights = project_training_set(project, SPEC, unlabelled=False).training.weights
    assert (weights > 1).sum() == found.looped
    inside = project.folder / "queue.csv"
    write_list(project, found.queue, inside)
    told = pd.read_csv(inside)
    assert all((inside.parent / name).is_file() for name in told["file"])
    write_list(project, found.queue, tmp_path / "outside.csv")
    assert "file" not in pd.read_csv(tmp_path / "outside.csv")
    assert not (project.folder / "work").exists()
    left = feedback(project, learner, FeedbackParameters(loop_back=False))
    assert left.looped == 0


def test_queue_with_words_of_a_reader_is_never_overwritten(project, tmp_path):
    learner = FakeLearner()
    self_train(project, learner, SelfTrainingParameters(rounds=0))
    found = feedback(project, learner, FeedbackParameters(queue=3))
    path, suspects = project.folder / "queue.csv", project.folder / "suspects.csv"
    assert write_list(project, found.queue, path) is None
    assert write_list(project, found.queue, path) is None  # nobody wrote into the first
    words = [" ", "blast", ""]
    for n, sep in enumerate(",;", 1):
        pd.read_csv(path).assign(annotation=words).to_csv(path, index=False, sep=sep)
        assert write_list(project, found.queue, path) == path.with_name(f"queue-{n}.csv")
        kept = pd.read_csv(path.with_name(f"queue-{n}.csv"), sep=sep, keep_default_na=False)
        assert kept["annotation"].tolist() == words
    assert pd.read_csv(path)["annotation"].isna().all()
    path.write_bytes(b"\xff\xfe\x00 saved by who knows what")
    assert write_list(project, found.queue, path).name == "queue-3.csv"
    write_list(project, found.suspects, suspects)
    assert write_list(project, found.suspects, suspects) is None


def test_word_that_contradicts_the_model_is_shown(project, tmp_path):
    for n in range(12):
        for kind in ("normal", "blast"):
            add_picture(project, tmp_path, f"more {n}", kind, 500 + 2 * n + (kind == "blast"), kind)
    wrong = add_picture(project, tmp_path, "mistaken", "blast", 900, "normal")
    learner = FakeLearner(sharpness=20)
    self_train(project, learner, SelfTrainingParameters(rounds=0))
    found = feedback(project, learner, FeedbackParameters(error_rate=0.1))
    assert found.threshold <= 1
    assert found.suspects["field"].tolist() == [wrong]
    assert found.suspects["annotation"].tolist() == ["normal"]


def test_feedback_that_was_killed_keeps_its_folds(project):
    learner = FakeLearner()
    self_train(project, learner, SelfTrainingParameters(rounds=0))
    with pytest.raises(KeyboardInterrupt):
        feedback(project, FakeLearner(fail_at=2))
    assert len(runs_of(project)) == 1
    again = FakeLearner()
    feedback(project, again)
    assert again.trained[0][0] == "fold-2"


def test_feedback_killed_between_a_fold_and_its_record_goes_on(project, monkeypatch):
    from napari_all_subtype.workflow import feedback as module

    self_train(project, FakeLearner(), SelfTrainingParameters(rounds=0))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.np, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            feedback(project, FakeLearner())
    found = feedback(project, FakeLearner())
    assert found.round.state == ACCEPTED
    assert not (project.folder / "work").exists()


def test_cells_of_a_random_split_are_not_believed_to_be_out_of_sample(project):
    learner, asked = FakeLearner(sharpness=5), SplitParameters(random_split=True)
    train_project(project, learner, asked)
    found = feedback(project, learner)
    splits = project_training_set(project, SPEC).training.splits
    assert found.round.content["judged"] == (splits == "train").sum() < len(splits)
    train_project(project, learner)
    assert feedback(project, learner).round.content["judged"] == (splits != "test").sum()


def test_loop_may_end_when_two_models_in_a_row_agree(project):
    learner = FakeLearner(sharpness=5)
    self_train(project, learner, SelfTrainingParameters(rounds=0), seed=1)
    first = feedback(project, learner)
    self_train(project, learner, SelfTrainingParameters(rounds=0), seed=2)
    second = feedback(project, learner)
    assert first.stop == ""
    assert second.kappa > 0.9
    assert "agree" in second.stop


def test_project_that_another_program_writes_is_left_alone(project):
    with (
        open_project(project.folder) as second,
        pytest.raises(ProjectReadOnlyError, match="Nothing can be changed"),
    ):
        self_train(second, FakeLearner())


def table(home, kinds, words=None, group="elsewhere", seed=2000):
    rows = []
    for n, kind in enumerate(kinds):
        file = home / f"t{seed}-{n}.png"
        cv2.imwrite(str(file), picture(kind, seed + n)[0][..., ::-1])
        word = kind if words is None else words[n]
        rows.append({"file": file, "annotation": word, "group": f"{group} {n % 3}"})
    return pd.DataFrame(rows)


@pytest.fixture
def ready(project):
    learner = FakeLearner(sharpness=5)
    found = self_train(project, learner, SelfTrainingParameters(rounds=0))
    return project, found.model, learner.load(folder_of(project, found.model))


def test_evaluation_leaves_out_what_was_learned_from(ready, tmp_path):
    project, model, predictor = ready
    known = table(tmp_path, ["blast", "normal"] * 2, group="case", seed=3000)
    known["group"] = [f"case {n}" for n in range(4)]
    rows = pd.concat([table(tmp_path, ["normal", "blast"] * 6), known])
    found = evaluate_on_table(project, model, predictor, rows)
    held = splits_of(project)
    learned = sum(held[f"case-{n + 1}"] != "test" for n in range(4))
    assert found.figures.cells == 16 - learned
    assert found.cells.left_out["of groups that the project learned from"] == learned
    assert not found.figures.random_split
    every = evaluate_on_table(project, model, predictor, rows, random_split=True)
    assert every.figures.cells == 16
    assert every.figures.random_split
    with pytest.raises(TooFewCellsError, match="ask for a random split"):
        evaluate_on_table(
            project, model, predictor, known[[held[f"case-{n + 1}"] != "test" for n in range(4)]]
        )


def test_model_of_a_random_split_has_learned_from_every_case(project, tmp_path):
    learner = FakeLearner(sharpness=5)
    model = train_project(project, learner, SplitParameters(random_split=True)).model
    known = table(tmp_path, ["blast", "normal"] * 2, group="case", seed=3000)
    known["group"] = [f"case {n}" for n in range(4)]
    rows = pd.concat([table(tmp_path, ["normal", "blast"] * 6), known])
    found = evaluate_on_table(project, model, learner.load(folder_of(project, model)), rows)
    assert found.figures.cells == 12
    assert found.cells.left_out["of groups that the project learned from"] == 4


def test_report_of_an_evaluation_is_whole_and_names_nobody(ready, tmp_path):
    project, model, predictor = ready
    rows = table(
        tmp_path, ["normal", "blast"] * 6 + ["blast"], [*["normal", "blast"] * 6, "normal"]
    )
    found = evaluate_on_table(project, model, predictor, rows, other=("other-1", predictor))
    untold = "Its starting weights learned from elsewhere: cells of these are no test of it."
    found = replace(found, untold=untold)
    write_report(found, tmp_path / "report")
    assert {one.name for one in (tmp_path / "report").iterdir()} == set(FILES)
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    for name in ("macro_f1", "balanced_accuracy", "kappa", "ece", "confusion", "per_class"):
        assert name in metrics
    assert metrics["against"]["p_value"] == 1
    assert metrics["limit_of_blank"]["normal_cells"] == 7
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert untold in page
    assert untold in metrics["warnings"]
    assert page.count("data:image/png") == 4
    assert "Research Use Only" in page
    assert "random split" not in page
    assert str(tmp_path) not in page
    assert "Dr. A" not in page
    with pytest.raises(OutputExistsError):
        write_report(found, tmp_path / "report")


def test_evaluation_leaves_out_near_copies_of_what_was_learned_from(ready, tmp_path):
    project, model, predictor = ready
    rows = table(tmp_path, ["normal", "blast"] * 6)
    held, case_of = splits_of(project), cases_of_fields(project)
    learned = [f for f in case_of if held.get(case_of[f]) == "train"]
    # In the pale pictures of this project no cell is found by itself.
    learned = [f for f in learned if "blast" in path_of(project, f).name][:2]
    given = AnalysisParameters.of(scale={"pixel_size_um": UM})
    for n, one in enumerate(learned):
        pixels = cv2.imread(str(path_of(project, one)))
        lighter = tmp_path / f"lighter-{n}.png"
        cv2.imwrite(str(lighter), cv2.add(pixels, (6, 6, 6, 0)))
        rows.loc[len(rows)] = [lighter, "blast", "somebody else"]
    found = evaluate_on_table(project, model, predictor, rows, parameters=given)
    assert found.metrics()["left_out"] == {NEARLY: 2}
    assert found.figures.cells == 12
    every = evaluate_on_table(project, model, predictor, rows, True, parameters=given)
    assert every.figures.cells == 14


def test_evaluation_tells_whence_the_scale_of_its_cells_came(ready, tmp_path):
    project, model, predictor = ready
    rows = table(tmp_path, ["normal", "blast"] * 6)
    found = evaluate_on_table(project, model, predictor, rows)
    assert set(found.cell_table()["pixel_size_origin"]) == {"assumed"}
    assert set(found.cell_table()["um_per_px"]) == {0.13}
    assert found.metrics()["scale_assumed"] == 12
    write_report(found, tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "Scale assumed in 12 of 12 pictures: 0.130 µm/px" in page
    given = AnalysisParameters.of(scale={"pixel_size_um": 0.3})
    told = evaluate_on_table(project, model, predictor, rows, parameters=given)
    assert set(told.cell_table()["um_per_px"]) == {0.3}
    assert told.metrics()["scale_assumed"] == 0
    assert not any("Scale" in line for line in told.warnings)


def test_unreadable_pictures_are_told_and_the_others_are_measured(ready, tmp_path):
    project, model, predictor = ready
    rows = table(tmp_path, ["normal", "blast"] * 4)
    rows.loc[0, "file"].write_bytes(b"no picture")
    found = evaluate_on_table(project, model, predictor, rows)
    assert len(found.cells.failed) == 1
    assert found.figures.cells == 7
    # Who has the table finds each cell in it.
    assert found.cell_table()["row"].tolist() == [2, 3, 4, 5, 6, 7, 8]
    for name in rows["file"]:
        name.write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match="None of 8 pictures"):
        evaluate_on_table(project, model, predictor, rows)
    assert np.isfinite(found.probabilities).all()


def test_classes_of_ones_own_are_learned_fed_back_and_measured(tmp_path):
    home = tmp_path / "pictures"
    home.mkdir()
    with create_project(tmp_path / "project") as project:
        reader_named(project, "Dr. A")
        use_taxonomy(project, taxonomy_of_names(["lymphocyte", "monocyte"]))
        for case in range(6):
            for n, (kind, word) in enumerate((("normal", "lymphocyte"), ("blast", "monocyte")) * 2):
                add_picture(project, home, f"case {case}", kind, 10 * case + n, word)
            add_picture(project, home, f"other {case}", "blast", 10 * case + 8)
            add_picture(project, home, f"other {case}", "normal", 10 * case + 9)
        learner = FakeLearner(sharpness=5, taxonomy=taxonomy_of(project))
        found = self_train(project, learner, LOOSE)
        assert set(found.rounds[1].content["counts"]) == {"lymphocyte", "monocyte"}
        assert len(feedback(project, learner, FeedbackParameters(queue=3)).queue) == 3
        words = ["lymphocyte", "monocyte"] * 4
        rows = table(home, ["normal", "blast"] * 4, words)
        ready = learner.load(folder_of(project, found.model))
        told = evaluate_on_table(project, found.model, ready, rows).metrics()
        assert set(told["per_class"]) == {"lymphocyte", "monocyte"}
        assert told["limit_of_blank"] is None
