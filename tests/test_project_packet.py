"""What goes out to be read blind: pictures and cells, and nothing that anybody said."""

import numpy as np
import pandas as pd
import pytest

from napari_all_subtype.cells import table
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.errors import (
    ImageReadError,
    OutputExistsError,
    RecordError,
    Stopped,
)
from napari_all_subtype.files import PARTIAL
from napari_all_subtype.progress import SILENT
from napari_all_subtype.project import current
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.groups import assign_groups, splits_of
from napari_all_subtype.project.history import history
from napari_all_subtype.project.locks import lock, state_of
from napari_all_subtype.project.packets import packet_facts, project_id_of
from napari_all_subtype.project.pixels import pixels_sha256
from napari_all_subtype.project.readers import begin_reading, reader_named, readers_of
from napari_all_subtype.project.smears import fields_of, move_field, path_of, slides_of
from napari_all_subtype.project.taxonomies import taxonomy_of, use_taxonomy
from napari_all_subtype.taxonomy import FAB5, Taxonomy
from napari_all_subtype.workflow.project_analyses import kept_analysis
from napari_all_subtype.workflow.project_packet import write_packet
from packet_examples import MODEL, project_of, say
from project_examples import BLAST, L1, delete

NAMES = (b"Jane", b"Dr. A", b"Dr. C", b"Doe", b"relapse")


@pytest.fixture
def project(tmp_path):
    """Slides 1 and 2 with two fields each, of two cases; words, a reading, a lock, a split."""
    with project_of(tmp_path / "p", ((1, 2), (3, 4)), "relapse-17", "Doe, Jane") as project:
        reader_named(project, "Dr. A")
        other = reader_named(project, "Dr. C").reader_id
        say(project, 1, BLAST)
        say(project, 2, L1, 1, other, begin_reading(project, other, 1).reading_id)
        delete(project, 6)
        assign_groups(project, {"relapse-17": "test"})
        lock(project, 1, 1, {})
        yield project


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out" / "packet"


def written(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_packet_holds_pixels_and_cells_as_they_stand_and_nobody_said_anything(project, out):
    write_packet(project, out, reader=" B ")
    with open_project(out) as packet:
        assert len(slides_of(packet)) == 2
        for there, here in zip(fields_of(project), fields_of(packet), strict=True):
            assert (there.sha256, there.um_per_px) == (here.sha256, here.um_per_px)
            pixels = as_source(path_of(packet, here.field_id)).read()
            assert pixels_sha256(pixels) == there.sha256
            same = [current.masks_now(db, there.field_id) for db in (project, packet)]
            np.testing.assert_array_equal(same[0].labels, same[1].labels)
            np.testing.assert_array_equal(same[0].nuclei, same[1].nuclei)
            tables = [current.table_now(db, there.field_id) for db in (project, packet)]
            pd.testing.assert_frame_equal(*tables, check_dtype=False)
        assert not np.any(current.masks_now(packet, 1).labels == 6)
        assert history(packet) == []
        assert [reader.name for reader in readers_of(packet)] == ["B"]
        assert splits_of(packet) == {}
        assert state_of(packet, 1) == "preliminary"


def test_packet_tells_nobody_and_still_says_where_it_is_from(project, out, tmp_path):
    write_packet(project, out, reader="B")
    content = written(out)
    assert not [name for name in NAMES if name in content]
    assert str(tmp_path).encode() not in content
    with open_project(out) as packet:
        facts = packet_facts(packet)
        assert (facts.project_id, facts.reader) == (project_id_of(project), "B")
        assert project_id_of(packet) != project_id_of(project)
        assert [slide.case_id for slide in slides_of(packet)] == ["case-1", "case-2"]
    assert packet_facts(project) is None


def test_only_the_slides_that_were_asked_for_go_out(project, out):
    write_packet(project, out, [2, 2])
    with open_project(out) as packet:
        told = [field.sha256 for field in fields_of(packet)]
    assert told == [field.sha256 for field in fields_of(project, 2)]


def test_packet_is_a_project_that_can_be_moved(project, out, tmp_path):
    write_packet(project, out)
    moved = out.rename(tmp_path / "elsewhere")
    with open_project(moved) as packet:
        assert all(path_of(packet, n).is_relative_to(moved) for n in (1, 2, 3, 4))
        shown, known = kept_analysis(packet, 1), kept_analysis(project, 1)
        assert (shown.model, shown.edits, known.edits) == (MODEL, 1, 1)


def test_reader_who_is_blind_to_the_model_finds_nothing_of_it(project, out):
    write_packet(project, out, hide_model=True)
    assert MODEL.encode() not in written(out)
    with open_project(out) as packet:
        assert packet_facts(packet).model_hidden
        shown, known = kept_analysis(packet, 1), kept_analysis(project, 1)
    cells = table.present(shown.cells)
    assert shown.count == known.count == 5
    assert set(cells["subtype"]) == set(cells["best_guess"]) == {"unknown"}
    assert cells[["p_blast", "confidence", "p_blast_any"]].isna().all(axis=None)
    measured = list(table.COLUMNS)
    pd.testing.assert_frame_equal(shown.cells[measured], known.cells[measured], check_dtype=False)
    assert set(table.present(known.cells)["subtype"]) == {"blast"}


def test_classes_go_out_with_the_packet(project, out):
    three = Taxonomy("three", FAB5.classes[:3])
    use_taxonomy(project, three)
    write_packet(project, out)
    with open_project(out) as packet:
        assert taxonomy_of(packet) == three


def test_image_that_is_missing_or_another_is_named_and_no_packet_is_left(project, out):
    place = path_of(project, 3)
    content = place.read_bytes()
    place.unlink()
    with pytest.raises(ImageReadError, match=r"Jane Doe 3.png \(field 3 of slide 2\) is not where"):
        write_packet(project, out)
    move_field(project, 3, path_of(project, 1))
    with pytest.raises(ImageReadError, match="is another picture"):
        write_packet(project, out)
    move_field(project, 3, place)
    place.write_bytes(content)
    assert not list(out.parent.iterdir())
    write_packet(project, out)
    assert [path.name for path in out.parent.iterdir()] == ["packet"]
    assert not list(out.rglob(f"{PARTIAL}*"))


def test_packet_of_what_is_not_there_is_refused(project, out):
    with pytest.raises(RecordError, match=r"no slide 7\. Use one that it has: 1, 2"):
        write_packet(project, out, [1, 7])
    write_packet(project, out)
    with pytest.raises(OutputExistsError, match="there already"):
        write_packet(project, out)


def test_stopping_leaves_no_packet(project, out):
    class Stopping:
        stop_requested = True
        report = staticmethod(SILENT.report)

    with pytest.raises(Stopped):
        write_packet(project, out, monitor=Stopping())
    assert not out.exists()


def test_project_that_is_read_only_gives_a_packet_and_stays_as_it_is(project, out):
    before = history(project)
    with open_project(project.folder, write=False) as reader:
        write_packet(reader, out)
    assert history(project) == before
    assert len(before) == 2
