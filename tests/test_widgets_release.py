"""The dock *Train* with networks: from ImageNet weights to a model that a person releases."""

import json

import cv2
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from learning_project import UM, picture
from learning_steps import ended
from napari_all_subtype._widgets.train.dock import TrainModel
from napari_all_subtype._widgets.train.release_dialog import ReleaseDialog
from napari_all_subtype.project.models import models_of
from network_child import NAME, serve_networks

pytest_plugins = ["learning_fixtures"]
pytestmark = pytest.mark.window
LONG_MS = 180_000


@pytest.fixture
def dock(learning_dock, project_folder, qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_DATA", str(tmp_path / "data"))
    _, dock = learning_dock(TrainModel, project_folder, serve_networks)
    qtbot.waitUntil(lambda: dock.trainer.survey is not None, timeout=LONG_MS)
    few = {"head_epochs": 1, "fine_tune_epochs": 0}
    for name, value in few.items():
        dock.setup.main.set_value(f"training.{name}", value)
    dock.setup.more.set_value("training.changed_views", 1)
    return dock


@pytest.fixture
def control(tmp_path):
    """Table of cells of cases that the project has not."""
    rows = ["file,annotation,group"]
    for n, kind in enumerate(["normal", "blast"] * 3):
        cv2.imwrite(str(tmp_path / f"c{n}.png"), picture(kind, 4000 + n)[0][..., ::-1])
        rows.append(f"c{n}.png,{kind},elsewhere {n // 2}")
    (tmp_path / "control.csv").write_text("\n".join(rows))
    return tmp_path / "control.csv"


def in_dialog(act):
    """Have `act` done in the dialog that the next click opens."""

    def found():
        (dialog,) = [
            one for one in QApplication.topLevelWidgets() if isinstance(one, ReleaseDialog)
        ]
        act(dialog)

    QTimer.singleShot(0, found)


def trained(dock, qtbot, backbone):
    dock.setup.main.set_value("training.backbone", backbone)
    dock.setup.weights.setCurrentIndex(dock.setup.weights.findData("imagenet"))
    return ended(qtbot, dock.trainer.learning, dock.footer.start_button.click)


def test_model_from_imagenet_weights_is_measured_and_released_by_a_person(dock, control, qtbot):
    # Weights that are not here: nothing is begun, and it is said how they come.
    assert "models fetch vgg16" in trained(dock, qtbot, "vgg16").message
    assert "models fetch vgg16" in dock.footer.told.text()
    database, learning = dock.trainer.record.database, dock.trainer.learning
    assert models_of(database) == []

    assert not trained(dock, qtbot, NAME).message
    (draft,) = models_of(database)
    assert draft.content["settings"]["training"]["weights"] == "imagenet"
    qtbot.waitUntil(lambda: dock.models.release_button.isEnabled(), timeout=LONG_MS)
    card = dock.models.chosen.card
    assert (card.id, card.architecture, card.state) == (draft.model_id, NAME, "draft")

    def measure(dialog):
        assert not dialog.measure_button.isEnabled()
        dialog.table.setText(str(control))
        dialog.name.setText("Dr. C")
        assert dialog.chosen.scale.pixel_size_um == UM  # as people said of the project's pictures
        assert not dialog.release_button.isEnabled()  # it was not measured on it
        dialog.measure_button.click()

    in_dialog(measure)
    assert not ended(qtbot, learning, dock.models.release_button.click).message
    assert learning.order.scale.pixel_size_um == UM
    assert "6 cells of 3 groups: the control set control.csv" in dock.result.told.text()
    assert models_of(database)[0].kind == "draft"

    def release(dialog):
        assert dialog.table.text() == str(control)
        assert not dialog.release_button.isEnabled()  # nobody is named
        dialog.name.setText("Dr. C")
        dialog.scale.set_value("pixel_size_um", None)
        assert not dialog.release_button.isEnabled()  # it was measured at another size
        dialog.scale.set_value("pixel_size_um", UM)
        dialog.release_button.click()

    in_dialog(release)
    assert not ended(qtbot, learning, dock.models.release_button.click).message
    assert f"<b>{draft.model_id}</b> is released by Dr. C." in dock.footer.told.text()
    (model,) = models_of(database)
    assert (model.kind, model.released_by) == ("released", "Dr. C")
    qtbot.waitUntil(lambda: "released" in dock.models.list.currentText(), timeout=LONG_MS)
    assert not dock.models.release_button.isEnabled()
    assert "Released by Dr. C.<br>On the control set: 6 cells of 3" in dock.models.card.text()
    kept = json.loads((database.folder / "models" / model.folder / "card.json").read_text("utf-8"))
    assert kept["release"]["crops"] == 6
    assert control.name not in json.dumps(kept)


def test_dialog_that_is_cancelled_begins_nothing(dock, qtbot):
    heard = []
    dock.trainer.learning.started.connect(heard.append)
    in_dialog(lambda dialog: dialog.reject())
    dock.trainer.releaser.ask(dock.models.chosen)
    assert not heard
