"""The keys of the edit tools, on our own layers only, and the strokes made there."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from napari.layers import Labels

from napari_all_subtype._widgets.layers import ResultLayers
from napari_all_subtype._widgets.tool_kinds import TOOLS

END_KEY = "Escape"


class EditKeys:
    """Binds keys to the layers of a result as they come.

    Napari's own undo on these layers would go back past our log, so its keys are ours.

    Parameters
    ----------
    pressed : callable
        Called with the name of a tool, or an empty string for none.
    painted : callable
        Called with napari's event after a stroke on the layer of the cells.
    """

    def __init__(
        self,
        layers: ResultLayers,
        pressed: Callable[[str], None],
        painted: Callable[[object], None],
    ):
        self.layers, self._pressed, self._painted = layers, pressed, painted
        self._bound: weakref.WeakSet[Labels] = weakref.WeakSet()

    def bind(self) -> None:
        """Bind the layers that there are and that are not bound yet."""
        for layer in (self.layers.cells, self.layers.subtypes):
            if layer is None or layer in self._bound:
                continue
            self._bound.add(layer)
            for key, name in self._keys():
                layer.bind_key(key, lambda _layer, name=name: self._pressed(name), overwrite=True)
            if layer is self.layers.cells:
                layer.events.paint.connect(self._painted)

    def release(self) -> None:
        """Give the keys back to napari."""
        for layer in list(self._bound):
            for key, _ in self._keys():
                layer.bind_key(key, None)
            layer.events.paint.disconnect(self._painted)
        self._bound.clear()

    def _keys(self):
        yield END_KEY, ""
        for name, tool in TOOLS.items():
            for key in tool.keys:
                yield key, name
