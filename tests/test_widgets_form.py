"""Forms, words and choices of the dock, without a canvas."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Image
from pydantic import Field
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolTip

from examples import example_analysis
from napari_all_subtype._widgets.form import (
    ParameterForm,
    all_names,
    field_of,
    with_values,
)
from napari_all_subtype._widgets.inputs import SmearChooser, pixel_size_of_layer, pixels_of
from napari_all_subtype._widgets.legend import Legend
from napari_all_subtype._widgets.parameter_editor import title_of, unit_of
from napari_all_subtype._widgets.profile_dialog import ProfileDialog
from napari_all_subtype._widgets.setup import NEW_PROFILE, SetupPanel
from napari_all_subtype.cells.profiles import (
    CONFIG_VARIABLE,
    InstrumentProfile,
    list_profiles,
    load_profile,
    save_profile,
)
from napari_all_subtype.config import AnalysisParameters, Parameters
from napari_all_subtype.errors import ParameterError, PixelSizeError
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.summarise import FieldCells, summarise

DEFAULTS = AnalysisParameters()


class Sample(Parameters):
    """One parameter of each kind."""

    side_px: int = Field(5, ge=1, le=9, description="A side.")
    share: float = Field(0.25, gt=0.0, le=1.0, description="A share.")
    size_um: float | None = Field(None, ge=0.02, le=1.0, description="A size.")
    switch: bool = Field(True, description="A switch.")
    word: str = Field("a", description="A word.")
    maybe: str | None = Field(None, description="A word or none.")


@pytest.fixture(autouse=True)
def own_profiles(tmp_path, monkeypatch):
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path))


def form_of(qtbot, parameters, names=None):
    form = ParameterForm(parameters, names or all_names(parameters))
    qtbot.addWidget(form)
    return form


def test_untouched_form_gives_the_defaults_back(qtbot):
    form = form_of(qtbot, DEFAULTS)
    assert with_values(DEFAULTS, form.values()) == DEFAULTS


def test_every_parameter_has_its_description_as_tooltip(qtbot):
    form = form_of(qtbot, DEFAULTS)
    for name in all_names(DEFAULTS):
        description = field_of(DEFAULTS, name)[0].description
        assert description
        assert form.editor(name).toolTip().startswith(description)


def test_each_kind_of_value_is_read_as_it_was_set(qtbot):
    form = form_of(qtbot, Sample())
    chosen = {
        "side_px": 7,
        "share": 0.5,
        "size_um": 0.11,
        "switch": False,
        "word": "b",
        "maybe": "c",
    }
    for name, value in chosen.items():
        form.set_value(name, value)
    assert form.values() == chosen
    form.set_value("size_um", None)
    form.set_value("maybe", None)
    assert form.values()["size_um"] is None
    assert form.values()["maybe"] is None


def test_form_lets_nothing_in_that_the_model_refuses(qtbot):
    form = form_of(qtbot, Sample())
    for name in ("side_px", "share", "size_um"):
        box = form.editor(name)
        for value in (box.minimum(), box.maximum()):
            box.setValue(value)
            with_values(Sample(), form.values())


@given(value=st.floats(0.02, 1.0))
def test_pixel_size_keeps_four_decimals(qapp, value):
    form = ParameterForm(DEFAULTS, ["scale.pixel_size_um"])
    form.set_value("scale.pixel_size_um", value)
    assert math.isclose(form.values()["scale.pixel_size_um"], value, abs_tol=5.1e-5)


@pytest.mark.parametrize("typed", ["10", "0", "-1", "1.5"])
def test_number_out_of_range_is_told_and_not_made_another(qtbot, typed):
    form = form_of(qtbot, DEFAULTS, ["scale.pixel_size_um"])
    form.set_value("scale.pixel_size_um", 0.13)
    form.show()
    box = form.editor("scale.pixel_size_um")
    box.selectAll()
    qtbot.keyClicks(box, typed)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert form.values() == {"scale.pixel_size_um": 0.13}
    told = f"{typed} is not between 0.0200 and 1.0000 µm: the value before stays."
    assert QToolTip.text() == told
    QToolTip.hideText()


def test_bad_value_is_an_error_of_ours():
    with pytest.raises(PixelSizeError):
        with_values(DEFAULTS, {"scale.pixel_size_um": -1.0})
    with pytest.raises(ParameterError):
        with_values(DEFAULTS, {"segmentation.sensitivity": 2.0})


def test_titles_are_words_and_units_stand_behind_the_number():
    names = all_names(DEFAULTS)
    titles = [title_of(name, field_of(DEFAULTS, name)[0]) for name in names]
    assert len(set(titles)) == len(titles)
    assert not any("_" in title or title in ("Max", "Min") for title in titles)
    assert unit_of("segmentation.min_nucleus_diameter_um") == "µm"
    assert unit_of("segmentation.working_um_per_px") == "µm/px"
    assert unit_of("segmentation.sensitivity") == ""


def test_chosen_profile_takes_the_entered_pixel_size_away(qtbot):
    save_profile(InstrumentProfile("hundred", 0.107))
    panel = SetupPanel()
    qtbot.addWidget(panel)
    panel.main.set_value("scale.pixel_size_um", 0.2)
    panel.profile.setCurrentIndex(panel.profile.findData("hundred"))
    panel.profile.activated.emit(panel.profile.currentIndex())
    assert panel.parameters().scale.profile == "hundred"
    assert panel.parameters().scale.pixel_size_um is None
    assert not panel.main.editor("scale.pixel_size_um").isEnabled()


def test_profile_dialog_saves_a_profile_or_says_what_is_wrong(qtbot):
    dialog = ProfileDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.accept()
    assert "cannot name" in dialog.problem.text()
    assert dialog.problem.height() >= dialog.problem.heightForWidth(dialog.problem.width())
    assert list_profiles() == []
    dialog.name.setText("Zeiss 100x")
    dialog.um_per_px.setValue(0.107)
    dialog.accept()
    assert load_profile(dialog.saved).um_per_px == pytest.approx(0.107)


def test_new_profile_is_chosen_once_it_is_saved(qtbot, monkeypatch):
    def answer(dialog):
        dialog.name.setText("new one")
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(ProfileDialog, "exec", answer)
    panel = SetupPanel()
    qtbot.addWidget(panel)
    panel.profile.setCurrentIndex(panel.profile.findText(NEW_PROFILE))
    panel.profile.activated.emit(panel.profile.currentIndex())
    assert panel.chosen_profile == "new one"


def test_other_model_is_chosen_by_its_folder(qtbot):
    panel = SetupPanel()
    qtbot.addWidget(panel)
    assert panel.parameters().model.model == "bundled"
    panel.add_model("/somewhere/my-model")
    assert panel.model.currentText() == "my-model"
    assert panel.parameters().model.model == "/somewhere/my-model"


def colour_image(**options):
    return Image(np.zeros((40, 50, 3), np.uint8), rgb=True, **options)


def test_length_units_of_a_layer_are_a_pixel_size():
    size = pixel_size_of_layer(colour_image(scale=(130, 130), units=("nm", "nm")))
    assert (round(size.um_per_px, 6), size.origin) == (0.13, "layer")


@pytest.mark.parametrize(
    "options", [{}, {"scale": (0.1, 0.1)}, {"scale": (0.1, 0.2), "units": ("um", "um")}]
)
def test_layer_without_lengths_or_with_oblong_pixels_states_no_pixel_size(options):
    assert pixel_size_of_layer(colour_image(**options)) is None


def test_absurd_layer_scale_is_refused():
    with pytest.raises(PixelSizeError, match="25 micrometres"):
        pixel_size_of_layer(colour_image(scale=(25, 25), units=("um", "um")))


def test_pixels_are_the_finest_level_at_the_slice_shown():
    stack = np.arange(3 * 8 * 9 * 3, dtype=np.uint8).reshape(3, 8, 9, 3)
    np.testing.assert_array_equal(pixels_of(Image(stack, rgb=True), (2, 0, 0)), stack[2])
    pyramid = [np.zeros((40, 50, 3), np.uint8), np.zeros((20, 25, 3), np.uint8)]
    assert pixels_of(Image(pyramid, rgb=True, multiscale=True)).shape == (40, 50, 3)


def test_choice_stays_while_other_layers_come_and_go(qtbot):
    chooser = SmearChooser()
    qtbot.addWidget(chooser)
    assert chooser.current() is None
    a, b, c = (colour_image(name=name) for name in "abc")
    chooser.set_layers([a, b])
    chooser.choose(b)
    chooser.set_layers([c, a, b])
    assert chooser.current() is b
    chooser.set_layers([c, a])
    assert chooser.current() is c
    chooser.set_folder("smear 7")
    chooser.set_layers([])
    assert chooser.current() == "smear 7"


def test_legend_shows_a_count_for_every_class(qtbot):
    legend = Legend(FAB5)
    qtbot.addWidget(legend)
    analysis = example_analysis()
    legend.show_counts(summarise([FieldCells.of(analysis)], "smear").classes)
    assert [legend.count_text(name).split()[0] for name in FAB5.names] == ["1", "1", "1", "0", "0"]
    legend.show_counts({})
    assert legend.count_text("l1") == "–"


def test_a_folded_form_has_its_values_before_its_rows_are_made(qtbot):
    setup = SetupPanel()
    qtbot.addWidget(setup)
    assert setup.more.layout() is None
    before = setup.parameters()
    setup.collapsible.expand(animate=False)
    assert setup.more.layout() is not None
    assert setup.parameters() == before == AnalysisParameters()


def test_a_folded_form_takes_a_value_before_it_is_seen(qtbot):
    setup = SetupPanel()
    qtbot.addWidget(setup)
    setup.more.set_value("model.batch_size", 8)
    assert setup.parameters().model.batch_size == 8


OPEN_THE_DOCKS = """
import os, sys
from importlib import import_module
from qtpy.QtWidgets import QApplication
app = QApplication([])
from napari.components import ViewerModel
from napari_all_subtype._widgets.session import session_of
viewer = ViewerModel()
docks, first = [], None
for module, name in {docks}:
    docks.append(getattr(import_module("napari_all_subtype._widgets." + module), name)(viewer))
    first = sorted({pictures} & set(sys.modules)) if first is None else first
print(sorted({heavy} & set(sys.modules)), first, session_of(viewer).worker.pid, flush=True)
os._exit(0)  # the docks belong to no window that would end them
"""
DOCKS = [
    ("review.dock", "ReviewSmear"),
    ("dock", "AnalyseSmear"),
    ("gallery.dock", "CellGallery"),
    ("train.dock", "TrainModel"),
    ("self_training.dock", "SelfTraining"),
]
# Each takes long to import, and none is needed before there is a result or an order.
HEAVY = {
    *("tensorflow", "keras", "jax", "torch", "stardist", "cellpose"),
    *("pandas", "pyarrow", "sklearn", "h5py", "matplotlib", "seaborn", "zarr"),
    # Of scipy itself napari loads the top.
    *("scipy.special", "scipy.ndimage", "scipy.optimize", "scipy.stats"),
}
# What draws and reads pictures: the dock that is opened first, the review, has none to draw.
PICTURES = {"cv2", "PIL", "napari_all_subtype.cells.fab", "napari_all_subtype._widgets.controller"}


@pytest.mark.slow
def test_opening_the_docks_loads_no_heavy_library_and_starts_no_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", OPEN_THE_DOCKS.format(docks=DOCKS, heavy=HEAVY, pictures=PICTURES)],
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "NAPARI_CONFIG": str(tmp_path / "settings.yaml"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == "[] [] None"
