"""Taxonomy, parameters and progress: the words everything else is said in."""

import itertools

import pytest

from napari_all_subtype.config import AnalysisParameters, Parameters, ScaleParameters
from napari_all_subtype.errors import ParameterError, PixelSizeError, Stopped
from napari_all_subtype.progress import Progress, checkpoint, steps
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN


class Listener:
    """Remembers what it was told and stops after a number of reports."""

    def __init__(self, stop_after=None):
        self.heard = []
        self.stop_after = stop_after

    def report(self, progress):
        self.heard.append(progress)

    @property
    def stop_requested(self):
        return self.stop_after is not None and len(self.heard) >= self.stop_after


def test_fab5_has_its_order_and_parents():
    assert FAB5.names == ("normal", "blast", "l1", "l2", "l3")
    assert FAB5.children("blast") == ("l1", "l2", "l3")
    assert FAB5.family("normal") == ("normal",)


def test_letters_keys_and_colours_tell_classes_apart():
    for attribute in ("letter", "key", "colour", "name"):
        values = [getattr(c, attribute) for c in (*FAB5.classes, UNKNOWN)]
        assert len(set(values)) == len(values)
    assert not {c.key for c in EXCLUSIONS} & {c.key for c in FAB5.classes}


def test_unknown_class_is_an_error_that_names_the_known():
    with pytest.raises(ValueError, match=r"normal, blast, l1, l2, l3"):
        FAB5.index("l4")


@pytest.mark.parametrize("value", [0, -0.1, float("nan"), float("inf"), 1000, "big"])
def test_absurd_pixel_size_is_refused_with_advice(value):
    with pytest.raises(PixelSizeError, match="red cells"):
        ScaleParameters.of(pixel_size_um=value)


def test_unknown_parameter_is_refused():
    with pytest.raises(ParameterError, match="colour"):
        ScaleParameters.of(colour="blue")


def test_pixel_size_and_profile_exclude_each_other():
    with pytest.raises(ParameterError, match="Leave out") as caught:
        ScaleParameters.of(pixel_size_um=0.1, profile="100x")
    assert str(caught.value).startswith("Both a pixel size (0.1 µm) and the instrument profile")
    assert "Value error" not in str(caught.value)


def every_field(model=AnalysisParameters):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Parameters):
            yield from every_field(field.annotation)
        else:
            yield name, field


def test_every_parameter_has_a_description_that_ends_a_sentence():
    for name, field in every_field():
        assert field.description, name
        assert field.description.endswith("."), name


def test_no_two_parameters_share_a_name():
    names = [name for name, _ in every_field()]
    assert len(set(names)) == len(names)


def test_steps_yields_everything_and_reports_each():
    listener = Listener()
    assert list(steps("abc", "read", listener)) == list("abc")
    assert listener.heard == [Progress("read", n, 3) for n in range(4)]


def test_stop_ends_the_work_at_the_next_step():
    listener = Listener(stop_after=2)
    done = []
    with pytest.raises(Stopped):
        done.extend(steps(itertools.count(), "read", listener))
    assert len(listener.heard) == 2


def test_checkpoint_passes_while_nobody_asks_to_stop():
    listener = Listener()
    checkpoint(listener, Progress("read"))
    assert len(listener.heard) == 1
