"""The classifier: what goes in, what comes out, and what is refused before it is loaded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

from napari_all_subtype.errors import (
    ModelIntegrityError,
    ModelNotFoundError,
    ParameterError,
    Stopped,
)
from napari_all_subtype.model.card import CARD_NAME, read_card
from napari_all_subtype.model.classifier import list_models, load_classifier
from napari_all_subtype.model.weights import BUNDLED_ID, WEIGHTS_NAME, find_model, load_network
from napari_all_subtype.progress import Progress

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def classifier():
    return load_classifier()


@pytest.fixture
def copied(tmp_path):
    """A copy of the bundled model that a test may damage."""
    return shutil.copytree(find_model(), tmp_path / "copied")


def random_crops(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 96, 96, 4), dtype=np.uint8)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65])
def test_rows_are_cells_columns_are_classes_and_rows_sum_to_one(classifier, n):
    p = classifier.predict(random_crops(n))
    assert p.shape == (n, len(classifier.taxonomy))
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)


def test_a_cell_gets_the_same_answer_in_any_company(classifier):
    crops = random_crops(11)
    together = classifier.predict(crops)
    apart = classifier.predict(crops, batch_size=4)
    np.testing.assert_allclose(together, apart, atol=1e-4)
    np.testing.assert_allclose(classifier.predict(crops[::-1])[::-1], together, atol=1e-4)


def test_the_card_says_what_the_model_is(classifier):
    card = classifier.card
    assert card.id == BUNDLED_ID
    assert classifier.taxonomy.names == ("normal", "blast", "l1", "l2", "l3")
    assert classifier.crop_spec.size_px == 96
    assert any("not calibrated" in limit for limit in card.limits)
    assert {row.dataset for row in card.trained_on} >= {"all_idb2", "mll", "simulated"}
    assert classifier.device == "CPU" or classifier.device.startswith("GPU: ")


def test_the_shipped_card_carries_measured_figures(classifier):
    left_out = [m for m in classifier.card.measured if "left out" in m.protocol]
    assert {m.name for m in left_out} >= {"AUROC", "sensitivity", "specificity", "ECE"}
    assert all(m.low <= m.value <= m.high for m in left_out if m.name == "AUROC")


def test_weights_hold_no_optimizer_and_are_small(classifier):
    path = find_model() / WEIGHTS_NAME
    with h5py.File(path) as file:
        assert "optimizer" not in file
    assert path.stat().st_size < 20_000_000


def test_wrong_crops_are_refused_with_what_is_expected(classifier):
    with pytest.raises(ParameterError, match=r"\(N, 96, 96, 4\) uint8"):
        classifier.predict(np.zeros((2, 32, 32, 3), np.uint8))
    with pytest.raises(ParameterError, match="uint8"):
        classifier.predict(np.zeros((2, 96, 96, 4), np.float32))
    with pytest.raises(ParameterError, match="batch_size"):
        classifier.predict(random_crops(1), batch_size=0)


def test_stop_is_heard_before_the_next_batch(classifier):
    class StopAfterOne:
        heard = 0

        def report(self, progress: Progress) -> None:
            self.heard += 1

        @property
        def stop_requested(self) -> bool:
            return self.heard > 1

    monitor = StopAfterOne()
    with pytest.raises(Stopped):
        classifier.predict(random_crops(30), monitor, batch_size=10)
    assert monitor.heard == 2


def test_unknown_model_names_the_known_ones(tmp_path):
    with pytest.raises(ModelNotFoundError, match=BUNDLED_ID):
        load_classifier("no-such-model")
    with pytest.raises(ModelNotFoundError, match=BUNDLED_ID):
        load_classifier(tmp_path)


def test_a_folder_and_its_id_are_the_same_model(classifier, copied):
    crops = random_crops(3)
    same = load_classifier(copied).predict(crops)
    np.testing.assert_allclose(same, classifier.predict(crops), atol=1e-6)


def test_changed_weights_are_refused(copied):
    data = bytearray((copied / WEIGHTS_NAME).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / WEIGHTS_NAME).write_bytes(data)
    with pytest.raises(ModelIntegrityError, match="SHA-256"):
        load_classifier(copied)


def test_missing_terms_are_refused(copied):
    (copied / "TERMS.md").unlink()
    with pytest.raises(ModelIntegrityError, match="missing"):
        load_classifier(copied)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("files", {"../outside.h5": "0" * 64}),
        ("files", {"a/b.h5": "0" * 64}),
        ("files", {}),
        ("temperature", 0),
        ("taxonomy", "ANY"),
        ("surprise", 1),
    ],
)
def test_a_card_that_is_not_right_is_refused(copied, field, value):
    card = json.loads((copied / CARD_NAME).read_text())
    card[field] = value
    (copied / CARD_NAME).write_text(json.dumps(card))
    with pytest.raises(ModelIntegrityError, match="Get the model again"):
        load_classifier(copied)


def test_weights_of_another_architecture_are_refused(copied):
    card = json.loads((copied / CARD_NAME).read_text())
    card["network"]["outline_widths"] = [16, 16, 16]
    (copied / CARD_NAME).write_text(json.dumps(card))
    with pytest.raises(ModelIntegrityError, match="does not fit"):
        load_classifier(copied)


def test_bundled_models_are_listed_with_their_cards():
    assert BUNDLED_ID in [card.id for card in list_models()]
    assert read_card(find_model("bundled")) == read_card(find_model(BUNDLED_ID))


def test_importing_the_classifier_does_not_import_keras():
    code = (
        "import sys, napari_all_subtype.model.classifier as c; c.list_models(); "
        "print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_same_files_give_the_same_classifier_and_others_another(classifier, copied):
    assert load_classifier() is load_classifier(BUNDLED_ID) is load_classifier(find_model())
    first = load_classifier(copied)
    assert first is not classifier
    card = json.loads((copied / CARD_NAME).read_text())
    card["temperature"] *= 2
    (copied / CARD_NAME).write_text(json.dumps(card))
    assert load_classifier(copied).card.temperature == 2 * first.card.temperature


def test_a_model_that_is_spoilt_after_it_was_loaded_is_refused(copied):
    load_classifier(copied)
    (copied / WEIGHTS_NAME).write_bytes(b"spoilt")
    with pytest.raises(ModelIntegrityError):
        load_classifier(copied)


def test_loading_and_predicting_again_and_again_is_quiet():
    code = (
        "import numpy as np; from napari_all_subtype.model.classifier import load_classifier; "
        "[load_classifier().predict(np.zeros((1, 96, 96, 4), np.uint8)) for _ in range(7)]"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == ""
    assert found.stderr == ""


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("crop", "size_px"), 5),
        (("crop", "size_px"), "many"),
        (("network", "groups"), 7),
        (("network", "widths"), [-1]),
        (("network", "widths"), [10**9]),
    ],
)
def test_card_that_asks_for_an_impossible_network_is_refused(tmp_path, where, value):
    folder = tmp_path / BUNDLED_ID
    shutil.copytree(find_model(), folder)
    card = json.loads((folder / "card.json").read_text())
    card[where[0]][where[1]] = value
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelIntegrityError, match="card"):
        load_network(folder)
