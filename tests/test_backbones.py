"""Well-known backbones: crops in, logits out, and only what is asked for learns."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backbones import BACKBONES, build_backbone, learn_from

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SPEC = CropSpec(size_px=96, outlined=True)


@pytest.fixture(scope="module")
def plain():
    return build_backbone("cnn", SPEC, 5)


def test_one_row_of_logits_per_crop(plain):
    crops = np.zeros((3, 96, 96, 4), np.uint8)
    assert plain.predict_on_batch(crops).shape == (3, 5)


def test_outlines_do_not_reach_a_backbone(plain):
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (2, 96, 96, 4), np.uint8)
    other = crops.copy()
    other[..., 3] = 255 - other[..., 3]
    np.testing.assert_array_equal(plain.predict_on_batch(crops), plain.predict_on_batch(other))


def test_vgg16_sees_blue_first_without_its_mean():
    network = build_backbone("vgg16", SPEC, 5)
    from keras import Model

    seen = Model(network.input, network.get_layer("centred").output)
    crop = np.zeros((1, 96, 96, 4), np.uint8)
    crop[..., :3] = 200, 100, 50
    expected = np.array([50, 100, 200]) - BACKBONES["vgg16"].means
    np.testing.assert_allclose(seen.predict_on_batch(crop)[0, 0, 0], expected, atol=1e-4)


def test_only_layers_from_the_named_one_learn():
    network = build_backbone("vgg16", SPEC, 5)
    learn_from(network, "block4_conv1")
    learns = {w.path.split("/")[0] for w in network.trainable_weights}
    assert learns == {
        *(f"block{b}_conv{c}" for b in (4, 5) for c in (1, 2, 3)),
        "head",
        "logits",
    }


def test_unknown_backbone_names_those_there_are():
    with pytest.raises(ParameterError, match="xception"):
        build_backbone("alexnet", SPEC, 5)


def test_unknown_first_layer_is_refused(plain):
    with pytest.raises(ParameterError, match="no such layer"):
        learn_from(plain, "block4_conv1")
