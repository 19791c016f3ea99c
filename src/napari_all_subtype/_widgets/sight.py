"""What is in sight in a viewer: where its camera looks, and which layer lies above which."""

from __future__ import annotations

from napari.layers import Image, Layer


def camera_of(viewer):
    """The camera under its name since napari 0.9, or the one before."""
    scene = getattr(viewer, "scene", None)
    return scene.camera if scene is not None else viewer.camera


def frame(image: Image) -> tuple[bool, float]:
    """Whether `image` is in sight, and how large its pixels are in the world."""
    return image.visible, float(image.scale[-1])


def keep_in_sight(viewer, image: Image, before: tuple[bool, float] | None) -> None:
    """Look at the same part of `image` in its new scale; at all of another image.

    Parameters
    ----------
    before : tuple of bool, float, or None
        Its :func:`frame` before the change; None where there was no such layer.
    """
    visible, scale = frame(image)
    if before is None or before[0] != visible:
        viewer.reset_view()
    elif visible and before[1] != scale:
        camera = camera_of(viewer)
        camera.center = tuple(scale / before[1] * along for along in camera.center)
        camera.zoom *= before[1] / scale


def highest(viewer, *layers: Layer) -> Layer:
    """The one of `layers` that lies above the others; the first where a person deleted them all."""
    there = [layer for layer in layers if layer in viewer.layers]
    return max(there, key=viewer.layers.index, default=layers[0])


def raise_above(viewer, below: Layer, *others: Layer) -> None:
    """Have `others` in this order above `below`, whatever was made when; some may be deleted."""
    layers = viewer.layers
    for layer in (one for one in others if one in layers):
        if below in layers and layers.index(layer) < layers.index(below):
            layers.move(layers.index(layer), len(layers))
        below = layer
