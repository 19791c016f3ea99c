"""Names of inputs, result folders and pseudonyms."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype.errors import NoImagesError, OutputError
from napari_all_subtype.workflow.inputs import find_images, name_fields, prepare, unique
from napari_all_subtype.workflow.pseudonyms import SECRET_FILE, Pseudonyms, users_secret


@given(st.lists(st.sampled_from(["a", "A", "a-2", "b", "a-3"]), max_size=12))
def test_result_folders_never_coincide(stems):
    names = unique(stems)
    assert len({name.casefold() for name in names}) == len(stems)


def test_images_of_one_folder_are_one_smear(tmp_path):
    fields = name_fields([tmp_path / "p" / "1.png", tmp_path / "q" / "1.png"])
    assert [f.smear for f in fields] == ["smear-1", "smear-2"]
    assert [f.folder for f in fields] == ["1", "1-2"]
    assert all("p" not in (f.name, f.smear) for f in fields)


def test_image_named_twice_is_one_field_unless_repeats_are_wanted(tmp_path):
    image = tmp_path / "a.png"
    image.write_bytes(b"x")
    assert [field.path for field in prepare([image, image])] == [image]
    assert [field.path for field in prepare([image, image], repeats=True)] == [image, image]


def test_links_belong_to_the_folder_they_stand_in(tmp_path):
    for n in range(2):
        (tmp_path / f"store{n}").mkdir()
        (tmp_path / f"store{n}" / "x.png").write_bytes(b"x")
    smear = tmp_path / "smear"
    smear.mkdir()
    for n in range(2):
        (smear / f"{n}.png").symlink_to(tmp_path / f"store{n}" / "x.png")
    assert {field.smear for field in prepare([smear])} == {"smear-1"}


@pytest.mark.parametrize("name", ["...png", "..png", "batch.json.png", " .png"])
def test_result_folder_never_has_a_name_that_means_something_else(name, tmp_path):
    (field,) = name_fields([tmp_path / name])
    assert field.folder.strip(". ")
    assert field.folder != "batch.json"


def test_no_input_is_an_error_that_says_what_to_give(tmp_path):
    with pytest.raises(NoImagesError, match="folders of images"):
        find_images([])
    with pytest.raises(NoImagesError):
        find_images([tmp_path])


def test_pseudonyms_are_stable_and_say_nothing(tmp_path):
    image = tmp_path / "Erika_Mustermann.png"
    image.write_bytes(b"pixels")
    key = tmp_path / "key.json"
    first = Pseudonyms(key).name_all([image])
    (tmp_path / "elsewhere").mkdir()
    moved = image.rename(tmp_path / "elsewhere" / image.name)
    assert Pseudonyms(key).name_all([moved]) == first
    assert "Mustermann" not in first[0]
    names = json.loads(key.read_text())["names"]
    assert names == {first[0]: "Erika_Mustermann.png"}


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"pixels")
    return path


def test_file_has_the_same_pseudonym_in_every_output_of_a_user(image, tmp_path):
    one, two = (Pseudonyms(tmp_path / f"{n}.json").name_all([image]) for n in "ab")
    assert one == two


def test_file_has_different_pseudonyms_for_two_users(image, tmp_path, monkeypatch):
    names = []
    for user in "ab":
        monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path / user))
        names += Pseudonyms(tmp_path / f"{user}.json").name_all([image])
    assert names[0] != names[1]


def test_key_files_with_secrets_of_their_own_differ_and_each_is_gone_on_with(image, tmp_path):
    one, two = (Pseudonyms(tmp_path / f"{n}.json", own_secret=True).name_all([image]) for n in "ab")
    assert one != two
    assert Pseudonyms(tmp_path / "a.json").name_all([image]) == one


def test_secret_of_the_user_is_in_no_key_file(image, tmp_path):
    Pseudonyms(tmp_path / "key.json").name_all([image])
    assert users_secret() not in (tmp_path / "key.json").read_text()


def test_secret_is_made_once_and_for_its_owner_only(tmp_path):
    folder = tmp_path / "new" / "data"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(users_secret, [folder] * 16))
    assert len(secrets) == 1
    assert len(bytes.fromhex(secrets.pop())) == 32
    assert stat.S_IMODE((folder / SECRET_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"secret": 5}', '{"secret": "abcd"}'])
def test_spoilt_secret_is_refused_and_never_replaced(content, tmp_path):
    (tmp_path / SECRET_FILE).write_text(content)
    with pytest.raises(OutputError, match="every pseudonym changes"):
        users_secret(tmp_path)
    assert (tmp_path / SECRET_FILE).read_text() == content


def test_secret_that_cannot_be_kept_names_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="--key-file") as caught:
        users_secret(tmp_path / "file" / "data")
    assert str(tmp_path) not in str(caught.value)


def test_key_file_is_for_its_owner_only(tmp_path):
    Pseudonyms(tmp_path / "key.json").name_all([])
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) & 0o077 == 0


def test_suffix_that_is_a_name_is_not_repeated(tmp_path):
    (name,) = Pseudonyms(tmp_path / "key.json").name_all([Path("scan.Mustermann")])
    assert "mustermann" not in name.lower()


def test_foreign_key_file_is_refused(tmp_path):
    (tmp_path / "key.json").write_text("[]")
    with pytest.raises(OutputError, match="key file"):
        Pseudonyms(tmp_path / "key.json")


def test_equal_pictures_of_two_names_keep_two_pseudonyms(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"pixels")
    one, two = Pseudonyms(tmp_path / "key.json").name_all([tmp_path / "a.png", tmp_path / "b.png"])
    assert one != two


def test_name_that_is_no_text_becomes_one():
    (field,) = name_fields([Path("bad\udcff.jpg")])
    assert field.name.encode("utf-8")
    assert field.folder.encode("utf-8")
