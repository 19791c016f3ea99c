"""The classes of a project and the splits of its groups."""

from dataclasses import replace

import pytest

from napari_all_subtype.errors import ProjectReadOnlyError, RecordError
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.project.taxonomies import is_class_name, taxonomy_of, use_taxonomy
from napari_all_subtype.taxonomy import FAB5, CellClass, Taxonomy

THREE = Taxonomy(
    "three",
    tuple(
        CellClass(name, name, name[0], "#000000", parent="") for name in ("neut", "lymph", "mono")
    ),
)


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path) as project:
        yield project


def test_project_has_fab5_until_another_taxonomy_is_chosen(project):
    assert taxonomy_of(project) == FAB5
    use_taxonomy(project, THREE)
    with open_project(project.folder, write=False) as other:
        assert taxonomy_of(other) == THREE


def test_colours_of_a_taxonomy_may_change_but_not_its_classes(project):
    use_taxonomy(project, THREE)
    blue = replace(THREE.classes[0], colour="#0000FF")
    painted = Taxonomy("three", (blue, *THREE.classes[1:]))
    use_taxonomy(project, painted)
    assert taxonomy_of(project) == painted
    with pytest.raises(RecordError, match="with other classes"):
        use_taxonomy(project, Taxonomy("three", THREE.classes[:2]))
    with pytest.raises(RecordError, match="with other classes"):
        use_taxonomy(
            project, Taxonomy("three", (replace(blue, parent="lymph"), *THREE.classes[1:]))
        )
    assert taxonomy_of(project) == painted


@pytest.mark.parametrize("name", ["", "..", "a/b", "é", "L1", "two words", "a\n"])
def test_name_of_a_class_is_fit_for_a_folder(project, name):
    classes = (*THREE.classes, replace(THREE.classes[0], name=name))
    with pytest.raises(RecordError, match="small letters a to z"):
        use_taxonomy(project, Taxonomy("four", classes))
    assert taxonomy_of(project) == FAB5


@pytest.mark.parametrize("name", ["con", "prn", "aux", "nul", "com1", "lpt9"])
def test_name_that_windows_keeps_for_a_device_is_none_of_a_class(project, name):
    classes = (*THREE.classes, replace(THREE.classes[0], name=name))
    with pytest.raises(RecordError, match=rf"'{name}' cannot be the name .* Windows"):
        use_taxonomy(project, Taxonomy("four", classes))
    assert is_class_name(f"{name}_1")


def test_group_stays_in_its_split(project):
    assign_groups(project, {"case-1": "train", "case-2": "test"})
    assign_groups(project, {"case-2": "test", "case-3": "val"})
    with pytest.raises(RecordError, match="case-2 is in test and cannot move to train"):
        assign_groups(project, {"case-4": "train", "case-2": "train"})
    with pytest.raises(RecordError, match="no split"):
        assign_groups(project, {"case-5": "training"})
    assert splits_of(project) == {"case-1": "train", "case-2": "test", "case-3": "val"}


def test_read_only_project_takes_neither(project):
    with open_project(project.folder, write=False) as other:
        with pytest.raises(ProjectReadOnlyError):
            use_taxonomy(other, THREE)
        with pytest.raises(ProjectReadOnlyError):
            assign_groups(other, {"case-1": "val"})
