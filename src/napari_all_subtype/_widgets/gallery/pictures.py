"""Where small pictures of cells come from: the field that is shown, or its file, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_all_subtype._widgets.ground import same_pixels, source_in_view
from napari_all_subtype._widgets.inputs import pixels_of
from napari_all_subtype._widgets.selection import Place
from napari_all_subtype._widgets.session import Session
from napari_all_subtype._widgets.threads import in_thread
from napari_all_subtype.cells import table
from napari_all_subtype.cells.image import open_image
from napari_all_subtype.cells.source import ImageSource
from napari_all_subtype.config import ReadingParameters
from napari_all_subtype.errors import AllSubtypeError
from napari_all_subtype.workflow.cell_picture import cell_pixels, square_of

# A file that was read gives the pictures of all its cells, unless these are very many.
MOST_BESIDE = 400


@dataclass(frozen=True)
class _Job:
    """Pictures of cells of one field.

    Parameters
    ----------
    number : int
        Of the field.
    name : str
        Of the field.
    source : ImageSource or None
        Its pixels, where they are at hand.
    origin : Path or array or None
        Where they are read otherwise.
    reading : ReadingParameters
    shape : tuple of int
        (Y, X) that the pixels must have.
    um_per_px : float
    boxes : mapping of int to ndarray
        Of the cells, by label.
    """

    number: int
    name: str
    source: ImageSource | None
    origin: object
    reading: ReadingParameters
    shape: tuple[int, int]
    um_per_px: float
    boxes: Mapping[int, np.ndarray]


class CellPictures:
    """Cuts pictures of cells of the smear that is shown.

    Parameters
    ----------
    session : Session
        Whose fields these are.
    """

    def __init__(self, session: Session):
        self.session = session
        # The image that was read last: a layer, or a file that its next cells are cut from.
        self._read: tuple[object, ImageSource] | None = None

    def forget(self) -> None:
        """Let go of the pixels."""
        self._read = None

    def __call__(
        self,
        places: Sequence[Place],
        side_px: int,
        then: Callable[[Mapping[Place, np.ndarray | None]], None],
    ) -> None:
        """Call `then` with pictures of cells; those of one field at a time, in a thread."""
        first = places[0][0]
        nothing = dict.fromkeys(place for place in places if place[0] == first)
        job = self._job(first, [label for _, label in nothing])
        if job is None:
            then(nothing)
            return

        def take(cut: tuple | AllSubtypeError) -> None:
            if isinstance(cut, AllSubtypeError):
                then(nothing)
                return
            source, pictures = cut
            if job.source is None:
                self._read = (job.origin, source)
            then(nothing | {(first, label): one for label, one in pictures.items()})

        in_thread(_cut, job, self._known(job.origin), side_px, then=take)

    def _known(self, origin: object) -> ImageSource | None:
        same = self._read is not None and same_pixels(self._read[0], origin)
        return self._read[1] if same else None

    def _job(self, n: int, labels: Sequence[int]) -> _Job | None:
        session = self.session
        field = session.fields[n] if n < len(session.fields) else None
        if field is None or field.result is None:
            return None
        analysis = field.result.analysis
        source, origin = None, field.path
        if n == session.selected:
            source = session.pixels.source()
        if source is None and field.layer is not None:
            origin = pixels_of(field.layer, session.viewer.dims.current_step)
        cells, wanted = table.present(analysis.cells), set(labels)
        if source is None and len(cells) <= MOST_BESIDE:
            wanted |= set(cells["label"].tolist())
        rows = cells[cells["label"].isin(wanted)]
        boxes = dict(zip(rows["label"].tolist(), rows[list(table.BOX)].to_numpy(), strict=True))
        return _Job(
            n,
            field.name,
            source,
            origin,
            analysis.parameters.reading,
            field.result.labels.shape,
            analysis.pixel_size.um_per_px,
            boxes,
        )


def _cut(
    job: _Job, known: ImageSource | None, side_px: int
) -> tuple[ImageSource, dict[int, np.ndarray | None]]:
    """The source of a field, and the pictures; none where it shows other pixels by now."""
    source = job.source or known or _read(job)
    if source.shape != job.shape:
        return source, dict.fromkeys(job.boxes)
    return source, {
        label: cell_pixels(source, *square_of(box, job.um_per_px), side_px)
        for label, box in job.boxes.items()
    }


def _read(job: _Job) -> ImageSource:
    if isinstance(job.origin, Path):
        return open_image(job.origin, job.reading)
    return source_in_view(job.origin, job.name, job.reading)
