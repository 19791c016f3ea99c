"""A bad value is told in the words of the command line: its option, the range, the unit."""

from __future__ import annotations

from typing import Literal, get_origin

import pytest
from pydantic import ValidationError

from napari_all_subtype.commands import run
from napari_all_subtype.config import AnalysisParameters, ScaleParameters
from napari_all_subtype.errors import ParameterError, PixelSizeError
from napari_all_subtype.options import bad_option, expected, option_name

NUMBERS = [
    (name, info)
    for group in AnalysisParameters.model_fields.values()
    for name, info in group.annotation.model_fields.items()
    if name not in ("model", "profile", "segmenter_model")
    and get_origin(info.annotation) != Literal
]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--pixel-size=0", "--pixel-size 0: expected 0.02 to 1 micrometres per pixel"),
        ("--pixel-size=wide", "--pixel-size wide: expected 0.02 to 1 micrometres per pixel"),
        ("--batch-size=0", "--batch-size 0: expected a whole number, 1 to 4096."),
        ("--batch-size=2.5", "--batch-size 2.5: expected a whole number, 1 to 4096."),
        ("--subtype-threshold=0.5", "--subtype-threshold 0.5: expected more than 0.5, at most 1."),
        ("--tile-px=5", "--tile-px 5: expected a whole number, 256 to 16384 pixels."),
        (
            "--slice-index=-1",
            "--slice-index -1: expected a whole number, 0 to 1000000.",
        ),
        (
            "--max-megapixels=0",
            "--max-megapixels 0: expected more than 0, at most 20000 megapixels.",
        ),
        ("--max-cytoplasm=99", "--max-cytoplasm 99: expected 0.5 to 15 micrometres."),
        ("--segmenter=otsu", "--segmenter otsu: expected one of classical, stardist, cellpose."),
    ],
)
def test_bad_value_names_option_range_and_unit(words, sentence):
    with pytest.raises(ParameterError) as caught:
        run(["analyse", "x.png", "--out", "results", words])
    assert str(caught.value).startswith(sentence)


def test_bad_pixel_size_is_a_pixel_size_error():
    with pytest.raises(PixelSizeError, match="red cells"):
        run(["classify", "x.png", "--out", "cells.csv", "--pixel-size", "7"])


@pytest.mark.parametrize(("name", "info"), NUMBERS, ids=[name for name, _ in NUMBERS])
def test_every_number_on_the_command_line_has_a_range(name, info):
    assert any(letter.isdigit() for letter in expected(name, info))


def test_values_that_do_not_go_together_keep_their_own_sentence():
    with pytest.raises(ValidationError) as caught:
        ScaleParameters(pixel_size_um=0.1, profile="100x")
    assert "Leave out the other" in str(bad_option(caught.value))


def test_no_two_options_share_a_name():
    assert len({name for name, _ in NUMBERS}) == len(NUMBERS)


def test_option_has_no_unit_in_its_name():
    assert option_name("pixel_size_um") == "pixel-size"
    assert option_name("batch_size") == "batch-size"
