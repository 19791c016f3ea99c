"""Every backbone learns, stops, goes on, is kept and classifies: 32 crops, random weights."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.model import starting
from napari_all_subtype.model.backbones import BACKBONES
from napari_all_subtype.model.classifier import load_classifier, predict_logits
from napari_all_subtype.model.saving import Told, save_model
from napari_all_subtype.model.starting import norms_of
from napari_all_subtype.model.training import FINE
from test_training import Killed, Listener
from training_examples import QUICK, SMALL, TWO, cells_of, quickly

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
LAST_PART = {
    "bundled": "block13_expand",
    "vgg16": "block5_conv3",
    "vgg19": "block5_conv4",
    "resnet50": "conv5_block3_3_conv",
    "densenet121": "conv5_block16_1_conv",
    "xception": "block14_sepconv2",
}
STEP = {"head_epochs": 0, "fine_tune_epochs": 3, "crops_per_pass": 8, "changed_views": 0}


@pytest.fixture
def offline(monkeypatch):
    """Nothing may be fetched."""
    import keras

    def refuse(*_, **__):
        raise AssertionError("weights were asked for from the network")

    monkeypatch.setattr(keras.utils, "get_file", refuse)


@pytest.fixture
def soon_settled(monkeypatch):
    """Norms see one batch of crops, not eight: slower, and nothing else."""
    monkeypatch.setattr(starting, "SETTLING", 1)


@pytest.mark.parametrize("name", ["bundled", *BACKBONES])
def test_one_step_stop_resume_and_classify(tmp_path, name, offline, soon_settled):
    least = 32 if name == "bundled" else BACKBONES[name].min_px
    spec = SMALL if least <= 32 else CropSpec(least, 0.3, outlined=True)
    # The last part learns: tracing the gradients of all would take most of the time.
    first = LAST_PART.get(name) or BACKBONES[name].first
    parameters = QUICK.model_copy(
        update=STEP | {"backbone": name, "weights": "random", "fine_tune_from": first}
    )
    how = {"taxonomy": TWO, "spec": spec, "folder": tmp_path / "kept", "validation": False}
    with pytest.raises(Killed):
        quickly(parameters, monitor=Listener(FINE, kill_at=2), **how)
    listener = Listener(FINE, stop_at=2)
    start, fitted = quickly(parameters, monitor=listener, **how)
    assert next(one.epoch for one in listener.heard if one.phase == FINE) == 2
    assert fitted.stopped
    assert not any(norm.trainable for norm in norms_of(start.network))
    told = Told("one", TWO, {}, 32, 4, 16, 4, 0, "s", "d", {})
    save_model(tmp_path / "one", start, fitted, told)
    crops, _ = cells_of(3, 9, spec)
    classifier = load_classifier(tmp_path / "one")
    expected = predict_logits(start.network, crops)
    np.testing.assert_allclose(predict_logits(classifier.network, crops), expected, atol=1e-4)
    np.testing.assert_allclose(classifier.predict(crops).sum(axis=1), 1, atol=1e-5)
