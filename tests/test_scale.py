"""Pixel size: which word counts, what metadata is believed, and how well red cells measure."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_all_subtype.cells.folders import list_images
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.profiles import InstrumentProfile, save_profile
from napari_all_subtype.cells.red_cells import red_cell_diameter_px
from napari_all_subtype.cells.resolution import from_dpi, from_ome, trusted
from napari_all_subtype.cells.scale import checked_by_red_cells, pixel_size_of, pixel_sizes_of
from napari_all_subtype.cells.source import ArraySource, PixelSize
from napari_all_subtype.config import ScaleParameters
from napari_all_subtype.errors import ProfileError

FROM_FILE = PixelSize(0.11, "metadata", 0.02)


def discs(
    diameter_px: float,
    count: int = 12,
    *,
    ground: tuple[int, ...] = (235, 225, 215),
    cell: tuple[int, ...] = (200, 150, 140),
    nuclei: int = 0,
    seed: int = 0,
) -> np.ndarray:
    """Discs of known diameter, not touching, and larger violet ones with `nuclei`."""
    rng = np.random.default_rng(seed)
    step = int(1.35 * diameter_px * (1.9 if nuclei else 1))
    columns = int(np.ceil(np.sqrt(count + nuclei)))
    side = columns * step + step // 2
    image = np.empty((side * 8, side * 8, 3), np.uint8) if diameter_px < 20 else None
    zoom = 8 if image is not None else 4
    image = np.full((side * zoom, side * zoom, 3), ground, np.uint8)
    for k in range(count + nuclei):
        y, x = ((k // columns + 0.75) * step, (k % columns + 0.75) * step)
        factor, colour = (1.8, (110, 60, 150)) if k < nuclei else (1.0, cell)
        centre = (round(x * zoom), round(y * zoom))
        cv2.circle(image, centre, round(factor * diameter_px * zoom / 2), colour, -1)
    image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    noisy = cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 2, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("diameter_px", [14, 25, 60, 120, 220])
def test_discs_of_known_diameter_are_measured(diameter_px: int) -> None:
    found = red_cell_diameter_px(ArraySource(discs(diameter_px)))
    assert found is not None
    assert found.diameter_px == pytest.approx(diameter_px, rel=0.04)
    assert found.count == pytest.approx(12, abs=1)


@pytest.mark.parametrize(
    ("ground", "cell"),
    [
        ((250, 235, 215), (215, 180, 165)),
        ((190, 235, 215), (200, 90, 120)),
        ((205, 210, 205), (190, 170, 160)),
        ((225, 190, 190), (150, 110, 120)),
        ((120, 115, 100), (105, 85, 75)),
    ],
    ids=["peach", "mint", "low contrast", "violet", "dim"],
)
def test_stain_and_ground_do_not_matter(ground: tuple[int, ...], cell: tuple[int, ...]) -> None:
    found = red_cell_diameter_px(ArraySource(discs(55, ground=ground, cell=cell, nuclei=2)))
    assert found is not None
    assert found.diameter_px == pytest.approx(55, rel=0.05)


def test_leukocytes_are_not_red_cells() -> None:
    assert red_cell_diameter_px(ArraySource(discs(50, count=1, nuclei=8))) is None


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((300, 300, 3), 230, np.uint8),
        np.random.default_rng(0).integers(200, 240, (300, 300, 3)).astype(np.uint8),
        np.tile(np.linspace(50, 250, 300).astype(np.uint8)[:, None, None], (1, 300, 3)),
    ],
    ids=["flat", "noise", "gradient"],
)
def test_nothing_to_measure_gives_none(pixels: np.ndarray) -> None:
    assert red_cell_diameter_px(ArraySource(pixels)) is None


def test_fewer_cells_than_asked_give_none() -> None:
    source = ArraySource(discs(50, count=4))
    assert red_cell_diameter_px(source, min_count=5) is None
    assert red_cell_diameter_px(source, min_count=3) is not None


@pytest.mark.slow
def test_large_image_is_measured_on_tiles() -> None:
    tile = discs(50, count=25)
    large = np.tile(tile, (12, 12, 1))
    found = red_cell_diameter_px(ArraySource(large))
    assert found is not None
    assert found.diameter_px == pytest.approx(50, rel=0.05)


def test_order_of_precedence(tmp_path: Path) -> None:
    save_profile(InstrumentProfile("100x", 0.065, relative_uncertainty=0.01), tmp_path)
    ruler = ArraySource(discs(60))
    with_file = ArraySource(ruler.pixels, pixel_size=FROM_FILE)

    def size(source: ArraySource, **values: object) -> PixelSize:
        return pixel_size_of(source, ScaleParameters(**values), profiles_folder=tmp_path)

    assert size(with_file, pixel_size_um=0.2).origin == "user"
    assert size(with_file, profile="100x") == PixelSize(0.065, "profile", 0.01, "100x")
    assert size(with_file) == FROM_FILE
    measured = size(ruler)
    assert measured.origin == "red cells"
    assert measured.um_per_px == pytest.approx(7.2 / 60, rel=0.04)
    assert measured.relative_uncertainty >= 0.15
    blank = size(ArraySource(np.full((100, 100, 3), 230, np.uint8)))
    assert (blank.origin, blank.um_per_px) == ("assumed", 0.13)
    assert blank.relative_uncertainty > measured.relative_uncertainty


def test_fields_of_one_smear_share_what_their_red_cells_say() -> None:
    fields = [ArraySource(discs(60, count=2, seed=seed)) for seed in range(4)]
    assert pixel_size_of(fields[0]).origin == "assumed"
    sizes = pixel_sizes_of([*fields, ArraySource(fields[0].pixels, pixel_size=FROM_FILE)])
    assert len(set(sizes[:4])) == 1
    assert sizes[0].origin == "red cells"
    assert sizes[0].um_per_px == pytest.approx(7.2 / 60, rel=0.04)
    assert sizes[4] == FROM_FILE


def contradicted(um: float, count: int = 12, origin: str = "user") -> float | None:
    source = ArraySource(discs(60, count))  # 7.2 um: 0.12 um/px
    return checked_by_red_cells(PixelSize(um, origin, 0.02), source).red_cells_um_per_px


@pytest.mark.parametrize("um", [0.06, 0.2])
def test_red_cells_contradict_a_size_at_which_no_red_cell_is(um: float) -> None:
    assert contradicted(um) == pytest.approx(0.12, rel=0.05)
    assert contradicted(um, count=4) is None  # too few to say so
    assert contradicted(um, origin="red cells") is None


@pytest.mark.parametrize("um_of_red_cells", [6.2, 7.2, 8.5])  # microcytosis to macrocytosis
def test_red_cells_of_any_patient_contradict_nothing(um_of_red_cells: float) -> None:
    assert contradicted(um_of_red_cells / 60) is None


def test_unknown_profile_is_an_error_not_a_fallback(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="none is saved yet"):
        pixel_size_of(
            ArraySource(discs(60)), ScaleParameters(profile="x"), profiles_folder=tmp_path
        )


@given(st.floats(1, 25_000))
def test_screen_and_print_resolutions_are_never_a_pixel_size(dpi: float) -> None:
    assert from_dpi((dpi, dpi)) is None


@given(st.floats(0.021, 0.99))
def test_microscope_resolutions_are(um: float) -> None:
    found = from_dpi((25400 / um, 25400 / um))
    assert found is not None
    assert found.um_per_px == pytest.approx(um)


@pytest.mark.parametrize(
    ("x_um", "y_um"),
    [(0.1, 0.2), (0, 0), (-0.1, -0.1), (float("nan"), 0.1), (float("inf"),) * 2, (None, None),
     (0.001, 0.001), (5.0, 5.0)],
)  # fmt: skip
def test_impossible_pixels_are_not_trusted(x_um: float | None, y_um: float | None) -> None:
    assert trusted(x_um, y_um, "") is None


@pytest.mark.parametrize(
    ("unit", "value"), [("µm", 0.13), ("nm", 130), ("mm", 0.00013), (None, 0.13)]
)
def test_ome_units_are_converted(unit: str | None, value: float) -> None:
    units = f' PhysicalSizeXUnit="{unit}" PhysicalSizeYUnit="{unit}"' if unit else ""
    xml = f'<OME><Image><Pixels ID="P" PhysicalSizeX="{value}" PhysicalSizeY="{value}"{units}/>'
    found = from_ome(xml)
    assert found is not None
    assert (found.um_per_px, found.origin) == (pytest.approx(0.13), "metadata")


@pytest.mark.parametrize("attribute", ["", 'PhysicalSizeX="x"', 'PhysicalSizeX="1"', "Size='1'"])
def test_ome_without_a_microscopes_size_gives_none(attribute: str) -> None:
    found = from_ome(f'<Pixels {attribute} PhysicalSizeXUnit="pixel">')
    assert found is None


def test_files_carry_their_pixel_size(tmp_path: Path) -> None:
    pixels = discs(30)
    ome, imagej, plain = (tmp_path / name for name in ("a.ome.tif", "b.tif", "c.tif"))
    sizes = {"PhysicalSizeX": 0.1, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.1}
    tifffile.imwrite(ome, pixels, photometric="rgb", metadata={"axes": "YXS", **sizes})
    tifffile.imwrite(imagej, pixels, imagej=True, resolution=(10, 10), metadata={"unit": "um"})
    tifffile.imwrite(
        plain, pixels, photometric="rgb", resolution=(1e5, 1e5), resolutionunit="CENTIMETER"
    )
    for path in (ome, imagej, plain):
        found = open_image(path).pixel_size
        assert found is not None, path.name
        assert found.um_per_px == pytest.approx(0.1, rel=1e-3)
        assert (found.origin, found.relative_uncertainty) == ("metadata", 0.02)


@pytest.mark.parametrize("dpi", [72, 96, 150, 200, 300, 600, 1200])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_screen_tags_in_files_are_ignored(tmp_path: Path, dpi: int, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(discs(30)).save(path, dpi=(dpi, dpi))
    assert open_image(path).pixel_size is None


def box_sides_px(path: Path, shape: tuple[int, int]) -> list[float]:
    """Geometric mean of the sides of each red cell's box that no border cuts."""
    boxes = re.findall(r"^rbc,([\d.]+),([\d.]+),([\d.]+),([\d.]+)", path.read_text(), re.M)
    corners = [tuple(map(float, box)) for box in boxes]
    return [
        float(np.sqrt((x1 - x0) * (y1 - y0)))
        for x0, y0, x1, y1 in corners
        if min(x0, y0) > 2 and x1 < shape[1] - 2 and y1 < shape[0] - 2
    ]


@pytest.mark.data
@pytest.mark.parametrize("dataset", ["draaslan", "pbc"])
def test_red_cells_of_real_smears_fit_their_boxes(shared_data: Path, dataset: str) -> None:
    folder = shared_data / ("txl_pbc" if dataset == "pbc" else dataset)
    paths = [p for p in list_images(folder) if dataset in p.name or dataset == "draaslan"][:24]
    errors = []
    for path in paths:
        found = red_cell_diameter_px(open_image(path))
        sides = box_sides_px(path.with_suffix(".boxes.csv"), open_image(path).shape)
        if found and len(sides) >= 5:
            errors.append(found.diameter_px / np.median(sides) - 1)
    # Boxes are drawn loosely around the cells: the ruler comes out a few per cent smaller.
    assert len(errors) >= 12
    assert -0.12 < np.median(errors) < 0.04
    assert np.quantile(np.abs(errors), 0.9) < 0.15
