"""The package as a package: what importing costs, what the wheel holds, who finds the manifest."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "napari_all_subtype"
HEAVY = ("tensorflow", "keras", "napari", "qtpy", "PyQt6", "PySide6", "magicgui")


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after the statement."""
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "statement",
    [
        "import napari_all_subtype",
        "from napari_all_subtype import FAB5, Analysis, AnalysisParameters",
        "from napari_all_subtype import analyse",
    ],
)
@pytest.mark.slow
def test_importing_loads_neither_tensorflow_nor_napari_nor_qt(statement: str):
    loaded = loaded_after(statement)
    assert "napari_all_subtype" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_imports_point_in_one_direction():
    # A process of its own: the linter sets up logging, which silences every logger there was.
    command = (
        "import sys; from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(sys.argv[1], no_cache=True, no_logo=True))"
    )
    words = [sys.executable, "-c", command, str(REPOSITORY / "pyproject.toml")]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_installed_version_is_the_one_in_pyproject():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version("napari-all-subtype") == project["version"]


def test_manifest_is_found_from_the_entry_point_and_valid():
    from npe2 import PluginManifest

    (found,) = entry_points(group="napari.manifest", name="napari-all-subtype")
    module, _, file = found.value.partition(":")
    home = Path(importlib.util.find_spec(module).origin).parent
    assert PluginManifest.from_file(home / file).name == "napari-all-subtype"
    assert PluginManifest.from_distribution("napari-all-subtype").name == "napari-all-subtype"


def test_every_command_of_the_manifest_can_be_imported():
    from npe2 import PluginManifest

    PluginManifest.from_file(PACKAGE / "napari.yaml").validate_imports()


def test_top_level_manifest_is_the_package_s_own():
    assert (REPOSITORY / "napari.yaml").resolve() == PACKAGE / "napari.yaml"


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from this tree."""
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(REPOSITORY)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_file_of_the_package(wheel_names: set[str]):
    ours = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert "napari_all_subtype/napari.yaml" in ours
    assert ours <= wheel_names


def test_wheel_holds_nothing_else_than_the_package(wheel_names: set[str]):
    folders = {name.partition("/")[0] for name in wheel_names}
    assert folders == {
        "napari_all_subtype",
        f"napari_all_subtype-{version('napari-all-subtype')}.dist-info",
    }


@pytest.fixture
def check_committed():
    """The commit check, loaded from the scripts folder."""
    path = REPOSITORY / "scripts" / "check_committed.py"
    spec = importlib.util.spec_from_file_location("check_committed", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_copy_of_a_development_image_is_refused_under_any_name(tmp_path: Path, check_committed):
    images = tmp_path / "images" / "set"
    images.mkdir(parents=True)
    (images / "a.png").write_bytes(b"one image")
    copy, other = tmp_path / "figure.png", tmp_path / "other.png"
    copy.write_bytes(b"one image")
    other.write_bytes(b"two image")
    assert check_committed.copies_among([copy, other], tmp_path / "images") == [copy]
    assert check_committed.copies_among([copy], tmp_path / "absent") == []


@pytest.mark.parametrize(
    ("name", "size", "refused"),
    [("a.png", 5_000_001, True), ("a.png", 5_000_000, False), ("a.weights.h5", 5_000_001, False)],
)
def test_large_files_are_refused_but_for_weights(
    tmp_path: Path, check_committed, name: str, size: int, refused: bool
):
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(size)
    assert check_committed.too_large(path) is refused
