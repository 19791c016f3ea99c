"""A part that is folded away under its title, and made when it is first unfolded."""

from __future__ import annotations

from collections.abc import Sequence

from superqt import QCollapsible

from napari_all_subtype._widgets.form import ParameterForm


class FoldedForms(QCollapsible):
    """Forms under a title; their rows are made at the first look, for most look never.

    Parameters
    ----------
    title : str
    forms : sequence of ParameterForm
        Made `folded`.
    """

    def __init__(self, title: str, forms: Sequence[ParameterForm]):
        super().__init__(title, expandedIcon="▼", collapsedIcon="▶")
        self._forms = forms
        for form in forms:
            self.addWidget(form)
        self.collapse(animate=False)
        self.layout().setContentsMargins(0, 0, 0, 0)

    def expand(self, animate: bool = True) -> None:
        """Make the rows before their height is asked for."""
        for form in self._forms:
            form.unfold()
        super().expand(animate)
