"""Many images: what is kept when one fails, when a person stops, when something breaks."""

import json

import numpy as np
import pytest
from PIL import Image

from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.scale import pixel_sizes_of
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import ModelNotFoundError, Stopped
from napari_all_subtype.workflow.batch import analyse_batch
from napari_all_subtype.workflow.inputs import prepare
from napari_all_subtype.workflow.smear_scale import scale_of_smear
from test_analyse import SizeClassifier
from test_words import Listener


def analyse(fields, out, classifier=None, **settings):
    return analyse_batch(fields, out, classifier=classifier or SizeClassifier(), **settings)


@pytest.fixture
def three(tmp_path, smear_file):
    folder = tmp_path / "fields"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.png").write_bytes(smear_file.read_bytes())
    return prepare([folder])


class StopAtImage(Listener):
    """Asks to stop once the given number of images is done."""

    @property
    def stop_requested(self):
        last = self.heard[-1]
        return last.stage == "images" and last.done >= self.stop_after


def state(out):
    return json.loads((out / "batch.json").read_text())


def test_stopped_batch_keeps_what_is_finished_and_says_so(three, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(Stopped):
        analyse(three, out, monitor=StopAtImage(1))
    assert sorted(path.name for path in out.iterdir()) == ["0", "batch.json"]
    assert state(out)["state"] == "stopped"
    assert [image["file"] for image in state(out)["images"]] == ["0.png"]


def test_unforeseen_error_is_recorded_and_the_others_go_on(three, tmp_path):
    class BreaksOnce(SizeClassifier):
        calls = 0

        def predict(self, *arguments):
            self.calls += 1
            # A scale that is measured has the model asked three times of each field.
            if self.calls == 4:
                raise ZeroDivisionError(f"in {three[1].path}")
            return super().predict(*arguments)

    result = analyse(three, tmp_path / "out", BreaksOnce())
    assert [bool(outcome.error) for outcome in result.outcomes] == [False, True, False]
    assert "--debug" in result.failed[0].error
    assert str(tmp_path) not in (tmp_path / "out" / "batch.json").read_text()


def test_fields_that_show_the_same_place_are_flagged_and_summed(smear, tmp_path):
    for name, part in (("0.png", np.s_[:, :560]), ("1.png", np.s_[:, 80:])):
        Image.fromarray(smear.pixels[part]).save(tmp_path / name)
    fields = prepare([tmp_path / "0.png", tmp_path / "1.png"])
    result = analyse(fields, tmp_path / "out")
    (total,) = result.smears
    assert "overlaps 0.png" in total.flags["1.png"]
    assert not any("overlaps" in flag for flag in total.flags["0.png"])
    assert total.n_cells == sum(len(outcome.cells.cells) for outcome in result.outcomes)
    summary = json.loads((tmp_path / "out" / "1" / "summary.json").read_text())
    assert "overlaps 0.png" in summary["flags"]["1.png"]


def test_same_picture_is_counted_once_and_kept_in_its_own_folder(three, tmp_path):
    once = analyse(three[:1], tmp_path / "once").smears[0]
    (total,) = analyse(three, tmp_path / "out").smears
    assert (total.n_cells, total.fields) == (once.n_cells, ("0.png",))
    assert total.blast_any == once.blast_any
    for name in ("1.png", "2.png"):
        assert "same picture as 0.png: counted once" in total.flags[name]
        assert not any("overlaps" in flag for flag in total.flags[name])
    own = json.loads((tmp_path / "out" / "2" / "summary.json").read_text())
    assert own["n_cells"] == once.n_cells
    assert "same picture as 0.png: counted once" in own["flags"]["2.png"]
    images = state(tmp_path / "out")["images"]
    assert [image["same_picture_as"] for image in images] == [None, "0.png", "0.png"]


def test_same_picture_of_two_smears_is_counted_in_both(smear_file, tmp_path):
    for patient in "ab":
        (tmp_path / patient).mkdir()
        (tmp_path / patient / "x.png").write_bytes(smear_file.read_bytes())
    first, second = analyse(prepare([tmp_path / "a", tmp_path / "b"]), tmp_path / "out").smears
    assert first.n_cells == second.n_cells > 0
    assert not any("same picture" in flag for flag in second.flags.get("x.png", ()))


def test_picture_whose_twin_failed_is_counted(three, tmp_path):
    class BreaksFirst(SizeClassifier):
        calls = 0

        def predict(self, *arguments):
            self.calls += 1
            if self.calls == 1:
                raise ZeroDivisionError
            return super().predict(*arguments)

    (total,) = analyse(three, tmp_path / "out", BreaksFirst()).smears
    assert total.fields == ("1.png",)
    assert total.n_cells > 0


def test_same_picture_feeds_the_ruler_once(three):
    paths = [field.path for field in three]
    (once,) = scale_of_smear(paths, AnalysisParameters()).values()
    (alone,) = pixel_sizes_of([open_image(paths[0])])
    assert once == alone


def test_model_that_fails_to_load_leaves_no_output(three, tmp_path):
    with pytest.raises(ModelNotFoundError):
        analyse_batch(three, tmp_path / "out", AnalysisParameters.of(model={"model": "none"}))
    assert not (tmp_path / "out").exists()


def test_progress_counts_images(three, tmp_path):
    listener = Listener()
    analyse(three, tmp_path / "out", monitor=listener)
    counts = [p.done for p in listener.heard if p.stage == "images"]
    assert counts == [0, 1, 2, 3]


def test_fields_of_a_smear_share_one_ruler(three, tmp_path):
    analyse(three, tmp_path / "out")
    sizes = [
        json.loads((tmp_path / "out" / str(n) / "summary.json").read_text())["provenance"]
        for n in range(3)
    ]
    assert {size["pixel_size"]["origin"] for size in sizes} == {"red cells"}
    assert len({size["pixel_size"]["um_per_px"] for size in sizes}) == 1


def test_given_pixel_size_needs_no_ruler(three, tmp_path):
    parameters = AnalysisParameters.of(scale={"pixel_size_um": 0.13})
    analyse(three, tmp_path / "out", parameters=parameters)
    summary = json.loads((tmp_path / "out" / "0" / "summary.json").read_text())
    assert summary["provenance"]["pixel_size"]["origin"] == "user"
