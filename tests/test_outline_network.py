"""The network that draws outlines: its shape and its training."""

from __future__ import annotations

import numpy as np
import pytest

from napari_all_subtype.cells.outlines import CHANNELS, ViewSpec
from napari_all_subtype.errors import ParameterError
from napari_all_subtype.model.backend import load_keras
from napari_all_subtype.model.outline_fitting import TrueViews, augment_view, fit_outlines
from napari_all_subtype.model.outline_network import NetworkOutliner, build_outline_network
from napari_all_subtype.model.parameters import OutlineFittingParameters

pytestmark = pytest.mark.slow

SPEC = ViewSpec(size_px=32)


def true_views(n=12, knows_cell=True):
    """Discs of two sizes whose colour shows them."""
    y, x = np.indices((32, 32)) - 15.5
    views = np.zeros((n, 32, 32, len(CHANNELS)), np.float16)
    truth = np.zeros((n, 32, 32, 2), np.float16)
    for k in range(n):
        radius = 6 + k % 5
        truth[k, ..., 0] = np.hypot(y, x) < 0.6 * radius
        truth[k, ..., 1] = np.hypot(y, x) < radius
        views[k, ..., :3] = 0.1 + 0.4 * truth[k, ..., 1:] + 0.3 * truth[k, ..., :1]
        views[k, ..., 3], views[k, ..., 5] = np.hypot(y, x) < 3, np.hypot(y, x) < 5
    known = np.full(n, knows_cell)
    return TrueViews(views, truth, known, np.array(["a", "b"] * (n // 2)))


@pytest.mark.parametrize("n", [0, 1, 16, 17])
def test_any_number_of_views_gives_as_many_probabilities(n):
    outliner = NetworkOutliner(build_outline_network(SPEC, 8), SPEC)
    rng = np.random.default_rng(0)
    views = rng.random((n, 32, 32, len(CHANNELS)), np.float32)
    probabilities = outliner(views)
    assert probabilities.shape == (n, 32, 32, 2)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    np.testing.assert_allclose(outliner(views[:1]), probabilities[:1], atol=1e-5)


@pytest.fixture(scope="module")
def trained():
    """Two networks trained alike, and their losses."""
    networks, losses = [], []
    for _ in range(2):
        load_keras().utils.set_random_seed(3)
        networks.append(build_outline_network(SPEC, 8))
        parameters = OutlineFittingParameters(steps=120, batch_size=8)
        losses.append(fit_outlines(networks[-1], true_views(), 3, parameters))
    return networks, losses


def test_training_lowers_the_loss_and_is_the_same_for_a_seed(trained):
    _, losses = trained
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0][1] < 0.7 * losses[0][0]


@pytest.mark.parametrize("knows_cell", [True, False])
def test_cell_that_nobody_outlined_teaches_nothing_of_its_outline(trained, knows_cell):
    (network, _), _ = trained
    views = true_views(knows_cell=knows_cell)
    known = np.broadcast_to(np.float32(knows_cell), (*views.truth.shape[:3], 1))
    truth = np.concatenate([views.truth.astype(np.float32), known], axis=-1)
    other = truth.copy()
    other[..., 1] = 0
    logits = network(views.views.astype(np.float32), training=False)
    losses = [float(network.compute_loss(y=y, y_pred=logits)) for y in (truth, other)]
    assert (losses[0] == pytest.approx(losses[1], rel=1e-5)) is not knows_cell


def test_nothing_to_train_on_is_an_error():
    with pytest.raises(ParameterError, match="at least one"):
        fit_outlines(build_outline_network(SPEC, 8), true_views(0), 0)


@pytest.mark.parametrize("seed", range(5))
def test_augmented_view_turns_with_its_truth(seed):
    views = true_views()
    view, truth = views.views[4].astype(np.float32), views.truth[4].astype(np.float32)
    stain = np.array([[60, 10, -10], [15, 8, 8]], np.float32)
    rng = np.random.default_rng(seed)
    parameters = OutlineFittingParameters(zoom_spread=0, shift_px=0, drop_colours_chance=0)
    new, masks = augment_view(view, truth, stain, rng, parameters)
    assert new.shape == view.shape
    assert masks.shape == truth.shape
    assert ((new[..., :3] >= 0) & (new[..., :3] <= 1)).all()
    assert ((masks >= 0) & (masks <= 1)).all()
    # A disc stays one, whatever its turn, and stays where the view shows it.
    assert masks[..., 1].sum() == pytest.approx(truth[..., 1].sum(), rel=0.1)
    cell = masks[..., 1] > 0.5
    assert new[cell, :3].mean() > new[~cell, :3].mean()
