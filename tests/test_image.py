"""Reading: every kind of file that is opened, and what is done to it."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import dask.array
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from napari_all_subtype.cells.folders import list_images
from napari_all_subtype.cells.image import as_source, open_image
from napari_all_subtype.cells.source import ArraySource, ImageSource, PixelSize, Region
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import NoImagesError

PINK = (235, 200, 210)
VIOLET = (90, 40, 130)


def smear(height: int = 60, width: int = 90) -> np.ndarray:
    """A violet rectangle in the upper left of a pink field."""
    pixels = np.full((height, width, 3), PINK, np.uint8)
    pixels[5:25, 10:50] = VIOLET
    return pixels


def saved(path: Path, **options: object) -> Path:
    Image.fromarray(smear()).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_lossless_formats_give_back_their_pixels(tmp_path: Path, suffix: str) -> None:
    source = open_image(saved(tmp_path / f"field.{suffix}"))
    assert np.array_equal(source.read(), smear())
    assert (source.name, source.shape, source.history) == (f"field.{suffix}", (60, 90), ())
    assert source.pixel_size is None


def test_jpeg_is_read(tmp_path: Path) -> None:
    pixels = open_image(saved(tmp_path / "field.jpg", quality=95)).read()
    assert np.abs(pixels.astype(int) - smear()).mean() < 3


def test_region_is_read_in_y_x_order(tmp_path: Path) -> None:
    source = open_image(saved(tmp_path / "field.png"))
    assert np.array_equal(source.read(Region(5, 10, 25, 50)), smear()[5:25, 10:50])


@pytest.mark.parametrize(("bits", "white"), [(12, 4095), (14, 16383), (16, 65535)])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_is_scaled_once_by_the_cameras_depth(
    tmp_path: Path, bits: int, white: int, suffix: str
) -> None:
    deep = np.rint(smear() / 255.0 * white).astype(np.uint16)
    path = tmp_path / f"deep.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, deep, photometric="rgb")
    else:
        import imagecodecs

        path.write_bytes(imagecodecs.png_encode(deep))
    source = open_image(path)
    assert np.array_equal(source.read(), smear())
    assert source.history == (f"{bits}-bit values scaled to 8 bit",)


def test_stated_bits_overrule_the_guess(tmp_path: Path) -> None:
    path = tmp_path / "deep.ome.tif"
    dim = np.rint(smear() / 255.0 * 4095).astype(np.uint16)
    tifffile.imwrite(path, dim, photometric="rgb", metadata={"axes": "YXS", "SignificantBits": 14})
    source = open_image(path)
    assert source.history == ("14-bit values scaled to 8 bit",)
    assert source.read().max() == pytest.approx(255 * 235 / 255 / 4, abs=1)


def test_transparency_is_composed_on_white(tmp_path: Path) -> None:
    rgba = np.dstack([smear(), np.full((60, 90), 255, np.uint8)])
    rgba[30:, :, 3] = 0
    rgba[:5, :, 3] = 128
    Image.fromarray(rgba).save(tmp_path / "cut.png")
    source = open_image(tmp_path / "cut.png")
    assert (source.read()[30:] == 255).all()
    assert np.array_equal(source.read()[5:30], smear()[5:30])
    assert source.read()[0, 0].tolist() == pytest.approx([245, 227, 232], abs=1)
    assert "transparency composed on white" in source.history


def test_palette_is_resolved(tmp_path: Path) -> None:
    Image.fromarray(smear()).quantize(8).save(tmp_path / "palette.png")
    source = open_image(tmp_path / "palette.png")
    assert np.abs(source.read().astype(int) - smear()).max() <= 2
    assert source.history == ("palette resolved to RGB",)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_orientation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = Image.fromarray(smear()).transpose(turns[orientation])
    path = tmp_path / f"turned.{suffix}"
    if suffix == "tif":
        tag = (274, "H", 1, orientation, True)
        tifffile.imwrite(path, np.asarray(stored), photometric="rgb", extratags=[tag])
    else:
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored.save(path, exif=exif, **({"quality": 98} if suffix == "jpg" else {}))
    source = open_image(path)
    assert source.shape == (60, 90)
    assert np.abs(source.read().astype(int) - smear()).mean() < 2
    assert source.history == ("orientation of the camera applied",)


def test_colour_profile_is_converted_and_recorded(tmp_path: Path) -> None:
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = open_image(saved(tmp_path / "srgb.png", icc_profile=lab_like))
    assert source.history == ("embedded colour profile is sRGB",)
    assert np.array_equal(source.read(), smear())


def test_wide_gamut_profile_changes_colours(tmp_path: Path) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The same profile under another name, with red and green primaries exchanged.
    swapped = bytes(profile).replace(b"rXYZ", b"\0tmp").replace(b"gXYZ", b"rXYZ")
    swapped = swapped.replace(b"\0tmp", b"gXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "xRGB".encode("utf-16-be"))
    source = open_image(saved(tmp_path / "wide.png", icc_profile=swapped))
    assert source.history == ("embedded colour profile converted to sRGB",)
    assert np.abs(source.read().astype(int) - smear()[..., [1, 0, 2]]).mean() < 12


def test_broken_profile_is_left_aside(tmp_path: Path) -> None:
    source = open_image(saved(tmp_path / "odd.jpg", icc_profile=b"no profile at all"))
    assert source.history == ("embedded colour profile left aside: it cannot be read",)


def test_planar_tiff_is_read(tmp_path: Path) -> None:
    planes = np.moveaxis(smear(), -1, 0)
    tifffile.imwrite(tmp_path / "p.tif", planes, photometric="rgb", planarconfig="separate")
    assert np.array_equal(open_image(tmp_path / "p.tif").read(), smear())


def test_ome_planes_are_taken_as_rgb(tmp_path: Path) -> None:
    path = tmp_path / "planes.ome.tif"
    planes = np.moveaxis(smear(), -1, 0)
    tifffile.imwrite(path, planes, photometric="minisblack", metadata={"axes": "CYX"})
    source = open_image(path)
    assert np.array_equal(source.read(), smear())
    assert source.history == ("three planes taken as red, green and blue",)


def test_chosen_slice_of_a_stack_is_read(tmp_path: Path) -> None:
    stack = np.stack([smear(), 255 - smear(), smear()])
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, stack, photometric="rgb", metadata={"axes": "ZYXS"})
    source = open_image(path, ReadingParameters(slice_index=1))
    assert np.array_equal(source.read(), 255 - smear())
    assert source.history == ("slice 1 of 3",)


def test_nothing_foreign_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = "Erika Mustermann"
    folder = tmp_path / "Mustermann"
    folder.mkdir()
    source = open_image(saved(folder / "field.jpg", exif=exif, comment=b"Mustermann"))
    path = folder / "field.ome.tif"
    tifffile.imwrite(
        path, smear(), photometric="rgb", metadata={"axes": "YXS", "Name": "Mustermann"}
    )
    assert "Mustermann" in repr(tifffile.TiffFile(path).ome_metadata)
    assert "Mustermann" not in repr(source) + repr(open_image(path))


@pytest.mark.slow
def test_long_thin_image_opens_without_warning(tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    strip = Image.new("RGB", (100_000, 1000), PINK)
    strip.paste(VIOLET, (5, 5, 50, 50))
    strip.save(path, compress_level=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = open_image(path)
    assert source.shape == (1000, 100_000)


def test_empty_field_of_one_tone_opens() -> None:
    assert as_source(np.full((40, 40, 3), 236, np.uint8)).shape == (40, 40)


def test_cell_cut_out_on_black_opens_where_dark_ground_is_allowed() -> None:
    pixels = np.zeros((120, 120, 3), np.uint8)
    pixels[50:70, 50:70] = VIOLET
    assert as_source(pixels, dark_ground=True).shape == (120, 120)


def test_bright_field_in_a_black_surround_opens() -> None:
    pixels = np.zeros((200, 300, 3), np.uint8)
    yy, xx = np.ogrid[:200, :300]
    pixels[(yy - 100) ** 2 + (xx - 150) ** 2 < 85**2] = PINK
    pixels[90:110, 140:160] = VIOLET
    assert as_source(pixels).shape == (200, 300)


def test_array_source_and_path_agree(tmp_path: Path) -> None:
    from_path = as_source(saved(tmp_path / "field.png"))
    assert np.array_equal(from_path.read(), as_source(smear()).read())
    source = ArraySource(smear())
    assert as_source(source) is source


def test_fractions_are_scaled() -> None:
    assert np.array_equal(as_source(smear() / 255.0).read(), smear())


@settings(deadline=None)
@given(
    st.integers(0, 39), st.integers(0, 39), st.integers(1, 40), st.integers(1, 40),
    st.sampled_from(["numpy", "dask", "zarr"]),
)  # fmt: skip
def test_every_kind_of_array_reads_the_same_region(
    y: int, x: int, height: int, width: int, kind: str
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (48, 52, 3), np.uint8)
    region = Region(y, x, min(48, y + height), min(52, x + width))
    array = pixels
    if kind == "dask":
        array = dask.array.from_array(pixels, chunks=(17, 19, 3))
    elif kind == "zarr":
        array = zarr.array(pixels, chunks=(17, 19, 3))
    source = as_source(array, name="layer", pixel_size=PixelSize(0.1, "layer", 0.02))
    part = source.read(region)
    assert isinstance(part, np.ndarray)
    assert np.array_equal(part, pixels[region.y0 : region.y1, region.x0 : region.x1])
    assert source.name == "layer"
    assert source.pixel_size.origin == "layer"


def test_pyramid_reads_its_levels_by_regions_of_level_0() -> None:
    fine = np.kron(smear(30, 45), np.ones((2, 2, 1), np.uint8))
    source: ImageSource = as_source([fine, smear(30, 45)])
    assert source.shape == (60, 90)
    assert source.level_shapes == ((60, 90), (30, 45))
    region = Region(10, 20, 50, 80)
    coarse = source.read(region, level=1)
    assert np.array_equal(coarse, smear(30, 45)[5:25, 10:40])
    assert np.array_equal(source.read(region), fine[10:50, 20:80])


def test_lazy_16_bit_regions_are_scaled_alike() -> None:
    deep = np.rint(smear() / 255.0 * 4095).astype(np.uint16)
    source = as_source(dask.array.from_array(deep, chunks=(20, 20, 3)))
    assert np.array_equal(source.read(Region(6, 12, 20, 30)), smear()[6:20, 12:30])


def test_bit_depth_of_a_lazy_array_is_that_of_its_whole_extent() -> None:
    deep = np.full((2400, 2400, 3), 900, np.uint16)
    deep[:, :150] = (4000, 3000, 3500)
    source = as_source(dask.array.from_array(deep, chunks=(800, 800, 3)))
    assert source.history == ("12-bit values scaled to 8 bit",)


def test_folder_is_listed_in_natural_order(tmp_path: Path) -> None:
    for name in ("f10.png", "f2.PNG", "F1.tiff", "._f3.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_images(tmp_path)] == ["F1.tiff", "f2.PNG", "f10.png"]


def test_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoImagesError, match=r"expected files ending in \.png"):
        list_images(tmp_path)
    with pytest.raises(NoImagesError, match="no folder missing"):
        list_images(tmp_path / "missing")


@pytest.mark.parametrize("image", [io.BytesIO(b"x"), 3, [1, 2], None])
def test_what_is_no_image_is_a_type_error(image: object) -> None:
    with pytest.raises(TypeError):
        as_source(image)


def test_development_images_all_open(shared_data: Path) -> None:
    for dataset in ("txl_pbc", "bccd", "draaslan", "all_idb2"):
        for path in list_images(shared_data / dataset)[:8]:
            if not path.stem.endswith(".nucleus"):
                assert open_image(path).read().shape[2] == 3
