"""Keras, loaded late and quietly, and the device it runs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from napari_all_subtype.errors import BackendError

# Of the backend in use; there is no type that all have in common.
Tensor = Any


def load_keras() -> ModuleType:
    """Keras on its TensorFlow backend, imported at the first call (4–10 s).

    A backend or log level that is set in the environment is left alone.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Read once while TensorFlow is imported: 3 keeps its later chatter off stderr.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" in sys.modules or os.environ["TF_CPP_MIN_LOG_LEVEL"] != "3":
        import keras
    else:
        with _muted_stderr():
            import keras
    return keras


@contextmanager
def _muted_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere for a moment.

    TensorFlow's libraries write a few lines there before they read their log
    level. Python's exceptions still reach the caller.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def gradient(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """How the sum of what `function` gives changes with `at`: a tensor like `at`.

    Keras itself has no gradients outside of training; each backend has its own.

    Raises
    ------
    BackendError
        If Keras runs on another backend than TensorFlow.
    """
    backend = load_keras().config.backend()
    if backend != "tensorflow":
        raise BackendError(
            f"Keras runs on {backend}; gradients are taken with TensorFlow only. Set "
            "KERAS_BACKEND=tensorflow, or unset it, and start again."
        )
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(at)
        values = function(at)
    return tape.gradient(values, at)


def device_name() -> str:
    """Where a model runs, in words for people: ``CPU`` or ``GPU: <name>``."""
    gpus = load_keras().distribution.list_devices("gpu")
    if not gpus:
        return "CPU"
    return f"GPU: {_graphics_card() or gpus[0]}"


def _graphics_card(driver: Path = Path("/proc/driver/nvidia/gpus")) -> str:
    """Name of the first card the Linux driver lists, empty where it lists none."""
    for information in sorted(driver.glob("*/information")):
        for line in information.read_text(errors="replace").splitlines():
            if line.startswith("Model:"):
                return line.removeprefix("Model:").strip()
    return ""
