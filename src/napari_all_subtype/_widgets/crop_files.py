"""Pictures of cells as they are kept with a word: made while a reader still looks at the cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from napari_all_subtype._widgets.threads import in_turns
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.project.crops import CropFile, crop_file

# Made in one turn: it takes a few milliseconds, which nobody notices.
TURN_CELLS = 8
# Of more that are selected, most are made with the word.
MOST_PREPARED = 2000


class CropFiles:
    """Makes and remembers the files of cells of the field that is shown.

    Those of the cells that a word would be for are made when the window has nothing else to do.

    Parameters
    ----------
    session : Session
        Whose field it is.
    """

    def __init__(self, session):
        self.session = session
        self._files: dict[int, CropFile] = {}
        self._made_of: tuple[object, object] = (None, None)
        self._made_how: tuple[int, CropSpec] | None = None
        self._wanted: Sequence[int] = ()
        session.selection.changed.connect(self._prepare)

    def of(self, labels: Sequence[int]) -> dict[int, CropFile]:
        """Files of cells of the field that is shown, by label; empty without its pixels."""
        self._forget_others()
        missing = [label for label in labels if label not in self._files]
        crops = self.session.pixels.crops(missing)
        self._files |= {label: crop_file(crop) for label, crop in crops.items()}
        return {label: self._files[label] for label in labels if label in self._files}

    def _forget_others(self) -> None:
        """Let go of files of other pixels, other outlines, or as another model sees them."""
        result, made_of, how = self.session.result(), (None, None), None
        if result is not None:
            made_of = (self.session.pixels.source(), result.labels)
            how = (result.analysis.edits, self.session.crop_spec_of(result.analysis))
        # Pixels and masks are themselves alone: nobody compares 100 megapixels.
        same = all(one is other for one, other in zip(made_of, self._made_of, strict=True))
        if not same or how != self._made_how:
            self._files, self._made_of, self._made_how = {}, made_of, how

    def _prepare(self) -> None:
        session = self.session
        self._wanted = wanted = session.selection.labels(session.selected)[:MOST_PREPARED]
        in_turns(self._turns(wanted), until=lambda: self._wanted is not wanted)

    def _turns(self, labels: Sequence[int]) -> Iterator[None]:
        for n in range(0, len(labels), TURN_CELLS):
            yield
            session = self.session
            if session.viewer is None or not session.in_view:
                return
            # What cannot be read is told when a word is said.
            with suppress(AllSubtypeError):
                self.of(sorted(session.result().there(labels[n : n + TURN_CELLS])))
