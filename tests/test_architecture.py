"""ARCHITECTURE.md names modules that are there, and leaves out none of the core."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "napari_all_subtype"
TEXT = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)`[^|]* \| (.*) \|$", TEXT.split("## Where things are")[1], re.M))


FOLDERS = {"fab": "cells/fab"}


def modules(package):
    package = FOLDERS.get(package, package)
    return {path.stem for path in (PACKAGE / package).glob("*.py")} - {"__init__"}


@pytest.mark.parametrize(
    "package", ["cells", "fab", "simulate", "model", "project", "workflow", "_widgets"]
)
def test_every_module_in_the_table_is_there(package):
    assert set(re.findall(r"`(\w+)`", ROWS[package])) <= modules(package)


@pytest.mark.parametrize("package", ["cells", "fab", "simulate", "model", "project", "workflow"])
def test_every_module_of_the_core_is_in_the_table(package):
    assert modules(package) <= set(re.findall(r"`(\w+)`", ROWS[package]))


def test_every_path_in_the_text_is_there():
    named = re.findall(r"\b(cells|model|project|simulate|workflow|_widgets)/(\w+)", TEXT)
    assert named
    paths = [PACKAGE / a / b for a, b in named]
    assert not [p for p in paths if not (p.with_suffix(".py").is_file() or p.is_dir())]


def test_every_module_of_the_top_level_is_in_the_drawing():
    drawing = (
        TEXT.split("## One direction")[1].split("An import-linter", 1)[0].split("Each line")[0]
    )
    assert modules(".") <= set(re.findall(r"\w+", drawing))
