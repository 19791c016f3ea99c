"""What comes in from QuPath: outlines, nuclei and words; and what this program exported itself."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from examples import example_analysis
from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.cells.polygons import paint
from napari_all_subtype.cli import main
from napari_all_subtype.errors import MaskReadError, ParameterError, RecordError
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.current import masks_now
from napari_all_subtype.project.database import create_project, open_project
from napari_all_subtype.project.history import history
from napari_all_subtype.project.locks import lock
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.project.readers import reader_named, readers_of
from napari_all_subtype.project.smears import fields_of, path_of, slides_of
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, class_of
from napari_all_subtype.workflow import analyse as analyse_module
from napari_all_subtype.workflow.export import to_geojson
from napari_all_subtype.workflow.geojson import called_as, cell_features, collection
from napari_all_subtype.workflow.geojson_read import read_geojson
from napari_all_subtype.workflow.project_export import write_export
from napari_all_subtype.workflow.project_outlines import drawn_fields, import_outlines
from packet_examples import analysed, picture, project_of, say, words
from project_examples import L1, NORMAL, SMUDGE, locked_and_amended

WORDS = (*FAB5.names, *(one.name for one in EXCLUSIONS))


def analyse(source, monitor, cells):
    """What an analyser would give: each cell is a blast with 0.9."""
    return analysed(cells(source, 0.1, monitor))


@pytest.fixture
def fresh(tmp_path):
    with create_project(tmp_path / "fresh") as project:
        reader_named(project, "Q")
        yield project


@pytest.fixture
def image(tmp_path):
    cv2.imwrite(str(tmp_path / "field.png"), picture(7)[..., ::-1])
    return tmp_path / "field.png"


def square(x, y, side=10):
    return [[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]]


def feature(coordinates, name=None, kind="detection", **more):
    properties = {"objectType": kind}
    if name is not None:
        properties["classification"] = {"name": name, "color": [1, 2, 3]}
    geometry = {"type": "Polygon", "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties, **more}


def written(tmp_path, features, name="field.geojson"):
    told = {"type": "FeatureCollection", "features": features}
    (tmp_path / name).write_text(json.dumps(told), encoding="utf-8")
    return tmp_path / name


def taken(project, image, path, **of):
    return import_outlines(project, drawn_fields(project, [image], path), 1, analyse, **of)


@given(
    arrays.arrays(np.int32, (8, 9), elements=st.integers(0, 3)),
    st.lists(st.tuples(st.sampled_from(WORDS), st.booleans()), min_size=3, max_size=3),
)
def test_words_and_outlines_come_back_from_a_file_of_our_own(tmp_path_factory, labels, said):
    masks = CellMasks(labels, np.zeros_like(labels))
    rows = table.present(measure(masks, 0.1))
    called, expected = [], []
    for label in rows["label"].astype(int):
        word, by_person = said[label - 1]
        who = {"annotation": word, "reader": "reader-1"} if by_person else {"annotation": ""}
        told = {"word": word, "reader": "", "at_utc": "", "predicted": "", "model": "m", **who}
        called.append(called_as(class_of(FAB5, word), told))
        expected.append(Word.of(FAB5, word) if by_person else None)
    path = tmp_path_factory.mktemp("g") / "a.geojson"
    path.write_text(json.dumps(collection(cell_features(masks, rows, called), {})), "utf-8")
    drawn = read_geojson(path) if len(rows) else None
    if drawn is not None:
        painted = paint([one.polygons for one in drawn.cells], labels.shape)
        for n, label in enumerate(rows["label"].astype(int), 1):
            assert ((painted == n) == (labels == label)).all()
        assert drawn.words(FAB5) == expected


def test_project_comes_back_from_its_own_export(tmp_path, fresh):
    with project_of(tmp_path / "p", ((1, 2),)) as project:
        reader_named(project, "Dr. A")
        for label, word in ((1, L1), (2, SMUDGE), (5, NORMAL)):
            say(project, label, word, 2)
        out = write_export(project, tmp_path / "out", ["geojson"]).folder
        images = [path_of(project, one.field_id) for one in fields_of(project)]
        # Images are known by their pixels: the files are called field-1 and field-2.
        drawn = drawn_fields(fresh, images[::-1], out / "geojson")
        came = import_outlines(fresh, drawn, 1, analyse, specimen="marrow")
        assert (came.added, came.annotated, came.failed) == (2, 3, ())
        assert words(fresh) == {(1, 1): "l1", (1, 2): "smudge", (1, 5): "normal"}
        for own, other in ((1, 2), (2, 1)):
            assert (masks_now(fresh, own).labels == masks_now(project, other).labels).all()
            assert (masks_now(fresh, own).nuclei == masks_now(project, other).nuclei).all()
    (slide,) = slides_of(fresh)
    assert slide.specimen_kind == "marrow"
    again = import_outlines(fresh, drawn, 1, analyse)
    assert (again.added, again.known, again.annotated) == (0, 2, 0)
    assert len(history(fresh)) == 3
    assert all(one.seen.crop for one in history(fresh))


def test_outlines_and_classes_of_qupath_become_cells_and_words(tmp_path, fresh, image):
    features = [
        feature([[[0, 0], [200, 0], [200, 160], [0, 160], [0, 0]]], "Region", "annotation"),
        feature(square(10, 10), "Not a Cell"),
        feature(square(40, 10), "blast"),
        feature(square(70, 10)),
        feature(square(100, 10), "Unclassified"),
        feature(square(130, 10), "L3", "cell", nucleusGeometry={
            "type": "Polygon", "coordinates": square(132, 12, 4)}),
    ]  # fmt: skip
    came = taken(fresh, image, written(tmp_path, features), identifier="Jane Doe")
    assert (came.added, came.annotated, came.failed) == (1, 3, ())
    assert words(fresh) == {(1, 1): "not_a_cell", (1, 2): "blast", (1, 5): "l3"}
    masks = masks_now(fresh, 1)
    assert [(masks.labels == n).sum() for n in range(1, 6)] == [100] * 5
    assert [(masks.nuclei == n).sum() for n in range(1, 6)] == [0, 0, 0, 0, 16]


def test_class_changed_in_qupath_is_a_new_word(tmp_path, fresh, image):
    told = {"title": "Blast", "word": "blast", "predicted": "blast"}
    features = [feature(square(10, 10), "Blast"), feature(square(40, 10), "L2")]
    for one in features:
        one["properties"]["metadata"] = told
    taken(fresh, image, written(tmp_path, features))
    assert words(fresh) == {(1, 2): "l2"}


def test_class_that_only_the_model_gave_is_no_word_in_a_file_of_an_analysis(tmp_path):
    analysis = example_analysis()
    made = to_geojson(analysis)
    assert [one["properties"]["metadata"]["word"] for one in made["features"]] == [
        *("normal", "blast", "l1")
    ]
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps(made), encoding="utf-8")
    assert read_geojson(path).words(FAB5) == [None, None, None]
    # Through QuPath the provenance is lost; what a reader changes there is said.
    made["features"][1]["properties"]["classification"]["name"] = "L3"
    written(tmp_path, made["features"], "qupath.geojson")
    assert read_geojson(tmp_path / "qupath.geojson").words(FAB5) == [
        None,
        Word.of(FAB5, "l3"),
        None,
    ]


def test_word_of_a_person_stays_one_in_a_file_of_an_analysis(tmp_path):
    analysis = example_analysis()
    analysis = replace(analysis, cells=table.annotated(analysis.cells, {2: "blast", 3: "smudge"}))
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps(to_geojson(analysis)), encoding="utf-8")
    expected = [None, Word.of(FAB5, "blast"), Word.of(FAB5, "smudge")]
    assert read_geojson(path).words(FAB5) == expected


def test_earlier_file_of_an_analysis_without_who_said_it_has_no_words(tmp_path):
    made = to_geojson(example_analysis())
    for one in made["features"]:
        del one["properties"]["metadata"]
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps(made), encoding="utf-8")
    assert read_geojson(path).words(FAB5) == [None, None, None]


def test_unknown_classes_are_listed_and_nothing_comes_in(tmp_path, fresh, image):
    features = [feature(square(10, 10), name) for name in ("Tumor", "Stroma", "L1")]
    with pytest.raises(RecordError, match="stroma, tumor") as told:
        taken(fresh, image, written(tmp_path, features))
    assert "not_a_cell" in str(told.value)
    assert fields_of(fresh) == []


def test_own_classes_take_words_by_name_or_title(tmp_path):
    taxonomy = taxonomy_of_names(["blast", "plasma_cell"])
    names = ("Plasma cell", "plasma_cell", "SMUDGE")
    drawn = read_geojson(written(tmp_path, [feature(square(0, 0), name) for name in names]))
    told = [one.name for one in drawn.words(taxonomy)]
    assert told == ["plasma_cell", "plasma_cell", "smudge"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no GeoJSON of cells"),
        ("[1, 2]", "no GeoJSON of cells"),
        ('{"type": "FeatureCollection"}', "no GeoJSON of cells"),
        (json.dumps([feature([[[0, 0], [1, 1]]])]), "no GeoJSON of cells"),
        (json.dumps([feature([[["a", 0], [1, 1], [2, 2], [3, 3]]])]), "no GeoJSON of cells"),
        (json.dumps([feature([[[0, 0], [1e999, 1], [2, 2], [0, 0]]])]), "no GeoJSON of cells"),
        (
            json.dumps([{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}]),
            "none of them is an area",
        ),
        ("[" * 100_000, "no GeoJSON of cells"),
    ],
)
def test_file_that_is_none_says_so(tmp_path, content, why):
    (tmp_path / "bad.geojson").write_text(content)
    with pytest.raises(MaskReadError, match=why):
        read_geojson(tmp_path / "bad.geojson")


def test_missing_file_and_missing_match_are_told(tmp_path, fresh, image):
    with pytest.raises(MaskReadError, match="check the name"):
        drawn_fields(fresh, [image], tmp_path / "none.geojson")
    (tmp_path / "folder").mkdir()
    with pytest.raises(MaskReadError, match=r"none for field\.png"):
        drawn_fields(fresh, [image], tmp_path / "folder")
    with pytest.raises(ParameterError, match="for 2 images"):
        drawn_fields(fresh, [image, image], written(tmp_path, []))


@pytest.mark.parametrize("where", [(500, 500), (10, 10)])
def test_outline_without_pixels_of_its_own_is_refused_with_its_field(tmp_path, fresh, image, where):
    features = [feature(square(10, 10), "L1"), feature(square(*where), "L2")]
    came = taken(fresh, image, written(tmp_path, features))
    assert "1 hold no pixel" in came.failed[0].error
    assert words(fresh) == {}


def test_outlines_of_a_locked_smear_are_refused(tmp_path, fresh, image):
    path = written(tmp_path, [feature(square(10, 10), "L1")])
    taken(fresh, image, path)
    lock(fresh, 1, 1, {})
    came = taken(fresh, image, written(tmp_path, [feature(square(10, 10), "L2")]))
    assert "was locked by Q" in came.failed[0].error
    assert words(fresh) == {(1, 1): "l1"}


def test_words_that_stand_find_their_cells_in_new_outlines(tmp_path, fresh, image):
    taken(fresh, image, written(tmp_path, [feature(square(10, 10), "L1")]))
    locked_and_amended(fresh, 1)
    moved = [feature(square(90, 90)), feature(square(11, 11))]
    taken(fresh, image, written(tmp_path, moved))
    assert words(fresh) == {(1, 2): "l1"}


def command(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["project", *map(str, arguments)])
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


class FakeAnalyser:
    """Takes the place of the one that loads a network."""

    def __init__(self, parameters):
        self.parameters = parameters

    __call__ = staticmethod(analyse)


def test_command_takes_outlines_under_the_importer(tmp_path, image, capsys, monkeypatch):
    monkeypatch.setattr(analyse_module, "Analyser", FakeAnalyser)
    home = tmp_path / "p"
    command(capsys, "create", home)
    path = written(tmp_path, [feature(square(10, 10), "L1"), feature(square(40, 40))])
    status, told, _ = command(capsys, "add", home, image, "--geojson", path, "--specimen", "blood")
    assert (status, "1 image added, 1 with a word" in told) == (0, True)
    with open_project(home, write=False) as project:
        assert [one.name for one in readers_of(project)] == ["importer"]
        assert words(project) == {(1, 1): "l1"}
    bad = written(tmp_path, [feature(square(10, 10), "Tumor")], "bad.geojson")
    status, _, errors = command(capsys, "add", home, image, "--geojson", bad, "--reader", "New")
    assert (status, "tumor" in errors) == (2, True)
    with open_project(home, write=False) as project:
        assert [one.name for one in readers_of(project)] == ["importer"]
    both = command(capsys, "add", home, image, "--geojson", path, "--cells")
    assert (both[0], "given together" in both[2]) == (2, True)


def test_folder_of_folders_is_a_case_each(tmp_path, capsys):
    cohort, home = tmp_path / "cohort", tmp_path / "p"
    for seed, name in enumerate(("Jane Doe", "Jane Doe", "John Roe", "empty")):
        (cohort / name).mkdir(parents=True, exist_ok=True)
        if name != "empty":
            cv2.imwrite(str(cohort / name / f"{seed}.png"), picture(seed)[..., ::-1])
    cv2.imwrite(str(cohort / "beside.png"), picture(9)[..., ::-1])
    (cohort / "John Roe" / "broken.png").write_bytes(b"")
    command(capsys, "create", home)
    status, told, errors = command(capsys, "add", home, cohort, "--cases", "--specimen", "marrow")
    assert (status, "3 images added" in told, "2 cases" in told) == (1, True, True)
    assert "empty: no image" in told + errors
    assert "in no folder of a case: 1 image." in told + errors
    with open_project(home, write=False) as project:
        slides = slides_of(project)
        assert [slide.case_id for slide in slides] == ["case-1", "case-2"]
        assert [len(fields_of(project, slide.slide_id)) for slide in slides] == [2, 1]
        rows = project.rows("SELECT identifier FROM case_identifiers ORDER BY case_id")
        assert [row[0] for row in rows] == ["Jane Doe", "John Roe"]
    (cohort / "John Roe" / "broken.png").unlink()
    cv2.imwrite(str(cohort / "John Roe" / "late.png"), picture(11)[..., ::-1])
    status, told, _ = command(capsys, "add", home, cohort, "--cases")
    assert (status, "1 image added" in told, "3 were there already" in told) == (0, True, True)
    with open_project(home, write=False) as project:
        assert len(slides_of(project)) == 2
    none = command(capsys, "add", home, cohort / "empty", "--cases")
    assert (none[0], "one for each case" in none[2]) == (2, True)
    mixed = command(capsys, "add", home, cohort, "--cases", "--case", "fox")
    assert (mixed[0], "each folder is a case" in mixed[2]) == (2, True)
