"""A small project to learn from, made once; named in `pytest_plugins` by tests that need it."""

from __future__ import annotations

import shutil

import pytest

from learning_project import learning_project
from napari_all_subtype.project.database import open_project


@pytest.fixture(scope="session")
def small_project(tmp_path_factory):
    """Six cases with four labelled cells each, and sixteen cells that nobody has named."""
    home = tmp_path_factory.mktemp("learning")
    learning_project(home / "project").close()
    return home / "project"


@pytest.fixture
def project_folder(small_project, tmp_path):
    """A copy of it."""
    return shutil.copytree(small_project, tmp_path / "project")


@pytest.fixture
def copied_project(project_folder):
    """The copy, open."""
    with open_project(project_folder) as database:
        yield database
