"""Colours of classes and exclusions are told apart with any colour vision, and on a smear."""

import itertools

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, UNKNOWN

# Machado et al. 2009, severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
GROUNDS = {"pink": "#E2B4BE", "dark violet": "#6E3C8C", "violet": "#9A6FB5"}
COLOURS = {c.name: c.colour for c in (*FAB5.classes, UNKNOWN, *EXCLUSIONS)}


def seen(colour, vision):
    """What somebody sees of ``#rrggbb``: CIELAB."""
    rgb = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(VISION[vision] @ linear, 0, 1)
    return rgb2lab(
        np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    )


@pytest.mark.parametrize("vision", VISION)
def test_no_two_colours_look_alike(vision):
    for one, other in itertools.combinations(COLOURS, 2):
        difference = deltaE_ciede2000(seen(COLOURS[one], vision), seen(COLOURS[other], vision))
        assert difference > 11, (one, other)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_exclusion_is_seen_on_a_smear(vision, ground):
    for exclusion in EXCLUSIONS:
        difference = deltaE_ciede2000(seen(exclusion.colour, vision), seen(GROUNDS[ground], vision))
        assert difference > 13, exclusion.name


@pytest.mark.parametrize("vision", VISION)
def test_eleven_classes_of_a_person_look_different_and_are_seen_on_a_smear(vision):
    own = taxonomy_of_names([f"kind_{n}" for n in range(11)])
    everything = (*own.classes, UNKNOWN, *EXCLUSIONS)
    for one, other in itertools.combinations([c.colour for c in everything], 2):
        assert deltaE_ciede2000(seen(one, vision), seen(other, vision)) > 10, (one, other)
    for one, ground in itertools.product(own.classes, GROUNDS.values()):
        assert deltaE_ciede2000(seen(one.colour, vision), seen(ground, vision)) > 10, one.colour


def test_letters_and_keys_are_told_apart():
    everything = (*FAB5.classes, UNKNOWN, *EXCLUSIONS)
    for attribute in ("letter", "name", "title", "colour"):
        assert len({getattr(c, attribute) for c in everything}) == len(everything)
    keys = [c.key for c in everything if c.key]
    assert len(set(keys)) == len(keys)
