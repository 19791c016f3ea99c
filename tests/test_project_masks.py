"""Masks and cell tables are kept whole, once, under the digest of what they hold."""

import contextlib
import hashlib

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_all_subtype.cells import table
from napari_all_subtype.cells.masks import CellMasks
from napari_all_subtype.cells.morphology import measure
from napari_all_subtype.errors import ProjectDamagedError, RecordError
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.masks import MASKS, keep_masks, read_masks
from napari_all_subtype.project.tables import (
    TABLES,
    keep_table,
    last_rows,
    read_table,
    rows_from_json,
    rows_to_json,
)
from napari_all_subtype.simulate import SmearRecipe, simulate_smear


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with create_project(tmp_path_factory.mktemp("project")) as project:
        yield project


@pytest.fixture(scope="module")
def smear():
    return simulate_smear(SmearRecipe.of(width_px=400, height_px=300, l2=2, lymphocyte=2), 3)


def test_masks_are_read_as_they_were_kept_and_are_a_plain_tiff(project, smear):
    name = keep_masks(project, smear.masks)
    back = read_masks(project, name)
    assert np.array_equal(back.labels, smear.masks.labels)
    assert np.array_equal(back.nuclei, smear.masks.nuclei)
    labels, nuclei = tifffile.imread(MASKS.place(project, name), key=[0, 1])
    assert np.array_equal(labels, smear.masks.labels)
    assert np.array_equal(nuclei, smear.masks.nuclei)
    assert keep_masks(project, smear.masks) == name


def test_masks_that_differ_in_a_nucleus_alone_are_others(project, smear):
    bare = CellMasks(smear.masks.labels, np.zeros_like(smear.masks.nuclei))
    assert keep_masks(project, bare) != keep_masks(project, smear.masks)


@pytest.mark.parametrize("content", [b"", b"no picture", "those of another"])
def test_damaged_masks_are_told(project, smear, content):
    name = keep_masks(project, smear.masks)
    path = MASKS.place(project, name)
    whole = path.read_bytes()
    other = keep_masks(project, CellMasks(smear.masks.nuclei, smear.masks.nuclei))
    path.write_bytes(
        content if isinstance(content, bytes) else MASKS.place(project, other).read_bytes()
    )
    with pytest.raises(ProjectDamagedError, match="Put the file back"):
        read_masks(project, name)
    path.unlink()
    with pytest.raises(ProjectDamagedError, match="Put the file back"):
        read_masks(project, name)
    path.write_bytes(whole)


def test_any_damage_inside_the_file_is_told_in_one_way(project, smear):
    name = keep_masks(project, smear.masks)
    path = MASKS.place(project, name)
    whole = path.read_bytes()
    middles = (np.linspace(0.02, 0.98, 25) * len(whole)).astype(int)
    flipped = [whole[:k] + bytes([whole[k] ^ 0xFF]) + whole[k + 1 :] for k in middles]
    for content in (*flipped, whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(content)
        with contextlib.suppress(ProjectDamagedError):
            # Some bytes fill a gap: what is read is then still what was kept.
            assert np.array_equal(read_masks(project, name).labels, smear.masks.labels)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProjectDamagedError, match="Put the file back"):
        read_masks(project, name)
    path.write_bytes(whole)


def test_byte_in_the_middle_of_the_compressed_pixels_is_told(project, smear):
    name = keep_masks(project, smear.masks)
    path = MASKS.place(project, name)
    whole = path.read_bytes()
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        middle = page.dataoffsets[0] + page.databytecounts[0] // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
    with pytest.raises(ProjectDamagedError, match="Put the file back"):
        read_masks(project, name)
    path.write_bytes(whole)


def test_table_that_no_codec_reads_is_told(project):
    name = TABLES.name_of(hashlib.sha256(b"no table").hexdigest())
    TABLES.write(project, name, b"no table")
    with pytest.raises(ProjectDamagedError, match="cannot be read as a table"):
        read_table(project, name)


@pytest.mark.parametrize("name", ["../project.sqlite", "", "0" * 64, f"{'0' * 63}g.tif"])
def test_name_of_no_masks_is_refused(project, name):
    with pytest.raises(RecordError, match="is no name of"):
        read_masks(project, name)


def test_table_is_read_as_it_was_kept(project, smear):
    cells = measure(smear.masks, smear.um_per_px).assign(subtype="")
    name = keep_table(project, cells)
    pd.testing.assert_frame_equal(read_table(project, name), cells)
    path = TABLES.place(project, name)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ProjectDamagedError, match="something else"):
        read_table(project, name)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 6), unique=True, max_size=4),
            st.sampled_from([("area_px",), ("area_px", "round"), ("round",)]),
            st.floats(0, 9) | st.just(np.nan),
        ),
        max_size=8,
    )
)
def test_last_rows_give_the_table_that_all_rows_in_their_order_give(changes):
    cells = one_by_one = pd.DataFrame({"area_px": np.arange(4.0), "label": np.arange(4)})
    texts = []
    for labels, names, value in changes:
        rows = pd.DataFrame(value, labels, names, float)
        texts.append(rows_to_json(rows))
        one_by_one = table.with_rows(one_by_one, rows)
    for text in last_rows(texts):
        cells = table.with_rows(cells, rows_from_json(text, cells))
    pd.testing.assert_frame_equal(cells, one_by_one)


def test_last_rows_of_one_kind_are_one_table():
    rows = pd.DataFrame({"area_px": [1.0]}, index=[3])
    assert len(last_rows([rows_to_json(rows)] * 9)) == 1
    assert last_rows([]) == []


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(allow_infinity=False, width=32), min_size=1, max_size=4),
    st.lists(st.text(), min_size=4, max_size=4),
    st.data(),
)
def test_rows_lose_no_digit_as_text(values, words, data):
    count = len(values)
    labels = data.draw(st.lists(st.integers(1, 999), min_size=count, max_size=count, unique=True))
    rows = pd.DataFrame(
        {
            "label": labels,
            "double": np.array(values) / 3,
            "single": np.array(values, np.float32),
            "touches_border": [value > 0 for value in values],
            "subtype": pd.Series(words[:count], labels, dtype="str").to_numpy(),
        },
        index=labels,
    )
    pd.testing.assert_frame_equal(rows_from_json(rows_to_json(rows), rows), rows)
