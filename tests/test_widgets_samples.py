"""File → Open Sample: drawn samples open offline, fetched ones say one sentence."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from napari.components import ViewerModel
from npe2 import PluginManifest

from examples import example_analysis
from napari_all_subtype._widgets import sample_data
from napari_all_subtype._widgets.chosen_model import by_bundled
from napari_all_subtype._widgets.layer_kinds import is_drawn
from napari_all_subtype._widgets.packing import PackedAnalysis
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import DownloadError
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.samples import MIRROR_VARIABLE, SAMPLES


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No cache, no mirror, and nobody who answers."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")


@pytest.mark.slow
@pytest.mark.parametrize("make", ["synthetic_mixed", "synthetic_normal", "synthetic_blasts"])
def test_drawn_sample_opens_offline_as_a_layer_with_its_scale(offline, make):
    ((pixels, options, kind),) = getattr(sample_data, make)()
    assert is_drawn(SimpleNamespace(metadata=options["metadata"]))
    assert not is_drawn(SimpleNamespace(metadata={}))
    assert not is_drawn(None)
    assert (pixels.dtype, pixels.shape[2], kind) == (np.uint8, 3, "image")
    assert pixels.std() > 10
    assert options["units"] == ("um", "um")
    assert 0.05 < options["scale"][0] < 0.5


@pytest.mark.parametrize(("model", "said"), [("bundled", True), ("/models/mine", False)])
def test_what_drawn_smears_are_to_the_bundled_model_is_said_of_no_other(model, said):
    analysis = example_analysis(((30, 30),))
    parameters = AnalysisParameters.of(model={"model": model})
    packed = PackedAnalysis.of(replace(analysis, parameters=parameters))
    assert by_bundled(packed) is said
    assert not by_bundled(packed.in_classes(taxonomy_of_names(["lymphocyte", "monocyte"])))
    assert not by_bundled(None)


def test_real_sample_offline_is_one_sentence_and_nothing_of_napari_follows_it(offline, npe2pm):
    """napari has no value for "nothing to show": it makes an error of its own of every one."""
    viewer = ViewerModel()
    plugin = npe2pm.tmp_plugin(package="napari-all-subtype")
    with plugin, pytest.raises(DownloadError) as failure:
        viewer.open_sample("napari-all-subtype", "bccd_00000")
    sentence = str(failure.value)
    assert "connect to the network" in sentence
    assert "\n" not in sentence
    assert len(viewer.layers) == 0


def test_every_sample_of_the_list_is_in_the_menu():
    manifest = PluginManifest.from_distribution("napari-all-subtype")
    keys = {sample.key for sample in manifest.contributions.sample_data}
    assert {one.name.replace("-", "_") for one in SAMPLES} <= {
        key.replace("-", "_") for key in keys
    }
