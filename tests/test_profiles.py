"""Instrument profiles: saved once, chosen afterwards, never half-written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.cells.profiles import (
    CONFIG_VARIABLE,
    InstrumentProfile,
    delete_profile,
    list_profiles,
    load_profile,
    profiles_folder,
    save_profile,
)
from napari_all_subtype.errors import OutputError, PixelSizeError, ProfileError

ZEISS = InstrumentProfile("Zeiss 100x", 0.0645, "100x/1.4 oil", "Axiocam", "2025-03-31", 0.01)


@given(um=st.floats(0.02, 1.0), words=st.text(max_size=30), uncertainty=st.floats(0, 0.5))
def test_what_is_saved_is_loaded(um: float, words: str, uncertainty: float) -> None:
    profile = InstrumentProfile("100x", um, words, words, "2024-02-29", uncertainty)
    with tempfile.TemporaryDirectory() as folder:
        save_profile(profile, Path(folder))
        assert load_profile("100x", Path(folder)) == profile


def test_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    save_profile(ZEISS, tmp_path)
    with pytest.raises(ProfileError, match="known are: Zeiss 100x"):
        load_profile("Leica", tmp_path)


def test_taken_name_needs_overwrite(tmp_path: Path) -> None:
    save_profile(ZEISS, tmp_path)
    other = InstrumentProfile(ZEISS.name, 0.1)
    with pytest.raises(ProfileError, match="overwrite"):
        save_profile(other, tmp_path)
    assert load_profile(ZEISS.name, tmp_path) == ZEISS
    save_profile(other, tmp_path, overwrite=True)
    assert load_profile(ZEISS.name, tmp_path) == other


def test_deleted_profile_is_gone(tmp_path: Path) -> None:
    save_profile(ZEISS, tmp_path)
    delete_profile(ZEISS.name, tmp_path)
    assert list_profiles(tmp_path) == []
    with pytest.raises(ProfileError):
        delete_profile(ZEISS.name, tmp_path)


def test_saving_leaves_no_other_file(tmp_path: Path) -> None:
    path = save_profile(ZEISS, tmp_path)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", " a", "a.", "x" * 65, "a\n"])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProfileError):
        InstrumentProfile(name, 0.1)
    with pytest.raises(ProfileError):
        load_profile(name, tmp_path)


@pytest.mark.parametrize("um", [0, -0.1, float("nan"), float("inf"), 5.0, 0.001])
def test_absurd_pixel_sizes_are_refused(um: float) -> None:
    with pytest.raises(PixelSizeError):
        InstrumentProfile("100x", um)


@pytest.mark.parametrize("values", [{"date": "31.3.2025"}, {"relative_uncertainty": 2.0}])
def test_other_absurd_values_are_refused(values: dict) -> None:
    with pytest.raises(ProfileError, match=next(iter(values))):
        InstrumentProfile("100x", 0.1, **values)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "a"}', '{"name": "a", "um": 1}'])
def test_broken_file_says_so(tmp_path: Path, text: str) -> None:
    save_profile(ZEISS, tmp_path).write_text(text)
    with pytest.raises(ProfileError, match="save it again"):
        load_profile(ZEISS.name, tmp_path)


def test_unreadable_profile_is_named_without_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_profile(ZEISS, tmp_path)

    def refuse(self: Path, *args: object, **kwargs: object) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ProfileError, match="Permission denied") as caught:
        load_profile(ZEISS.name, tmp_path)
    assert path.name in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_folder_comes_from_argument_then_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "env"))
    save_profile(ZEISS)
    assert list_profiles(tmp_path / "env") == [ZEISS.name]
    assert list_profiles(tmp_path / "argument") == []
    monkeypatch.delenv(CONFIG_VARIABLE)
    assert "napari-all-subtype" in str(profiles_folder())


def test_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutputError, match=CONFIG_VARIABLE) as caught:
        save_profile(ZEISS, blocked)
    assert str(tmp_path) not in str(caught.value)
