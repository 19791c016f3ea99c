"""The menu of what is chosen in the gallery: call it otherwise, take it back, choose more."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QMenu

from napari_all_subtype._widgets.legend import swatch
from napari_all_subtype._widgets.review.actions import REDO, TAKE_BACK, UNDO, actions_of
from napari_all_subtype.amounts import amount
from napari_all_subtype.taxonomy import EXCLUSIONS

if TYPE_CHECKING:
    from napari_all_subtype._widgets.gallery.curator import Curator


def gallery_menu(curator: Curator) -> QMenu:
    """A menu for what is chosen now; it is gone once it is closed."""
    menu = QMenu(curator.dock)
    menu.aboutToHide.connect(menu.deleteLater)
    count, keys = len(curator.chosen), curator.keys
    actions = {one.name: one for one in actions_of(curator.classes.said)}
    head = menu.addAction(f"Call {amount(count, 'cell')}:")
    head.setEnabled(False)

    def add(name: str, title: str, possible: bool = True):
        key = keys.of(actions[name])
        entry = menu.addAction(f"{title}\t{key}" if key else title)
        entry.setEnabled(possible)
        entry.triggered.connect(partial(_do, curator, name))
        return entry

    by_word = {one.word: one.name for one in actions.values() if one.word}
    for one in (*curator.classes.said.classes, *EXCLUSIONS):
        can = not curator.classes.differ or one in EXCLUSIONS
        add(by_word[one.name], one.title, count > 0 and can).setIcon(QIcon(swatch(one)))
    menu.addSeparator()
    add(TAKE_BACK, "Take the word back", count > 0)
    add(UNDO, "Undo")
    add(REDO, "Redo")
    menu.addSeparator()
    if (name := curator.view.current_class) is not None:
        more = menu.addAction("Choose all of this class")
        more.triggered.connect(lambda: curator.view.choose_section(name))
    menu.addAction("Choose all").triggered.connect(lambda: curator.view.selectAll())
    return menu


def _do(curator: Curator, name: str, *_: object) -> None:
    curator.do(name)
