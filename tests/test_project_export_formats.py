"""Exports for other programs and for people: each read back, and nothing that tells a person."""

import hashlib
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_all_subtype.cells.polygons import paint
from napari_all_subtype.errors import Stopped
from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.current import masks_now
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.locks import locks_of
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.project.readers import reader_named
from napari_all_subtype.project.smears import fields_of, path_of
from napari_all_subtype.project.taxonomies import use_taxonomy
from napari_all_subtype.taxonomy import RESEARCH_USE_ONLY
from napari_all_subtype.workflow.coco import run_lengths
from napari_all_subtype.workflow.found_only import found_only
from napari_all_subtype.workflow.project_analyses import keep_analysis
from napari_all_subtype.workflow.project_export import FORMATS, write_export
from napari_all_subtype.workflow.smear_lock import amend_smear, lock_smear
from packet_examples import SHAPE, analysed, discs, picture, project_of, say
from project_examples import BLAST, L1, NORMAL, SMUDGE, delete, new_project
from test_polygons import rings_of


@pytest.fixture
def project(tmp_path):
    """Two fields of six cells of Jane Doe, three of them named by Dr. A."""
    with project_of(tmp_path / "p", ((1, 2),), identifier="Jane Doe") as project:
        reader_named(project, "Dr. A")
        for label, word in ((1, L1), (2, SMUDGE), (3, NORMAL)):
            say(project, label, word)
        yield project


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_no_format_tells_a_name_or_a_place_unless_asked(project, tmp_path):
    made = write_export(project, tmp_path / "out", list(FORMATS))
    assert made.left_out == ()
    for name, content in texts(made.folder).items():
        for told in (b"Jane", b"Dr. A", str(tmp_path).encode()):
            assert told not in content, name
            assert told.decode() not in name
    named = write_export(project, tmp_path / "named", list(FORMATS), identifiers=True)
    page = (named.folder / "html" / "slide-1.html").read_text("utf-8")
    assert "Dr. A" in page
    assert "Jane Doe 1.png" in page
    again = write_export(project, made.folder, ["html"], overwrite=True)
    assert not (again.folder / "ome-zarr").exists()


def test_every_export_says_what_it_is_not_for(project, tmp_path):
    out = write_export(project, tmp_path / "out", list(FORMATS)).folder
    read = [
        "provenance.json",
        "geojson/field-1.geojson",
        "coco/instances.json",
        "html/slide-1.html",
        "html/index.html",
        "ome-zarr/field-1.ome.zarr/zarr.json",
    ]
    assert all(RESEARCH_USE_ONLY in (out / name).read_text("utf-8") for name in read)


def test_geojson_has_the_word_that_counts_and_whose_it_is(project, tmp_path):
    out = write_export(project, tmp_path / "out", ["geojson"]).folder
    told = json.loads((out / "geojson" / "field-1.geojson").read_text("utf-8"))
    names = [one["properties"]["classification"]["name"] for one in told["features"]]
    assert names == ["L1", "Smudge", "Normal", "Blast", "Blast", "Blast"]
    first = told["features"][0]["properties"]
    assert first["metadata"]["reader"] == "reader-1"
    assert first["measurements"]["p_blast_any"] == pytest.approx(0.9)
    assert "annotation" not in told["features"][3]["properties"]["metadata"]
    masks = masks_now(project, 1)
    painted = paint([rings_of(one["geometry"]) for one in told["features"]], SHAPE)
    nuclei = paint([rings_of(one["nucleusGeometry"]) for one in told["features"]], SHAPE)
    assert (painted == masks.labels).all()
    assert (nuclei == masks.nuclei).all()
    assert told["provenance"]["analysis"]["model"] == "model-that-said-it"


def decoded(rle):
    values = np.arange(len(rle["counts"])) % 2
    return np.repeat(values, rle["counts"]).reshape(rle["size"][::-1]).T.astype(bool)


@given(arrays.arrays(bool, (4, 5)), st.integers(0, 3), st.integers(0, 2))
def test_run_lengths_are_the_mask(mask, y, x):
    whole = np.zeros((7, 7), bool)
    whole[y : y + 4, x : x + 5] = mask
    made = run_lengths(mask, (y, x), whole.shape)
    assert sum(made["counts"]) == whole.size
    assert all(count > 0 for count in made["counts"][1:])
    assert (decoded(made) == whole).all()


def test_coco_instances_are_the_cells(project, tmp_path):
    out = write_export(project, tmp_path / "out", ["coco"]).folder
    told = json.loads((out / "coco" / "instances.json").read_text("utf-8"))
    labels = masks_now(project, 1).labels
    names = {one["id"]: one["name"] for one in told["categories"]}
    cells = [one for one in told["annotations"] if one["image_id"] == 1]
    assert [one["id"] for one in told["annotations"]] == list(range(1, 13))
    assert len(names) == len(set(names.values())) == 10
    for label, one in enumerate(cells, 1):
        mask = labels == label
        assert (decoded(one["segmentation"]) == mask).all()
        assert one["area"] == mask.sum()
        ys, xs = np.nonzero(mask)
        assert one["bbox"] == [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
    assert [names[one["category_id"]] for one in cells[:4]] == ["l1", "smudge", "normal", "blast"]
    assert [one["attributes"]["reviewed"] for one in cells] == [True] * 3 + [False] * 3
    assert (out / "coco" / "images" / told["images"][0]["file_name"]).is_file()


def test_ome_zarr_is_read_back_with_scale_colours_and_words(project, tmp_path):
    out = write_export(project, tmp_path / "out", ["ome-zarr"]).folder
    path = out / "ome-zarr" / "field-1.ome.zarr"
    root = zarr.open_group(path, mode="r")
    ome = root.attrs["ome"]
    assert ome["version"] == "0.5"
    (scales,) = ome["multiscales"]
    assert [axis["name"] for axis in scales["axes"]] == ["c", "y", "x"]
    assert [axis.get("unit") for axis in scales["axes"]] == [None, "micrometer", "micrometer"]
    first = scales["datasets"][0]["coordinateTransformations"][0]
    assert first == {"type": "scale", "scale": [1.0, 0.1, 0.1]}
    assert (np.moveaxis(root["0"][:], 0, -1) == picture(1)).all()
    assert root["0"].metadata.dimension_names == ("c", "y", "x")
    assert root["labels"].attrs["ome"]["labels"] == ["cells", "nuclei"]
    masks = masks_now(project, 1)
    assert (root["labels/cells/0"][:] == masks.labels).all()
    assert (root["labels/nuclei/0"][:] == masks.nuclei).all()
    told = root["labels/cells"].attrs["ome"]["image-label"]
    assert told["colors"][0] == {"label-value": 1, "rgba": [0x56, 0xB4, 0xE9, 255]}
    assert [one["class"] for one in told["properties"][:3]] == ["l1", "smudge", "normal"]


def test_napari_reads_masks_of_ome_zarr_by_itself(project, tmp_path):
    reader = pytest.importorskip("napari_builtins.io._read")
    out = write_export(project, tmp_path / "out", ["ome-zarr"]).folder
    levels, shape = reader.read_zarr_dataset(
        str(out / "ome-zarr" / "field-1.ome.zarr" / "labels" / "cells")
    )
    assert (shape, len(levels)) == (SHAPE, 1)
    assert (np.asarray(levels[0]) == masks_now(project, 1).labels).all()


def test_pyramid_levels_lie_on_each_other(monkeypatch, project, tmp_path):
    monkeypatch.setattr("napari_all_subtype.workflow.ome_zarr.SMALLEST_PX", 60)
    out = write_export(project, tmp_path / "out", ["ome-zarr"]).folder
    root = zarr.open_group(out / "ome-zarr" / "field-1.ome.zarr", mode="r")
    places = root.attrs["ome"]["multiscales"][0]["datasets"]
    assert [root[one["path"]].shape[1:] for one in places] == [(160, 200), (80, 100), (40, 50)]
    scale, shift = places[2]["coordinateTransformations"]
    assert scale["scale"][1:] == pytest.approx([0.4, 0.4])
    assert shift["translation"][1:] == pytest.approx([0.15, 0.15])
    assert abs(root["2"][:].mean() - picture(1).mean()) < 1
    assert (root["labels/cells/2"][:] == masks_now(project, 1).labels[::4, ::4]).all()


class Page(HTMLParser):
    """Tags that are open, and all that is shown."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.shown, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.links += [v for k, v in attributes if k in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.shown.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.shown).split())


def page_of(folder, name="slide-1.html"):
    return Page((folder / "html" / name).read_text("utf-8"))


def test_report_is_whole_in_itself_and_says_how_final_it_is(project, tmp_path):
    page = page_of(write_export(project, tmp_path / "out", ["html"]).folder)
    assert page.open == []
    assert all(link.startswith("data:image/jpeg") for link in page.links)
    # Six cells of each field have a picture, and so has each field.
    assert len(page.links) == 12 + 2
    assert "Preliminary: 3 of 12 cells were reviewed." in page.text
    assert "Smudge: 1" in page.text
    assert "model-that-said-it" in page.text
    assert "12 cells drawn at random" in page.text
    assert "Differential count" in page.text
    index = page_of(tmp_path / "out", "index.html")
    assert index.links == ["slide-1.html"]


def test_report_of_cells_that_were_only_found_has_no_column_of_a_model(tmp_path):
    three = taxonomy_of_names(["neutrophil", "lymphocyte", "monocyte"])
    with project_of(tmp_path / "p", ((1,),)) as project:
        use_taxonomy(project, three)
        keep_analysis(project, 1, found_only(analysed(discs()), three))
        reader_named(project, "Dr. A")
        say(project, 1, Word(three.name, "monocyte"))
        out = write_export(project, tmp_path / "out", ["html", "geojson"]).folder
    page = page_of(out)
    told = json.loads((out / "geojson" / "field-1.geojson").read_text("utf-8"))
    kept = [one["properties"].get("metadata", {}) for one in told["features"]]
    assert not any("predicted" in one for one in kept)
    assert "model, same cells" not in page.text
    assert "the model's column" not in page.text
    assert "· model" not in page.text
    assert "· nobody" in page.text
    assert "No model has spoken of these cells." in page.text
    assert "Counted by the words of people only" in page.text
    # In the line of its field, as what it is.
    assert page.text.count("no model of these classes") == 1


def test_report_says_that_cells_were_not_judged(project, tmp_path):
    analysis = analysed(discs())
    strange = analysis.cells.assign(novelty=2.0)
    strange.loc[1:, ["subtype", "best_guess"]] = "unknown"
    keep_analysis(project, 1, replace(analysis, cells=strange))
    page = page_of(write_export(project, tmp_path / "out", ["html"]).folder)
    assert "cells are unknown: unlike the cells of the training" in page.text


def test_report_of_a_locked_smear_counts_what_was_signed_for(project, tmp_path):
    version = lock_smear(project, 1, 1)
    page = page_of(write_export(project, tmp_path / "one", ["html"]).folder)
    assert "Locked: 3 of 12 cells were reviewed." in page.text
    assert "Counts are those of the locked version" in page.text
    assert version.sha256 in page.text
    amend_smear(project, 1, 1, "Jane's mother called")
    for label in range(4, 7):
        say(project, label, NORMAL)
    page = page_of(write_export(project, tmp_path / "two", ["html"]).folder)
    assert "Being amended: 6 of 12 cells were reviewed." in page.text
    assert "Last locked version (1" in page.text
    assert "mother" not in page.text
    # Of the eleven leukocytes one was normal when it was locked, and four are now.
    assert "Normal 4 36.4 %" in page.text
    assert "Normal 1 9.1 %" in page.text


def test_locked_versions_leave_as_they_were_hashed(project, tmp_path):
    lock_smear(project, 1, 1)
    out = write_export(project, tmp_path / "out", ["csv"]).folder
    (version,) = locks_of(project, 1)
    content = (out / "locked" / "slide-1-version-1.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == version.sha256
    told = json.loads((out / "provenance.json").read_text("utf-8"))
    assert told["smears"][0]["state"] == "locked"
    assert told["smears"][0]["reviewed"] == 3


def test_edited_outlines_leave_as_they_are_now(project, tmp_path):
    delete(project, 6)
    out = write_export(project, tmp_path / "out", ["geojson", "coco"]).folder
    told = json.loads((out / "geojson" / "field-1.geojson").read_text("utf-8"))
    assert [one["properties"]["name"] for one in told["features"]] == list("12345")


def test_missing_image_is_told_and_the_rest_is_written(project, tmp_path):
    path_of(project, 1).unlink()
    path_of(project, 2).write_bytes(b"other")
    made = write_export(project, tmp_path / "out", ["html", "ome-zarr", "coco", "geojson"])
    assert [one.split(" cannot")[0] for one in made.left_out] == [
        "The image of field-1",
        "The image of field-2",
    ]
    assert str(tmp_path) not in "".join(made.left_out)
    assert not (made.folder / "ome-zarr").exists()
    assert "Its image is not where it was" in page_of(made.folder).text
    told = json.loads((made.folder / "coco" / "instances.json").read_text("utf-8"))
    assert len(told["annotations"]) == 12


def test_file_of_other_pixels_is_not_taken_for_the_image(project, tmp_path):
    path_of(project, 1).write_bytes(path_of(project, 2).read_bytes())
    made = write_export(project, tmp_path / "out", ["html"])
    assert "holds other pixels" in made.left_out[0]


class StopAfter:
    def __init__(self, reports):
        self.left = reports

    def report(self, progress):
        self.left -= 1

    @property
    def stop_requested(self):
        return self.left < 0


@pytest.mark.parametrize("reports", [0, 1, 2])
def test_stopped_export_leaves_nothing(project, tmp_path, reports):
    with pytest.raises(Stopped):
        write_export(project, tmp_path / "out", ["html", "coco"], monitor=StopAfter(reports))
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".partial*"))


def test_words_of_own_classes_have_their_colours_and_rows(project, tmp_path):
    use_taxonomy(project, taxonomy_of_names(["blast", "plasma cell"]))
    say(project, 4, Word("blast/plasma_cell", "plasma_cell"))
    out = write_export(project, tmp_path / "out", ["html", "geojson", "coco"]).folder
    told = json.loads((out / "geojson" / "field-1.geojson").read_text("utf-8"))
    assert told["features"][3]["properties"]["classification"]["name"] == "Plasma cell"
    assert "Plasma cell 1" in page_of(out).text


def test_model_that_knows_no_blast_is_counted_by_its_words(project, tmp_path):
    own = taxonomy_of_names(["lymphocyte", "monocyte"])
    told = analysed(discs())
    cells = told.cells.assign(subtype=["", *["lymphocyte"] * 4, *["monocyte"] * 2])
    keep_analysis(project, 2, replace(told, taxonomy=own, cells=cells))
    use_taxonomy(project, own)
    keep_analysis(project, 1, replace(told, taxonomy=own, cells=cells))
    out = write_export(project, tmp_path / "out", list(FORMATS)).folder
    text = page_of(out).text
    # Three cells of field 1 have words of people, and one of them is a smudge.
    assert "Lymphocyte 5 45.5 %" in text
    assert "Monocyte 4 36.4 %" in text
    assert "else by that of the model." in text


def test_project_without_cells_or_fields_gives_readable_files(tmp_path):
    with new_project(tmp_path / "p", slides=2) as project:
        made = write_export(project, tmp_path / "out", list(FORMATS))
        assert "No cell was found or named yet" in page_of(made.folder).text
        assert len(made.left_out) == len(fields_of(project)) == 2
    with new_project(tmp_path / "q", slides=0) as project:
        made = write_export(project, tmp_path / "none", list(FORMATS))
        assert "no smear yet" in page_of(made.folder, "index.html").text


def test_project_open_for_reading_is_exported(project, tmp_path):
    say(project, 4, BLAST)
    with open_project(project.folder, write=False) as reader:
        write_export(reader, tmp_path / "out", ["geojson"])
    assert len(list((tmp_path / "out" / "geojson").iterdir())) == 2
