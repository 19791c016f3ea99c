"""Gradients by Keras's own backend, and what is said where it has none."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_all_subtype.errors import BackendError
from napari_all_subtype.model import backend
from napari_all_subtype.model.backend import gradient, load_keras


@pytest.mark.slow
def test_gradient_of_each_row_is_that_of_its_own_value():
    ops = load_keras().ops
    at = np.array([[1.0, 2.0], [3.0, -4.0]], np.float32)
    found = gradient(lambda x: ops.sum(x**3, axis=1), ops.convert_to_tensor(at))
    np.testing.assert_allclose(ops.convert_to_numpy(found), 3 * at**2, rtol=1e-6)


def test_other_backends_are_refused_with_what_to_do(monkeypatch):
    # Keras on another one: none is installed here, and one process has one backend only.
    keras = SimpleNamespace(config=SimpleNamespace(backend=lambda: "torch"))
    monkeypatch.setattr(backend, "load_keras", lambda: keras)
    with pytest.raises(BackendError, match=r"runs on torch.*KERAS_BACKEND=tensorflow"):
        gradient(lambda x: x, [1.0])
