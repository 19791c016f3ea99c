"""Quality: blur is measured in micrometres, and overlap is found without false alarms."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.quality import edge_blur_um, is_blurred, overlapping_fields
from napari_all_subtype.cells.source import ArraySource


def field(seed: int, size: int = 500, blur_px: float = 1.0, disc_px: int = 27) -> np.ndarray:
    """Random discs of two colours on a bright ground."""
    rng = np.random.default_rng(seed)
    image = np.full((size, size, 3), (240, 225, 230), np.uint8)
    for _ in range(size * size // (7 * disc_px**2)):
        x, y = (int(v) for v in rng.integers(0, size, 2))
        colour = [(205, 150, 150), (90, 50, 140)][int(rng.random() < 0.1)]
        cv2.circle(image, (x, y), int(disc_px * rng.uniform(0.8, 1.2)), colour, -1)
    return cv2.GaussianBlur(image, (0, 0), blur_px)


@pytest.mark.parametrize("um_per_px", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("blur_um", [0.3, 0.5, 0.8, 1.2])
def test_known_blur_is_measured_at_any_scale(um_per_px: float, blur_um: float) -> None:
    source = ArraySource(field(0, 900, blur_um / um_per_px, round(4 / um_per_px)))
    assert edge_blur_um(source, um_per_px) == pytest.approx(blur_um, rel=0.25)


def test_contrast_does_not_matter() -> None:
    sharp = field(1)
    pale = (200 + 0.2 * sharp).clip(0, 255).astype(np.uint8)
    a, b = (edge_blur_um(ArraySource(p), 0.1) for p in (sharp, pale))
    assert a == pytest.approx(b, abs=0.05)


def test_blank_field_counts_as_blurred() -> None:
    assert is_blurred(ArraySource(np.full((100, 100, 3), 230, np.uint8)), 0.1)


@pytest.mark.data
@pytest.mark.parametrize(
    ("dataset", "um_per_px"), [("bccd", 0.078), ("draaslan", 0.135), ("all_idb2", 0.12)]
)
def test_real_fields_are_sharp_until_blurred(
    shared_data: Path, dataset: str, um_per_px: float
) -> None:
    paths = [p for p in sorted((shared_data / dataset).glob("*.[jp][pn]g")) if "nucl" not in p.name]
    for path in paths[:10]:
        source = open_image(path)
        soft = ArraySource(cv2.GaussianBlur(source.pixels, (0, 0), 0.8 / um_per_px))
        assert not is_blurred(source, um_per_px)
        assert is_blurred(soft, um_per_px)


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (150, 0), (0, -180), (120, 130), (-200, 60)])
def test_cut_outs_of_one_picture_overlap(dy: int, dx: int) -> None:
    picture = field(2, 900)
    first, second = (
        ArraySource(picture[y : y + 400, x : x + 400])
        for y, x in ((250, 250), (250 + dy, 250 + dx))
    )
    (found,) = overlapping_fields([first, second])
    assert (found.first, found.second) == (0, 1)
    assert found.shift_fraction_yx == pytest.approx((dy / 400, dx / 400), abs=0.02)
    expected = (400 - abs(dy)) * (400 - abs(dx)) / 400**2
    assert found.overlap_fraction == pytest.approx(expected, abs=0.04)
    assert found.correlation > 0.8


def test_overlap_is_found_in_other_light() -> None:
    picture = field(3, 700).astype(float)
    first, second = picture[:400, :400], picture[150:550, 100:500]
    shade = np.linspace(0.8, 1.0, 400)[:, None, None]
    noisy = second * shade + np.random.default_rng(0).normal(0, 4, second.shape)
    sources = [ArraySource(p.clip(0, 255).astype(np.uint8)) for p in (first, noisy)]
    assert len(overlapping_fields(sources)) == 1


def test_unrelated_fields_do_not_overlap() -> None:
    assert overlapping_fields([ArraySource(field(seed)) for seed in range(10, 30)]) == []


def test_blank_fields_do_not_overlap() -> None:
    blank = ArraySource(np.full((200, 300, 3), 235, np.uint8))
    assert overlapping_fields([blank, blank]) == []


def test_fields_of_different_size_are_compared() -> None:
    picture = field(4, 800)
    sources = [ArraySource(picture[:400, :600]), ArraySource(picture[100:700, 200:500])]
    assert len(overlapping_fields(sources)) == 1


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    assert overlapping_fields([ArraySource(field(5))] * count) == []
