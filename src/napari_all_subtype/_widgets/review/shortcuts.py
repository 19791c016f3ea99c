"""Keys that work wherever the focus is in the window, but for fields in which text is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QKeySequenceEdit,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.review.actions import Action, Keys
from napari_all_subtype.errors import ParameterError


class Shortcuts:
    """One shortcut of the window per action, as long as the review is open.

    Nothing that was bound before is overwritten: a shortcut comes first while it is there.

    Parameters
    ----------
    dock : QWidget
        Whose window this is, also while it floats.
    pressed : callable
        Called with the name of an action.
    """

    def __init__(self, dock: QWidget, pressed: Callable[[str], None]):
        self._dock, self._pressed = dock, pressed
        self._shortcuts: list[QShortcut] = []

    def bind(self, actions: Sequence[Action], keys: Keys) -> None:
        """Have each action's key call it, in the place of those before."""
        self.release()
        window = self._dock
        while window.parentWidget() is not None:
            window = window.parentWidget()
        for action in actions:
            if key := keys.of(action):
                shortcut = QShortcut(QKeySequence(key), window)
                # A key that is held says its word of one cell, not of all that come after it.
                shortcut.setAutoRepeat(not action.word)
                shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
                for signal in (shortcut.activated, shortcut.activatedAmbiguously):
                    signal.connect(lambda name=action.name: self._pressed(name))
                self._shortcuts.append(shortcut)

    @property
    def bound(self) -> tuple[QShortcut, ...]:
        """The shortcuts that are there now."""
        return tuple(self._shortcuts)

    def release(self) -> None:
        """Let go of all keys."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            # Qt deletes it later; until then it would keep all that it calls.
            for signal in (shortcut.activated, shortcut.activatedAmbiguously):
                signal.disconnect()
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts.clear()


class KeysDialog(QDialog):
    """Asks for the key of each action.

    Parameters
    ----------
    actions : sequence of Action
    keys : Keys
        As they are.
    """

    def __init__(self, actions: Sequence[Action], keys: Keys, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Keys of the review")
        self._actions = tuple(actions)
        self.edits: dict[str, QKeySequenceEdit] = {}
        form = QFormLayout()
        for action in self._actions:
            edit = QKeySequenceEdit(QKeySequence(keys.of(action)))
            edit.setClearButtonEnabled(True)
            edit.setMaximumSequenceLength(1)
            self.edits[action.name] = edit
            form.addRow(action.title, edit)
        self.refused = paragraph()
        self.refused.setVisible(False)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._on_ok)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.refused)
        layout.addWidget(buttons)

    @property
    def keys(self) -> Keys:
        """As they are chosen.

        Raises
        ------
        ParameterError
            If two actions have the same key.
        """
        made = Keys(dict.fromkeys(self.edits, ""))
        for name, edit in self.edits.items():
            made = made.with_key(self._actions, name, edit.keySequence().toString())
        first = {one.name: one.key for one in self._actions}
        return Keys({name: key for name, key in made.changed.items() if key != first[name]})

    def _on_ok(self) -> None:
        try:
            _ = self.keys
        except ParameterError as error:
            self.refused.setText(f"⚠ {error}")
            self.refused.setVisible(True)
            return
        self.accept()
