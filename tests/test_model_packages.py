"""Models from elsewhere: whole and as they were, or refused before anything is loaded."""

from __future__ import annotations

import json
import pickle
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.commands import run
from napari_all_subtype.errors import (
    DownloadError,
    ModelIntegrityError,
    ModelMismatchError,
    ModelNotFoundError,
    ModelPackageError,
    ModelVersionError,
    OutputError,
    OutputExistsError,
    ParameterError,
    ProjectNotFoundError,
    RecordError,
)
from napari_all_subtype.files import new_folder
from napari_all_subtype.model import imagenet, packages
from napari_all_subtype.model.card import CARD_FORMAT, CARD_NAME, read_card
from napari_all_subtype.model.classifier import load_classifier
from napari_all_subtype.model.packages import export_package, import_package, with_card
from napari_all_subtype.model.saving import Told, card_hash, save_model
from napari_all_subtype.model.weights import WEIGHTS_NAME, save_weights, sha256_of
from napari_all_subtype.project.database import create_project
from napari_all_subtype.project.models import add_model, models_folder, models_of
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.cell_rows import rows_of_csv
from napari_all_subtype.workflow.keras_learner import KerasLearner
from napari_all_subtype.workflow.model_store import release_model
from napari_all_subtype.workflow.models import classifier_of
from training_examples import QUICK, SMALL, TWO, cells_of, quickly

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder of a small model of two classes."""
    few = {"head_epochs": 1, "fine_tune_epochs": 0}
    start, fitted = quickly(QUICK.model_copy(update=few), taxonomy=TWO)
    told = Told("mine-1", TWO, {"granulocyte": 16, "lymphocyte": 16}, 32, 4, 16, 4, 0, "s", "d", {})
    folder = tmp_path_factory.mktemp("models") / "mine-1"
    save_model(folder, start, fitted, told)
    return folder


@pytest.fixture
def copied(made, tmp_path):
    return shutil.copytree(made, tmp_path / "copied")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


def zipped(folder: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w") as package:
        for path in sorted(folder.iterdir()):
            package.write(path, path.name)
    return out


def test_a_model_comes_back_from_its_package_as_it_was(made, place, tmp_path):
    export_package(made, tmp_path / "m.zip")
    card, folder = import_package(tmp_path / "m.zip", place)
    assert card == read_card(made)
    assert (card.state, card.classes.names) == ("draft", ("granulocyte", "lymphocyte"))
    crops, _ = cells_of(5)
    here, there = (load_classifier(one).predict(crops) for one in (folder, made))
    np.testing.assert_array_equal(here, there)
    assert sorted(path.name for path in place.iterdir()) == ["mine-1"]
    with pytest.raises(OutputExistsError, match="models remove mine-1"):
        import_package(made, place)


@pytest.mark.parametrize("other_id", ["mine-1", "mine-2"])
def test_imports_at_once_do_not_disturb_each_other(
    made, copied, place, tmp_path, monkeypatch, other_id
):
    """While one is half-way another begins and ends, from a file of the same name."""
    export_package(made, tmp_path / "m.zip")
    with_card(copied, read_card(copied).model_copy(update={"id": other_id}))
    (tmp_path / "sent").mkdir()
    export_package(copied, tmp_path / "sent" / "m.zip")
    whole, others = packages.new_folder, [tmp_path / "sent" / "m.zip"]

    @contextmanager
    def together(path, own):
        with whole(path, own) as partial:
            yield partial
        if others:
            assert import_package(others.pop(), place)[0].id == other_id

    monkeypatch.setattr(packages, "new_folder", together)
    if other_id == "mine-1":
        with pytest.raises(OutputExistsError, match="A model mine-1 is there already"):
            import_package(tmp_path / "m.zip", place)
    else:
        assert import_package(tmp_path / "m.zip", place)[0].id == "mine-1"
    assert sorted(path.name for path in place.iterdir()) == sorted({"mine-1", other_id})
    for folder in place.iterdir():
        assert load_classifier(folder).card.id == folder.name


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../b.txt", "a\\b.txt", "C:out.txt"])
def test_a_path_outside_of_the_folder_is_refused(copied, place, tmp_path, name):
    with zipfile.ZipFile(zipped(copied, tmp_path / "m.zip"), "a") as package:
        package.writestr(zipfile.ZipInfo(name), "x")
    with pytest.raises(ModelPackageError, match="outside of its folder"):
        import_package(tmp_path / "m.zip", place)
    assert not (tmp_path / "out.txt").exists()


def test_a_mere_folder_within_the_package_is_called_so(copied, place, tmp_path):
    for name in ("a/", "a/b.txt"):
        with zipfile.ZipFile(zipped(copied, tmp_path / "m.zip"), "a") as package:
            package.writestr(zipfile.ZipInfo(name), "")
        with pytest.raises(ModelPackageError, match="not the folder around them"):
            import_package(tmp_path / "m.zip", place)


def test_errors_of_an_import_name_the_package_and_no_partial_folder(copied, place, tmp_path):
    card = json.loads((copied / CARD_NAME).read_text())
    card["files"]["more.csv"] = "0" * 64
    (copied / CARD_NAME).write_text(json.dumps(card))
    for source in (copied, zipped(copied, tmp_path / "m.zip")):
        with pytest.raises(ModelIntegrityError, match=f"missing from {source.name}") as caught:
            import_package(source, place)
        assert "partial" not in str(caught.value)


@pytest.mark.parametrize("kind", [OSError, RuntimeError])
@pytest.mark.parametrize(("number", "words"), [(28, "disk is full"), (27, "larger than")])
def test_a_full_disk_is_told_plainly_when_weights_are_written(tmp_path, kind, number, words):
    class Full:
        compiled = False

        def save_weights(self, path):
            raise kind(
                f"Can't write data (file write failed: time = Mon, filename = 'x', file descriptor "
                f"= 5, errno = {number}, error message = 'something', buf = 0x1)"
            )

    with (
        pytest.raises(OutputError, match=words) as caught,
        new_folder(tmp_path / "m", own=()) as partial,
    ):
        save_weights(Full(), partial)
    assert "errno" not in str(caught.value)


def test_a_link_is_refused(copied, place, tmp_path):
    link = zipfile.ZipInfo("notes.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(zipped(copied, tmp_path / "m.zip"), "a") as package:
        package.writestr(link, "/etc/passwd")
    (copied / "notes.txt").symlink_to("/etc/passwd")
    for source in (tmp_path / "m.zip", copied):
        with pytest.raises(ModelPackageError, match="link"):
            import_package(source, place)


class Runs:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self):
        return (Path("trace").touch, ())


@pytest.mark.parametrize("name", ["head.pkl", "notes.txt", "model.pt"])
def test_a_pickle_is_refused_and_never_opened(copied, place, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (copied / name).write_bytes(pickle.dumps(Runs()))
    for source in (copied, zipped(copied, tmp_path / "m.zip"), copied / name):
        with pytest.raises(ModelPackageError, match="pickle"):
            import_package(source, place)
    assert not (tmp_path / "trace").exists()


def test_a_whole_model_with_a_lambda_layer_is_refused(copied, place, tmp_path):
    whole = tmp_path / "model.keras"
    with zipfile.ZipFile(whole, "w") as package:
        package.writestr("config.json", json.dumps({"class_name": "Lambda"}))
    with pytest.raises(ModelPackageError, match="Lambda layer"):
        import_package(whole, place)
    (copied / "model.h5").write_bytes(b"x")
    with pytest.raises(ModelPackageError, match="Lambda"):
        import_package(copied, place)
    (copied / "model.h5").unlink()
    with h5py.File(copied / WEIGHTS_NAME, "a") as file:
        file.attrs["model_config"] = '{"class_name": "Lambda"}'
    record(copied)
    with pytest.raises(ModelPackageError, match="Lambda"):
        import_package(copied, place)


def record(folder: Path, **changes) -> None:
    """Write the hash of the weights, and what else is given, into the card."""
    card = json.loads((folder / CARD_NAME).read_text())
    card["files"][WEIGHTS_NAME] = sha256_of(folder / WEIGHTS_NAME)
    (folder / CARD_NAME).write_text(json.dumps(card | changes))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(copied, place, tmp_path):
    with zipfile.ZipFile(
        zipped(copied, tmp_path / "m.zip"), "a", compression=zipfile.ZIP_DEFLATED
    ) as package:
        package.writestr("notes.txt", bytes(5_000_000))
    with pytest.raises(ModelPackageError, match="zip bomb"):
        import_package(tmp_path / "m.zip", place)
    many = zipped(copied, tmp_path / "many.zip")
    with zipfile.ZipFile(many, "a") as package:
        for k in range(30):
            package.writestr(f"n{k}.txt", "x")
    with pytest.raises(ModelPackageError, match="at most 20"):
        import_package(many, place)


@pytest.mark.parametrize("how", ["link", "huge", "object"])
def test_weights_that_are_more_than_numbers_are_refused(copied, place, how):
    with h5py.File(copied / WEIGHTS_NAME, "a") as file:
        if how == "link":
            file["more"] = h5py.ExternalLink("/etc/other.h5", "/secret")
        elif how == "huge":
            file.create_dataset("more", (10**10,), "f4", chunks=(10**6,))
        else:
            file.create_dataset("more", data=np.void(pickle.dumps(Runs())))
    record(copied)
    with pytest.raises(ModelPackageError, match="Nothing was loaded"):
        import_package(copied, place)


def test_a_wrong_hash_and_a_file_nobody_recorded_are_refused(copied, place):
    (copied / "notes.txt").write_text("x")
    with pytest.raises(ModelPackageError, match="does not record it"):
        import_package(copied, place)
    (copied / "notes.txt").unlink()
    data = bytearray((copied / WEIGHTS_NAME).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / WEIGHTS_NAME).write_bytes(data)
    with pytest.raises(ModelIntegrityError, match="SHA-256"):
        import_package(copied, place)
    assert not list(place.glob("*"))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"format": CARD_FORMAT + 1, "new": 1}, ModelVersionError, "newer program"),
        ({"architecture": "vgg16"}, ModelIntegrityError, "does not fit"),
        ({"architecture": "Lambda"}, ModelIntegrityError, "no known architecture"),
        ({"taxonomy": "FAB5"}, ModelIntegrityError, "another name"),
        ({"id": "../x"}, ModelIntegrityError, "id"),
    ],
)
def test_a_card_that_is_not_right_is_refused(copied, place, changes, error, words):
    record(copied, **changes)
    with pytest.raises(error, match=words):
        import_package(copied, place)


def rewritten(package: Path, out: Path, **parts: str | None) -> Path:
    """The same package with other texts, or without those that are None."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = parts.get(name.removesuffix(".json"), old.read(name))
            if text is not None:
                new.writestr(name, text)
    return out


@pytest.mark.parametrize("change", [{"temperature": 0.1}, {"crop": {"size_px": 64}}])
def test_a_card_that_was_changed_after_the_export_is_refused(made, place, tmp_path, change):
    export_package(made, tmp_path / "m.zip")
    card = json.loads((made / CARD_NAME).read_text())
    for key, value in change.items():
        card[key] = card[key] | value if isinstance(value, dict) else value
    changed = rewritten(tmp_path / "m.zip", tmp_path / "c.zip", card=json.dumps(card))
    with pytest.raises(ModelIntegrityError, match="changed after the model was exported"):
        import_package(changed, place)
    broken = rewritten(tmp_path / "m.zip", tmp_path / "b.zip", manifest="[]")
    with pytest.raises(ModelIntegrityError, match=r"manifest\.json does not tell"):
        import_package(broken, place)
    assert not list(place.glob("*"))


def test_a_package_without_a_hash_of_its_card_says_so(made, place, tmp_path, capsys):
    export_package(made, tmp_path / "m.zip")
    older = rewritten(tmp_path / "m.zip", tmp_path / "old.zip", manifest=None)
    assert run(["models", "import", str(older)]) == 0
    assert packages.UNPROVEN in capsys.readouterr().err
    assert packages.UNPROVEN in read_card(place / "mine-1").limits
    export_package(place / "mine-1", tmp_path / "again.zip")
    assert zipfile.ZipFile(tmp_path / "again.zip").namelist()[:2] == [CARD_NAME, "manifest.json"]


def test_other_classes_and_other_crops_are_named(made, place):
    with pytest.raises(ModelMismatchError, match="granulocyte, lymphocyte apart"):
        import_package(made, place, FAB5, SMALL)
    with pytest.raises(ModelMismatchError, match="32 pixels"):
        import_package(made, place, TWO, CropSpec(96, 0.26, outlined=True))


def test_no_model_and_a_damaged_package_are_told_apart(place, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    for source, error in (
        ("empty", ModelNotFoundError),
        ("nothing.zip", ModelNotFoundError),
        ("broken.zip", ModelPackageError),
    ):
        with pytest.raises(error):
            import_package(tmp_path / source, place)


def test_a_model_is_a_draft_until_a_person_releases_it_on_a_control_set(
    made, place, tmp_path, capsys
):
    assert run(["models", "import", str(made)]) == 0
    crops, words = cells_of(8, 5, CropSpec(96, 0.26))
    rows = ["file,annotation,group"]
    for k, (crop, word) in enumerate(zip(crops, words, strict=True)):
        cv2.imwrite(str(tmp_path / f"{k}.png"), crop[..., ::-1])
        rows.append(f"{k}.png,{'lymphocyte' if word == 'blast' else 'granulocyte'},c{k}")
    (tmp_path / "control.csv").write_text("\n".join(rows))
    say = ["models", "release", "mine-1", "--control", str(tmp_path / "control.csv"), "--by"]
    with pytest.raises(RecordError, match="Nobody is named"):
        run([*say, " "])
    assert read_card(place / "mine-1").state == "draft"
    assert run([*say, "Dr A"]) == 0
    card = read_card(place / "mine-1")
    assert (card.state, card.release.by, card.release.crops) == ("released", "Dr A", 8)
    assert 0 <= card.release.figures["macro_f1"] <= 1
    with pytest.raises(RecordError, match="released already"):
        run([*say, "Dr B"])
    with pytest.raises(ProjectNotFoundError, match="holds no project"):
        run(["models", "list", str(tmp_path)])
    run(["models", "list"])
    assert "released cnn" in capsys.readouterr().out
    out = tmp_path / "out.zip"
    assert run(["models", "export", "mine-1", "--out", str(out)]) == 0
    assert b"Dr A" not in zipfile.ZipFile(out).read(CARD_NAME)
    named = tmp_path / "named.zip"
    assert run(["models", "export", "mine-1", "--out", str(named), "--identifiers"]) == 0
    assert b"Dr A" in zipfile.ZipFile(named).read(CARD_NAME)
    with pytest.raises(OutputExistsError, match="say --overwrite"):
        run(["models", "export", "mine-1", "--out", str(named), "--identifiers"])
    assert run(["models", "export", "mine-1", "--out", str(out), "--overwrite"]) == 0
    with pytest.raises(RecordError, match="comes with the program"):
        run(["models", "remove", "bundled"])
    assert run(["models", "remove", "mine-1"]) == 0
    assert not (place / "mine-1").exists()
    # Released elsewhere: nobody has tried it on cells of this laboratory.
    assert run(["models", "import", str(named)]) == 0
    assert (read_card(place / "mine-1").state, read_card(place / "mine-1").release) == (
        "draft",
        None,
    )
    assert run([*say, "Dr B"]) == 0
    assert read_card(place / "mine-1").release.by == "Dr B"


def test_a_package_that_calls_itself_released_is_a_draft_here(copied, place):
    card = json.loads((copied / CARD_NAME).read_text())
    card["state"] = "released"
    (copied / CARD_NAME).write_text(json.dumps(card))
    import_package(copied, place)
    assert read_card(place / "mine-1").state == "draft"


def test_published_weights_are_carried_in_by_their_hash(place, tmp_path, monkeypatch, capsys):
    stick = tmp_path / "stick"
    stick.mkdir()
    file = imagenet.PUBLISHED["vgg16"]
    (stick / file.name).write_bytes(b"other")
    with pytest.raises(ModelIntegrityError, match="Keras publishes"):
        run(["models", "import", str(stick)])
    own = imagenet.PublishedFile(file.path, imagenet.md5_of(stick / file.name), 1)
    monkeypatch.setitem(imagenet.PUBLISHED, "vgg16", own)
    assert run(["models", "import", str(stick)]) == 0
    assert "vgg16" in capsys.readouterr().out
    assert imagenet.weights_in(place.parent / "imagenet", "vgg16").read_bytes() == b"other"


def test_no_network_says_how_weights_come_here_all_the_same(tmp_path):
    with pytest.raises(DownloadError, match="models import FOLDER") as caught:
        imagenet.fetch("vgg16", tmp_path, mirror="http://127.0.0.1:9")
    assert "--mirror" in str(caught.value)


def test_weights_of_a_network_that_is_none_are_not_started_otherwise():
    with pytest.raises(
        ParameterError, match=r"published for resnet\. Expected one of [a-z0-9, ]+\.$"
    ):
        imagenet.published("resnet")


def test_hashes_are_those_that_keras_publishes():
    import keras.src.applications as applications

    folder = Path(applications.__file__).parent
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    assert all(file.md5 in text for file in imagenet.PUBLISHED.values())


@pytest.fixture
def in_project(made, tmp_path):
    """An open project with the model in it, as it was made."""
    with create_project(tmp_path / "project") as database:
        folder = models_folder(database) / "mine-1"
        shutil.copytree(made, folder)
        facts = {"parent": "", "split_sha256": "", "content": {}}
        add_model(database, "mine-1", card_sha256=card_hash(folder), **facts)
        yield database, folder


def _release(database, tmp_path):
    crops, words = cells_of(8, 5, CropSpec(96, 0.26))
    said = ["lymphocyte" if word == "blast" else "granulocyte" for word in words]
    for k, crop in enumerate(crops):
        cv2.imwrite(str(tmp_path / f"{k}.png"), crop[..., ::-1])
    files = [str(tmp_path / f"{k}.png") for k in range(len(said))]
    table = [f"{file},{word},c{k}" for k, (file, word) in enumerate(zip(files, said, strict=True))]
    (tmp_path / "control.csv").write_text("\n".join(["file,annotation,group", *table]))
    return release_model("mine-1", "Dr A", rows_of_csv(tmp_path / "control.csv"), database)


def test_the_record_of_a_released_model_stays_true_and_is_held_to(in_project, tmp_path):
    database, folder = in_project
    before = models_of(database)[0].card_sha256
    _release(database, tmp_path)
    stored = models_of(database)[0]
    assert stored.card_sha256 == before
    assert stored.released_card_sha256 == card_hash(folder) != before
    assert stored.control["crops"] == 8
    assert "released_card_sha256" not in stored.control
    assert classifier_of("mine-1", database.folder).card.state == "released"
    card = read_card(folder)
    changed = card.release.model_copy(update={"by": "Dr B"})
    with_card(folder, card.model_copy(update={"release": changed}))
    for load in (lambda: classifier_of(folder), lambda: KerasLearner().load(folder)):
        with pytest.raises(ModelIntegrityError, match="the record of its project says"):
            load()


def test_a_release_whose_program_was_killed_before_the_card_is_finished(in_project, tmp_path):
    database, folder = in_project
    draft = (folder / CARD_NAME).read_bytes()
    card = _release(database, tmp_path)
    (folder / CARD_NAME).write_bytes(draft)
    assert classifier_of(folder).card.state == "draft"
    assert _release(database, tmp_path) == card == read_card(folder)
    assert card_hash(folder) == models_of(database)[0].released_card_sha256
