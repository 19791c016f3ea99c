"""What tests share: where the development images are, quiet TensorFlow, windows on their own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if sys.platform == "linux" and not (os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY")):
    # Enough for widgets alone, where Qt would otherwise abort the whole run; tests of
    # windows need OpenGL, so scripts/with_display.sh gives them a display.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# How long an example takes says more of the machine than of the code.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")

NAPARI_FOLDER = pytest.StashKey[str]()
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(trylast=True)  # after -m and -k have chosen
def pytest_collection_modifyitems(config, items):
    """Leave tests of windows out of a run that has others too.

    TensorFlow and Mesa's software renderer each bring an LLVM under the same names: a
    process that loads both crashes, in either order. `make test` runs the two in turn.
    """
    windows = [item for item in items if item.get_closest_marker("window")]
    if windows and len(windows) < len(items):
        config.hook.pytest_deselected(items=windows)
        items[:] = [item for item in items if item not in windows]


def pytest_configure(config):
    """No test writes into the settings of napari of the person who runs it."""
    folder = config.stash[NAPARI_FOLDER] = tempfile.mkdtemp(prefix="napari-")
    # Read once, when napari is imported: no fixture would come before.
    os.environ["NAPARI_CONFIG"] = os.path.join(folder, "settings.yaml")


def pytest_unconfigure(config):
    shutil.rmtree(config.stash[NAPARI_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _data_folder_of_the_tests(tmp_path_factory):
    """No test writes its secret into the folder of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the development images; tests that need it are skipped where it is absent."""
    if not (SHARED_DATA / "manifest.csv").is_file():
        pytest.skip("the development images (../shared/data) are not on this machine")
    return SHARED_DATA


@pytest.fixture(scope="session")
def smear():
    """A small synthetic smear with known truth."""
    from napari_all_subtype.simulate import SmearRecipe, simulate_smear

    counts = {"lymphocyte": 2, "monocyte": 1, "neutrophil": 2, "eosinophil": 0, "blast": 1}
    counts |= {"l1": 2, "l2": 2, "l3": 1}
    return simulate_smear(SmearRecipe(width_px=640, height_px=480, **counts), seed=3)


@pytest.fixture(scope="session")
def smear_file(smear, tmp_path_factory) -> Path:
    """The same as a PNG."""
    path = tmp_path_factory.mktemp("smear") / "smear.png"
    cv2.imwrite(str(path), cv2.cvtColor(smear.pixels, cv2.COLOR_RGB2BGR))
    return path


@pytest.fixture(scope="session")
def cells(smear):
    """Cut-outs of 160 pixels around the drawn cells: list of (pixels, mask)."""
    half = 80
    pixels = np.pad(smear.pixels, ((half, half), (half, half), (0, 0)), "reflect")
    labels = np.pad(smear.masks.labels, half)
    found = []
    for k in range(1, smear.masks.count + 1):
        ys, xs = np.nonzero(labels == k)
        y, x = int(ys.mean()), int(xs.mean())
        window = np.s_[y - half : y + half, x - half : x + half]
        found.append((pixels[window], labels[window] == k))
    return found


@pytest.fixture(scope="session")
def cell_files(cells, tmp_path_factory) -> list[Path]:
    """Images of one centred cell."""
    folder = tmp_path_factory.mktemp("cells")
    return [_save(folder / f"cell{n}.png", pixels) for n, (pixels, _) in enumerate(cells[:3])]


@pytest.fixture(scope="session")
def cut_out_file(cells, tmp_path_factory) -> Path:
    """One cell on black ground."""
    pixels, mask = cells[0]
    folder = tmp_path_factory.mktemp("cut-out")
    return _save(folder / "cut-out.png", np.where(mask[..., None], pixels, np.uint8(0)))


def _save(path: Path, pixels: np.ndarray) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return path
