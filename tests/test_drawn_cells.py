"""Cells that another program outlines: scale, tiles, the other half, weights and what is absent."""

from __future__ import annotations

import gc
import json
import sys

import cv2
import numpy as np
import pytest

from napari_all_subtype.cells.drawn import DrawnCells
from napari_all_subtype.cells.source import ArraySource
from napari_all_subtype.config import AnalysisParameters, FindingParameters, SegmentationParameters
from napari_all_subtype.errors import ExtraFailedError, ExtraMissingError, ModelNotFoundError
from napari_all_subtype.model import segmenters, stardist_network
from napari_all_subtype.model.apart import CellposeApart
from napari_all_subtype.model.cellpose_network import load_cellpose
from napari_all_subtype.model.segmenters import is_installed, segmenter_of
from napari_all_subtype.model.stardist_network import load_stardist

SMALL = SegmentationParameters(tile_px=256)
LARGE = SegmentationParameters()


class Threshold:
    """Outlines what is darker than a share of the range in red (nuclei) or green (all cells)."""

    name = "threshold 1"

    def __init__(self, channel, level):
        self.channel, self.level = channel, level
        self.shapes, self.ranges = [], []

    def __call__(self, pixels):
        self.shapes.append(pixels.shape[:2])
        self.ranges.append((pixels.min(), pixels.max()))
        mask = (pixels[..., self.channel] < self.level).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
        return cv2.connectedComponents(mask)[1].astype(np.uint16)


def finding(**values):
    return FindingParameters(segmenter="cellpose", **values)


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("parameters", [SMALL, LARGE], ids=["tiles", "whole"])
def test_cells_are_found_around_outlined_nuclei_whatever_the_tiles(smear, parameters):
    network = Threshold(0, 0.4)
    segmenter = DrawnCells(network, finding(segmenter_outlines="nuclei"), parameters)
    masks = segmenter(ArraySource(smear.pixels), smear.um_per_px)
    assert (len(network.shapes) > 1) == (parameters is SMALL)
    assert masks.count in (smear.masks.count, smear.masks.count + 1)
    assert dice(masks.labels > 0, smear.masks.labels > 0) > 0.9


def test_outlined_cells_without_a_nucleus_are_left_out(smear):
    segmenter = DrawnCells(Threshold(1, 0.85), finding(segmenter_outlines="cells"), LARGE)
    everything = segmenter.drawn(ArraySource(smear.pixels), smear.um_per_px)
    masks = segmenter(ArraySource(smear.pixels), smear.um_per_px)
    assert 0 < masks.count < everything.max()
    assert set(np.unique(masks.nuclei)) == set(range(masks.count + 1))
    assert set(np.unique(masks.labels)) == set(range(masks.count + 1))
    assert (masks.nuclei > 0)[smear.masks.nuclei > 0].mean() > 0.9


@pytest.mark.parametrize(("um_per_px", "factor"), [(0.125, 0.5), (0.25, 1.0), (0.5, 2.0)])
def test_network_sees_the_image_at_its_own_scale(smear, um_per_px, factor):
    network = Threshold(0, 0.4)
    segmenter = DrawnCells(network, finding(segmenter_um_per_px=0.25), LARGE)
    drawn = segmenter.drawn(ArraySource(smear.pixels[:200, :300]), um_per_px)
    assert network.shapes == [(200 * factor, 300 * factor)]
    assert drawn.shape == (200, 300)


def test_every_tile_is_brought_to_one_range(smear):
    network = Threshold(0, 0.4)
    pixels = np.tile(smear.pixels, (1, 3, 1))
    pixels[:, 640:] //= 2
    DrawnCells(network, finding(), SMALL).drawn(ArraySource(pixels), smear.um_per_px)
    brightest = [high for _, high in network.ranges]
    assert max(brightest) > 1.5 * min(brightest)


def test_name_says_what_was_outlined_at_which_scale_and_no_folder():
    name = DrawnCells(Threshold(0, 1), finding(segmenter_model="/home/jane/m")).name
    assert name == "threshold 1, cells, 0.25 µm/px"


def test_automatic_outlines_are_those_of_the_program_s_own_weights():
    assert FindingParameters(segmenter="stardist").outlined == "nuclei"
    assert FindingParameters(segmenter="cellpose").outlined == "cells"
    assert FindingParameters(segmenter="stardist", segmenter_outlines="cells").outlined == "cells"


@pytest.mark.parametrize("name", ["stardist", "cellpose"])
def test_absent_program_says_how_to_have_it(monkeypatch, name):
    monkeypatch.setattr(segmenters, "find_spec", lambda _: None)
    with pytest.raises(ExtraMissingError, match=rf"pip install .*\[{name}\]"):
        segmenter_of(AnalysisParameters.of(finding={"segmenter": name}))


# Programs with the same names and calls as the real ones, and nothing in them

STARDIST = """
import json
from pathlib import Path
from types import SimpleNamespace
import numpy as np
class StarDist2D:
    def __init__(self, config, name, basedir):
        text = (Path(basedir) / name / "config.json").read_text()
        self.config = SimpleNamespace(**json.loads(text))
    def predict_instances(self, pixels, axes, show_tile_progress):
        assert (axes, pixels.dtype, pixels.ndim) == ("YXC", np.float32, 3)
        return (pixels[..., 0] < 0.4).astype(np.int32), {}
"""
PRETRAINED = """
def get_model_details(cls, name):
    if name != "2D_versatile_he":
        raise ValueError(name)
    return name, None, {"url": "https://example.org/he.zip"}
"""
CELLPOSE = """
import os
import numpy as np
MODEL_DIR, MODEL_NAMES = "/nowhere", ["cpsam_v2"]
class CellposeModel:
    def __init__(self, gpu, pretrained_model):
        self.content = open(pretrained_model, "rb").read()
        if self.content == b"bad":
            raise RuntimeError("no weights")
        print("a line that must not come between")
    def eval(self, pixels, channel_axis, normalize):
        if self.content == b"deadly":
            os._exit(9)
        assert (channel_axis, normalize, pixels.dtype) == (-1, False, np.float32)
        return (pixels[..., 0] < 0.4).astype(np.uint16), [], []
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Empty stand-ins for both programs, found as installed ones are."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("stardist", "csbdeep", "cellpose"):
            monkeypatch.delitem(sys.modules, name)
    files = {"stardist/models": STARDIST, "csbdeep/models/pretrained": PRETRAINED}
    for name, text in (files | {"cellpose/models": CELLPOSE}).items():
        path = tmp_path / "site" / f"{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    # A folder without this file would lose to an installed package of the same name.
    for name in ("stardist", "csbdeep", "csbdeep/models", "cellpose"):
        (tmp_path / "site" / name / "__init__.py").touch()
    for name in ("stardist", "cellpose"):
        told = tmp_path / "site" / f"{name}-0.dist-info" / "METADATA"
        told.parent.mkdir()
        told.write_text(f"Name: {name}\nVersion: 0\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(stardist_network, "load_keras", lambda: None)
    yield
    for name in list(sys.modules):
        if name.split(".")[0] in ("stardist", "csbdeep", "cellpose"):
            del sys.modules[name]


def stardist_folder(folder, channels=3):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"n_channel_in": channels}))
    return folder


def test_stardist_folder_is_loaded_and_named_without_its_place(programs, tmp_path, smear):
    folder = stardist_folder(tmp_path / "jane" / "my-model")
    chosen = {"segmenter": "stardist", "segmenter_model": str(folder)}
    segmenter = segmenter_of(AnalysisParameters.of(finding=chosen))
    assert segmenter.name == "StarDist 0, my-model, nuclei, 0.25 µm/px"
    masks = segmenter(ArraySource(smear.pixels), smear.um_per_px)
    assert dice(masks.labels > 0, smear.masks.labels > 0) > 0.5


def test_stardist_weights_that_were_fetched_before_are_found_by_name(programs, tmp_path):
    kept = tmp_path / "keras" / "models" / "StarDist2D" / "2D_versatile_he"
    with pytest.raises(ModelNotFoundError, match=r"nothing is downloaded.*example\.org/he\.zip"):
        load_stardist()
    stardist_folder(kept / "2D_versatile_he_extracted")
    assert load_stardist().model_name == "2D_versatile_he"


@pytest.mark.parametrize(
    ("channels", "words"), [(1, r"1 channel\(s\)"), (None, "cannot be loaded")]
)
def test_stardist_folder_of_another_kind_is_refused(programs, tmp_path, channels, words):
    folder = stardist_folder(tmp_path / "jane" / "grey", channels)
    if channels is None:
        (folder / "config.json").write_text("not a configuration")
    with pytest.raises(ModelNotFoundError, match=words) as caught:
        load_stardist(str(folder))
    assert "jane" not in str(caught.value)


def test_stardist_name_that_nobody_knows_is_refused(programs, tmp_path):
    with pytest.raises(ModelNotFoundError, match="no StarDist model nonsense"):
        load_stardist(str(tmp_path / "nonsense"))


def test_cellpose_file_is_loaded_by_its_whole_path(programs, tmp_path, smear, monkeypatch):
    (tmp_path / "weights").write_bytes(b"good")
    monkeypatch.chdir(tmp_path)
    chosen = {"segmenter": "cellpose", "segmenter_model": "weights"}
    segmenter = segmenter_of(AnalysisParameters.of(finding=chosen))
    assert segmenter.name == "Cellpose 0, weights, cells, 0.25 µm/px"
    assert segmenter(ArraySource(smear.pixels), smear.um_per_px).count == 1
    assert "cellpose" not in sys.modules  # it has a process of its own
    segmenter.network.close()


@pytest.mark.parametrize("load", [load_cellpose, CellposeApart])
def test_cellpose_weights_that_are_absent_or_bad_are_refused(programs, tmp_path, load):
    with pytest.raises(ModelNotFoundError, match="cpsam_v2 on this machine, and nothing is"):
        load()
    (tmp_path / "jane").mkdir()
    (tmp_path / "jane" / "weights").write_bytes(b"bad")
    with pytest.raises(ModelNotFoundError, match="weights cannot be loaded") as caught:
        load(str(tmp_path / "jane" / "weights"))
    assert "jane" not in str(caught.value)


def test_cellpose_that_fails_is_told_and_can_be_asked_again(programs, tmp_path):
    (tmp_path / "weights").write_bytes(b"good")
    network = CellposeApart(str(tmp_path / "weights"))
    with pytest.raises(ExtraFailedError, match=r"Cellpose failed: .*AssertionError"):
        network(np.zeros((8, 8, 3)))
    assert network(np.zeros((8, 9, 3), np.float32)).shape == (8, 9)
    network.close()


def test_cellpose_that_ends_by_itself_is_told(programs, tmp_path):
    (tmp_path / "weights").write_bytes(b"deadly")
    network = CellposeApart(str(tmp_path / "weights"))
    for _ in range(2):
        with pytest.raises(ExtraFailedError, match="ended unexpectedly"):
            network(np.zeros((8, 8, 3), np.float32))


def test_cellpose_that_ended_is_started_again_for_the_next_image(programs, tmp_path):
    (tmp_path / "weights").write_bytes(b"deadly")
    network = CellposeApart(str(tmp_path / "weights"))
    with pytest.raises(ExtraFailedError, match="ended unexpectedly"):
        network(np.zeros((8, 8, 3), np.float32))
    (tmp_path / "weights").write_bytes(b"good")
    assert network(np.zeros((8, 9, 3), np.float32)).shape == (8, 9)
    network.close()


def test_process_of_cellpose_ends_with_the_network(programs, tmp_path):
    (tmp_path / "weights").write_bytes(b"good")
    network = CellposeApart(str(tmp_path / "weights"))
    process = network._process
    del network
    gc.collect()
    assert process.poll() is not None


# The real programs, where they are installed


@pytest.mark.slow
@pytest.mark.skipif(not is_installed("stardist"), reason="StarDist is not installed")
def test_real_stardist_outlines_what_an_untrained_network_sees(tmp_path, smear):
    from stardist.models import Config2D, StarDist2D

    config = Config2D(n_rays=16, n_channel_in=3, grid=(4, 4), unet_n_depth=1)
    model = StarDist2D(config, name="untrained", basedir=str(tmp_path))
    model.keras_model.save_weights(str(tmp_path / "untrained" / "weights_best.h5"))
    network = load_stardist(str(tmp_path / "untrained"))
    labels = network(np.zeros((64, 96, 3), np.float32))
    assert labels.shape == (64, 96)
    assert labels.dtype.kind in "iu"
    assert network.name.startswith("StarDist 0.")


@pytest.mark.slow
@pytest.mark.skipif(not is_installed("cellpose"), reason="Cellpose is not installed")
def test_real_cellpose_never_downloads(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="nothing is downloaded"):
        CellposeApart()
    assert not list(tmp_path.iterdir())
