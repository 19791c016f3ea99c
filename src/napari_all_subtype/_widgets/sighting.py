"""One field at a time in the layers: read and drawn in a thread, and a cell of it looked at."""

from __future__ import annotations

from collections.abc import Callable

from napari.utils.notifications import show_error

from napari_all_subtype._widgets.fields import SmearField
from napari_all_subtype._widgets.picking import CellPicker
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread, in_turns
from napari_all_subtype._widgets.views import FieldView, load_view
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError

NO_SMEAR = "no smear"


class Sighting:
    """Brings the fields of a session into sight.

    Parameters
    ----------
    session : Session
        Whose layers show them.
    picker : CellPicker
        Marks the selected cells of a field that has come into view.
    reading : callable
        Gives how files are read.
    shown : callable
        Called when every layer of a field is there.
    """

    def __init__(
        self,
        session: Session,
        picker: CellPicker,
        reading: Callable[[], ReadingParameters],
        shown: Callable[[], None],
    ):
        self.session, self.layers, self.picker = session, session.layers, picker
        self._reading, self._shown = reading, shown
        self._closed = False
        self._wanted = self._wanted_label = 0
        # What is being read, by number and place of its field; None when nothing is.
        self._on_its_way: tuple | None = None

    def close(self) -> None:
        """Show nothing more."""
        self._closed = True
        self.session.sighted.emit()

    def show(self, n: int, before: FieldView | None = None) -> None:
        """Show field number `n` once it is read and drawn, unless another is wanted by then.

        Parameters
        ----------
        before : FieldView, optional
            As it was just read; by default what is shown.
        """
        if not 0 <= n < len(self.session.fields):
            self._show_nothing()
            return
        field = self.session.fields[n]
        way = (n, field.path, field.layer)
        if self._on_its_way == way:
            return  # it is seen with all that is known of it by then
        self._wanted, self._on_its_way = self._wanted + 1, None
        wanted = self._wanted
        if field.layer is not None and field.result is None:
            self._on_view(FieldView(field.name, None), field)
            return

        def then(view: FieldView | AllSubtypeError) -> None:
            if self._closed or wanted != self._wanted:
                return
            self._on_its_way = None
            if self.session.fields[n].result is field.result:
                self._on_view(view, field)
            else:  # there is more to say of it than when it was begun
                self.show(n, view if isinstance(view, FieldView) else None)

        self._on_its_way = way
        before = before or self.layers.view
        in_thread(load_view, field, self.layers.look, self._reading(), before, then=then)

    def _show_nothing(self) -> None:
        """No smear is chosen any more."""
        self._wanted, self._on_its_way = self._wanted + 1, None
        self.layers.clear_all(NO_SMEAR)
        if self.layers.image is not None:
            self.layers.image.visible = False
        self.session.sighted.emit()

    def _on_view(self, view: FieldView | AllSubtypeError, field: SmearField) -> None:
        if isinstance(view, AllSubtypeError):
            self.layers.clear_all(field.name)
            if not field.error:
                show_error(str(view))
            self.session.sighted.emit()
            return
        if field.layer is not None and field.layer not in self.session.viewer.layers:
            self.layers.clear()  # deleted meanwhile: the result is not of what is there now
            self.session.sighted.emit()
            return
        steps = self.layers.show(view, field.layer)
        in_turns(steps, until=lambda: self._closed, then=lambda: self._on_shown(view))

    def _on_shown(self, view: FieldView) -> None:
        """Every layer of `view` is there."""
        self.session.sighted.emit()
        if self.layers.view is not view:
            return
        label, self._wanted_label = self._wanted_label, 0
        if label:
            self.picker.pick(label)
            self.layers.look_closely(label)
        else:
            self.picker.show_selected()
        self._shown()

    def go_to(self, n: int, label: int) -> None:
        """Show field number `n`, pick its cell `label`, and look at it closely."""
        view, result = self.layers.view, self.session.result(n)
        here = n == self.session.selected and view is not None and result is not None
        if here and view.key is result.labels and not self.layers.deleted:
            self.picker.pick(label)
            self.layers.look_closely(label)
            return
        self._wanted_label = label
        self.session.select(n)
