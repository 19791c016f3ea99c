"""Reading: each bad input has its own clear error, raised before anything costly."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import dask.array
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from napari_all_subtype.cells.image import as_source, open_image
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import (
    AllSubtypeError,
    ImageReadError,
    ImageTooLargeError,
    NotColourError,
)


def noise(*shape: int, top: int = 256, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, top, shape).astype(np.uint8)


def png_header(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    ihdr = b"IHDR" + body
    idat = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = (
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (ihdr, idat, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def bmp_header(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 154, 0, 0, 54) + head + b"\0" * 100


def tiff_header(width: int, height: int) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, 2), (273, 4, 1, 8), (277, 3, 1, 3), (278, 4, 1, height),
            (279, 4, 1, 100)]  # fmt: skip
    ifd = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8) + ifd + b"\0" * 104


def jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x11\0\2\x11\0\3\x11\0"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\0\2"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("huge.png", png_header(100_000, 100_000)),
        ("huge.bmp", bmp_header(100_000, 100_000)),
        ("huge.tif", tiff_header(100_000, 100_000)),
        ("huge.jpg", jpeg_header(60_000, 60_000)),
    ],
)
@pytest.mark.filterwarnings("error")
def test_huge_image_is_refused_by_its_header(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    start = time.thread_time()
    with pytest.raises(ImageTooLargeError, match=r"at most 400 are opened"):
        open_image(path)
    assert time.thread_time() - start < 1.0


def test_budget_is_the_parameter(tmp_path: Path) -> None:
    Image.fromarray(noise(200, 200, 3)).save(tmp_path / "a.png")
    with pytest.raises(ImageTooLargeError):
        open_image(tmp_path / "a.png", ReadingParameters(max_megapixels=0.01))


def test_budget_holds_for_arrays() -> None:
    with pytest.raises(ImageTooLargeError):
        as_source(np.zeros((200, 200, 3), np.uint8), ReadingParameters(max_megapixels=0.01))


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif"])
def test_one_pixel_is_too_small(tmp_path: Path, suffix: str) -> None:
    Image.new("RGB", (1, 1), "pink").save(tmp_path / f"one.{suffix}")
    with pytest.raises(ImageReadError, match="too small to hold a cell; expected at least 16"):
        open_image(tmp_path / f"one.{suffix}")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_truncated_file_is_an_error(tmp_path: Path, suffix: str, part: float) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(noise(150, 150, 3)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(ImageReadError) as caught:
        open_image(path)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"label,area\n1,20\n", "content is text"),
        (b"%PDF-1.7 ....", "PDF"),
        (b"\0\1\2\3\4\5\6\7", "no known image format"),
        (b"GIF89a......", "GIF"),
        (b"\x89PNG\r\n\x1a\n", "truncated or damaged"),
        (b"II*\0\0\0\0\0", "is a TIFF, not a PNG"),
        (b"BM", "is a BMP, not a PNG"),
        (b"\xff\xd8\xff", "is a JPEG, not a PNG"),
    ],
)
def test_content_decides_not_the_name(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "wrong.png"
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=words):
        open_image(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"no file gone\.png"):
        open_image(tmp_path / "gone.png")
    with pytest.raises(ImageReadError, match="is a folder"):
        open_image(tmp_path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_one_channel_is_refused(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(noise(64, 64))
    if mode == "I;16":
        image = Image.fromarray(noise(64, 64).astype(np.uint16) * 200)
    else:
        image = image.convert(mode)
    image.save(tmp_path / "grey.png")
    with pytest.raises(NotColourError, match="one channel"):
        open_image(tmp_path / "grey.png")


def test_grey_tiff_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "grey.tif", noise(64, 64))
    with pytest.raises(NotColourError, match="one channel"):
        open_image(tmp_path / "grey.tif")


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_equal_channels_are_grey(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"grey.{suffix}"
    Image.fromarray(np.repeat(noise(64, 64, 1), 3, axis=2)).save(path)
    with pytest.raises(NotColourError, match="channels are equal"):
        open_image(path)


def test_fluorescence_is_refused() -> None:
    pixels = noise(300, 300, 3, top=12)
    for y in range(20, 300, 60):
        for x in range(20, 300, 60):
            pixels[y : y + 20, x : x + 20, 2] = 220
    with pytest.raises(NotColourError, match="dark ground"):
        as_source(pixels)


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_channel_stacks_are_refused(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "channels.ome.tif"
    tifffile.imwrite(
        path, noise(channels, 64, 64), photometric="minisblack", metadata={"axes": "CYX"}
    )
    with pytest.raises(NotColourError, match=f"{channels} separate channels"):
        open_image(path)


def test_stack_without_a_choice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, noise(4, 64, 64, 3), photometric="rgb")
    with pytest.raises(ImageReadError, match=r"--slice-index.*slice_index.*from 0 to 3"):
        open_image(path)
    with pytest.raises(ImageReadError, match="no slice 4"):
        open_image(path, ReadingParameters(slice_index=4))


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_print_colours_are_refused(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(noise(64, 64, 4), "CMYK").save(tmp_path / f"print.{suffix}")
    with pytest.raises(ImageReadError, match="export the image as RGB"):
        open_image(tmp_path / f"print.{suffix}")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((64, 64)),
        np.zeros((64, 64, 1)),
        np.zeros((3, 64, 64)),
        np.zeros((5, 64, 64, 3)),
        np.full((64, 64, 3), -1),
        np.full((64, 64, 3), 70_000),
        np.full((64, 64, 3), np.nan),
        np.full((64, 64, 3), 200.0),
        np.zeros((64, 64, 3), bool),
        np.zeros((0, 0, 3), np.uint8),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_arrays_that_are_no_photograph_are_refused(array: np.ndarray) -> None:
    with pytest.raises(AllSubtypeError):
        as_source(array)


def lazy(kind: str, pixels: np.ndarray) -> object:
    if kind == "dask":
        return dask.array.from_array(pixels, chunks=(64, 64, 3))
    if kind == "zarr":
        return zarr.array(pixels, chunks=(64, 64, 3))
    return [pixels, pixels[::2, ::2]] if kind == "pyramid" else pixels


KINDS = ("numpy", "dask", "zarr", "pyramid")


@pytest.mark.parametrize("kind", KINDS)
def test_grey_array_is_refused_however_it_is_stored(kind: str) -> None:
    grey = np.repeat(noise(200, 300, 1), 3, axis=2)
    with pytest.raises(NotColourError, match="greyscale"):
        as_source(lazy(kind, grey))


@pytest.mark.parametrize("kind", KINDS)
def test_dark_ground_is_refused_however_it_is_stored(kind: str) -> None:
    dark = np.zeros((200, 300, 3), np.uint8)
    dark[50:70, 50:70] = dark[150:170, 200:220] = (0, 250, 30)
    with pytest.raises(NotColourError, match="dark ground"):
        as_source(lazy(kind, dark))
    assert as_source(lazy(kind, dark), dark_ground=True).shape == (200, 300)


def test_lazy_array_beyond_the_budget_is_refused_before_it_is_read() -> None:
    class Untouchable:
        shape, dtype = (50_000, 50_000, 3), np.dtype(np.uint8)

        def __getitem__(self, key: object) -> object:
            raise AssertionError("read")

    with pytest.raises(ImageTooLargeError):
        as_source(Untouchable())
