"""A program killed in the middle of a round loses nothing confirmed, and the run goes on."""

import contextlib
import json
import os
import random
import shutil
import signal
import time

import pytest

from fake_learner import FakeLearner
from learning_project import learning_project
from napari_all_subtype.learning.parameters import SelfTrainingParameters
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.models import add_model, models_folder, models_of, next_model_id
from napari_all_subtype.project.rounds import (
    ACCEPTED,
    REJECTED,
    ROLLED_BACK,
    add_round,
    begin_run,
    decide_round,
    round_of,
    rounds_of,
    running_model,
    runs_of,
)
from napari_all_subtype.workflow.self_train import self_train

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
KILLS = int(os.environ.get("CRASH_KILLS", "12"))
THREE = SelfTrainingParameters(rounds=3, most_log_loss_gain=5)


def killed_after(delay_s, work):
    """What `work` confirmed line by line before it was killed."""
    there, back = os.pipe()
    writer = os.fork()
    if writer == 0:
        with contextlib.suppress(BaseException):
            os.close(there)
            work(lambda *line: os.write(back, json.dumps(line).encode() + b"\n"))
        os._exit(1)
    os.close(back)
    time.sleep(delay_s)
    os.kill(writer, signal.SIGKILL)
    with os.fdopen(there) as stream:
        lines = stream.read().splitlines(keepends=True)
    os.waitpid(writer, 0)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def test_confirmed_rounds_and_verdicts_outlive_a_kill(tmp_path):
    folder = tmp_path / "project"
    learning_project(folder, cases=1, each=1, unlabelled=0).close()

    def work(confirm):
        with open_project(folder) as project:
            run = begin_run(project, "self-train", {"at": time.time()})
            for number in range(10**6):
                name = next_model_id(project)
                (models_folder(project) / name).mkdir(parents=True)
                facts = {"parent": "", "card_sha256": "c", "split_sha256": "s", "content": {}}
                add_model(project, name, **facts)
                made = add_round(project, run.run_id, number, name, {"number": number})
                confirm("round", made.round_id, name)
                for state in ((ACCEPTED, ROLLED_BACK), (REJECTED,))[number % 2]:
                    decide_round(project, made.round_id, state, "so it is")
                    confirm("verdict", made.round_id, state)

    rng = random.Random(1)
    confirmed = []
    for _ in range(KILLS):
        confirmed += killed_after(rng.uniform(0.02, 0.25), work)
    assert {line[0] for line in confirmed} == {"round", "verdict"}
    with open_project(folder) as project:
        assert project.row("PRAGMA integrity_check")[0] == "ok"
        names = {one.model_id for one in models_of(project)}
        said = {(row["round_id"], row["state"]) for row in project.rows("SELECT * FROM verdicts")}
        for kind, round_id, told in confirmed:
            if kind == "round":
                assert told in names
                assert round_of(project, round_id).model_id == told
            else:
                assert (round_id, told) in said


class SlowLearner(FakeLearner):
    """Takes its time, so that a kill finds it in the middle of a round."""

    def learn(self, *given, **more):
        time.sleep(0.15)
        return super().learn(*given, **more)


@pytest.mark.slow
def test_self_training_killed_again_and_again_comes_to_the_same_end(tmp_path):
    learning_project(tmp_path / "project").close()
    shutil.copytree(tmp_path / "project", tmp_path / "whole")
    with open_project(tmp_path / "whole") as whole:
        expected = self_train(whole, FakeLearner(), THREE)

    def work(confirm):
        with open_project(tmp_path / "project") as project:
            self_train(project, SlowLearner(), THREE)
            confirm("done")

    done, tries = [], 0
    while not done and tries < 20:
        before = rounds_in(tmp_path / "project")
        done = killed_after(0.45 + 0.1 * tries, work)
        after = rounds_in(tmp_path / "project")
        assert after[: len(before)] == before
        tries += 1
    with open_project(tmp_path / "project") as project:
        if not done:
            self_train(project, SlowLearner(), THREE)
        told = [(o.number, o.state, o.content.get("used")) for o in rounds_of(project)]
        assert told == [(o.number, o.state, o.content.get("used")) for o in expected.rounds]
        assert len(runs_of(project)) == 1
        assert (
            running_model(project).content["pseudo_labels"]
            == (expected.model.content["pseudo_labels"])
        )


def rounds_in(folder):
    with open_project(folder) as project:
        return [(one.round_id, one.number, one.model_id) for one in rounds_of(project)]
