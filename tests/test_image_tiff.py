"""TIFF files of many images and of rarer colours: nothing is chosen or coloured in silence."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_all_subtype.cells.image import open_image
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import ImageReadError

PIXELS = np.random.default_rng(0).integers(120, 250, (64, 48, 3), np.uint8)
OTHER = np.random.default_rng(1).integers(120, 250, (64, 48, 3), np.uint8)


def write(path, *images, **settings):
    with tifffile.TiffWriter(path, **settings) as tif:
        for image in images:
            tif.write(image, photometric="rgb", contiguous=False)
    return path


def test_small_picture_before_the_image_is_passed_over(tmp_path):
    path = write(tmp_path / "a.tif", PIXELS[::4, ::4].copy(), PIXELS)
    source = open_image(path)
    assert np.array_equal(source.read(), PIXELS)
    assert "largest of 2 images in the file" in source.history


def test_small_picture_after_the_image_is_passed_over(tmp_path):
    path = write(tmp_path / "a.tif", PIXELS, PIXELS[::4, ::4].copy())
    assert np.array_equal(open_image(path).read(), PIXELS)


def test_several_images_of_one_size_are_refused_until_one_is_chosen(tmp_path):
    path = write(tmp_path / "a.tif", PIXELS, OTHER, PIXELS[::4, ::4].copy())
    with pytest.raises(ImageReadError, match=r"2 images.*--slice-index.*0 to 1"):
        open_image(path)
    source = open_image(path, ReadingParameters(slice_index=1))
    assert np.array_equal(source.read(), OTHER)
    assert "image 1 of 2" in source.history
    with pytest.raises(ImageReadError, match="0 to 1"):
        open_image(path, ReadingParameters(slice_index=2))


def test_images_of_an_ome_file_are_told_apart_alike(tmp_path):
    path = write(tmp_path / "a.ome.tif", PIXELS[::4, ::4].copy(), PIXELS, ome=True)
    assert np.array_equal(open_image(path).read(), PIXELS)


@pytest.mark.parametrize("compression", [None, "lzw"])
def test_luma_and_chroma_become_red_green_and_blue(compression, tmp_path):
    smooth = np.asarray(Image.fromarray(PIXELS).resize((96, 128), Image.Resampling.BICUBIC))
    encoded = np.asarray(Image.fromarray(smooth).convert("YCbCr"))
    tifffile.imwrite(
        tmp_path / "a.tif",
        encoded,
        photometric="ycbcr",
        subsampling=(1, 1),
        compression=compression,
    )
    source = open_image(tmp_path / "a.tif")
    assert np.abs(source.read().astype(int) - smooth).max() <= 3
    assert "YCbCr converted to RGB" in source.history


def with_size(um_per_px):
    sizes = {f"PhysicalSize{axis}": um_per_px for axis in "XY"}
    return {"axes": "YXS", **sizes, **{f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}}


def ome(path, *images):
    with tifffile.TiffWriter(path, ome=True) as tif:
        for image, um_per_px in images:
            tif.write(image, photometric="rgb", metadata=with_size(um_per_px))
    return path


def test_pixel_size_is_that_of_the_image_that_is_read(tmp_path):
    path = ome(tmp_path / "a.ome.tif", (PIXELS[::4, ::4].copy(), 0.4), (PIXELS, 0.1))
    assert open_image(path).pixel_size.um_per_px == pytest.approx(0.1)


def test_pixel_sizes_that_contradict_each_other_are_not_used(tmp_path):
    path = ome(tmp_path / "a.ome.tif", (PIXELS, 0.1), (OTHER, 0.2))
    assert open_image(path, ReadingParameters(slice_index=1)).pixel_size is None
