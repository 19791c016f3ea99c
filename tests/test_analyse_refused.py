"""What Python may hand over instead of an image: each is one clear error of our own."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_all_subtype import analyse
from napari_all_subtype.cells.folders import list_images
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.errors import AllSubtypeError, NoImagesError, NotColourError

COLOUR = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)


@pytest.mark.parametrize(
    "image", [None, 5, 2.5, b"bytes", {"a": 1}, [[1, 2], [3, 4]], object(), [None], []], ids=repr
)
def test_what_is_no_image_is_named_by_its_type(image):
    with pytest.raises(AllSubtypeError, match=r"[Ee]xpected") as caught:
        as_source(image)
    assert isinstance(caught.value, (TypeError, OSError))


@pytest.mark.parametrize("image", [None, 5])
def test_no_image_is_a_type_error(image):
    with pytest.raises(TypeError, match=r"path.*\(Y, X, 3\)"):
        as_source(image)


def test_true_and_false_are_no_photograph():
    with pytest.raises(ValueError, match=r"bool.*expected.*[Pp]ass"):
        as_source(COLOUR > 100)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_named(bad):
    pixels = COLOUR / 255.0
    pixels[3, 4, 1] = bad
    with pytest.raises(ValueError, match=r"nan_to_num") as caught:
        as_source(pixels)
    assert isinstance(caught.value, AllSubtypeError)


@pytest.mark.parametrize("dtype", [complex, object, "U8", "datetime64[s]"])
def test_other_kinds_of_values_are_refused(dtype):
    with pytest.raises(AllSubtypeError, match="expected"):
        as_source(np.zeros((64, 64, 3), dtype))


def test_fractions_of_any_precision_are_an_image():
    for kind in (np.float16, np.float32, np.float64):
        assert np.abs(as_source((COLOUR / 255).astype(kind)).read() - COLOUR.astype(int)).max() <= 1


@pytest.mark.parametrize("channels", [3, 4])
def test_channels_that_come_first_are_named_with_the_remedy(channels):
    pixels = np.zeros((channels, 64, 48), np.uint8)
    with pytest.raises(NotColourError, match=r"moveaxis\(image, 0, -1\)") as caught:
        as_source(pixels)
    assert isinstance(caught.value, ValueError)


def test_pillow_image_is_an_image():
    assert np.array_equal(as_source(Image.fromarray(COLOUR)).read(), COLOUR)


def test_pillow_image_with_palette_is_resolved():
    source = as_source(Image.fromarray(COLOUR).quantize(16))
    assert source.read().shape == COLOUR.shape
    assert "palette resolved to RGB" in source.history


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "HSV"])
def test_pillow_image_without_rgb_is_refused(mode):
    with pytest.raises(AllSubtypeError, match=r"[Ee]xpected"):
        as_source(Image.fromarray(COLOUR).convert(mode))


@pytest.mark.parametrize("size", ["0.1", True, [0.1], np.array([0.1, 0.2])], ids=repr)
def test_pixel_size_that_is_no_number_is_refused_before_any_work(size):
    with pytest.raises(AllSubtypeError, match=r"pixel_size_um.*micrometres") as caught:
        analyse(COLOUR, pixel_size_um=size)
    assert isinstance(caught.value, TypeError)


def test_pixel_size_out_of_range_is_a_value_error():
    with pytest.raises(ValueError, match=r"0\.02 and 1") as caught:
        analyse(COLOUR, pixel_size_um=np.float32(50))
    assert isinstance(caught.value, AllSubtypeError)


def test_parameters_of_another_type_are_refused():
    with pytest.raises(AllSubtypeError, match="AnalysisParameters") as caught:
        analyse(COLOUR, parameters={"scale": 1})
    assert isinstance(caught.value, TypeError)


def test_folder_without_a_name_of_its_own_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoImagesError, match=tmp_path.name):
        list_images(".")
