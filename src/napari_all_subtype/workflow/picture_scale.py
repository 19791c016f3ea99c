"""One ruler for pictures of one cell each: their red cells measured together.

Around one white cell a picture shows a red cell or two, too few for a ruler. Pictures that
follow each other in a folder mostly come from one slide and can share one; where these show
too few as well, all of the folder do. A folder may hold several magnifications: the pictures
of ALL-IDB2 run from 0.08 to 0.11 um/px.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.red_cells import STAGE
from napari_all_subtype.cells.scale import pixel_size_of, size_by_red_cells
from napari_all_subtype.cells.source import ImageSource, PixelSize, pixel_digest
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import Stopped
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint, steps
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.lone_rulers import without_outliers
from napari_all_subtype.workflow.scale_check import ASSUMED

log = logging.getLogger(__name__)

RUN = 10  # pictures that follow each other
MOST_PICTURES = 128  # of a folder; marrow shows one red cell in four pictures
MOST_PIXELS = 2**26  # of them together: sixteen fields of four megapixels
# Of 16 or 32 pictures of marrow (0.088 um/px), 4 circles that agreed were off by up to 35 %, and
# 9 or more by up to 6 %.
FEWEST_TOGETHER = 9
TOGETHER = "pictures of this size together"

Shape = tuple[int, int]


@dataclass(frozen=True)
class SharedScale:
    """Pixel sizes that several pictures told together.

    Parameters
    ----------
    of_run : mapping of (path, shape) to PixelSize
        Of the pictures that follow each other, by path and shape (Y, X).
    of_folder : mapping of (str, shape) to PixelSize
        Of a whole folder, by smear and shape, where a run of it does not suffice.
    of_all : mapping of shape to PixelSize
        Of all pictures of a shape, for folders whose own do not suffice.
    of_one : mapping of (path, shape) to PixelSize
        Of pictures for which no others told: by their own red cells, or assumed.
    """

    of_run: Mapping[tuple[Path, Shape], PixelSize] = field(default_factory=dict)
    of_folder: Mapping[tuple[str, Shape], PixelSize] = field(default_factory=dict)
    of_all: Mapping[Shape, PixelSize] = field(default_factory=dict)
    of_one: Mapping[tuple[Path, Shape], PixelSize] = field(default_factory=dict)

    def size_of(
        self,
        picture: Field,
        source: ImageSource,
        parameters: AnalysisParameters,
        monitor: Monitor = SILENT,
    ) -> PixelSize:
        """The size of `picture`: what it shares, else its own.

        Raises
        ------
        ProfileError
            If the named profile does not exist.
        Stopped
            If the monitor asked for it.
        """
        told = self.get(picture, source)
        if told is None and source.pixel_size is None:
            told = self.of_one.get((picture.path, source.shape))
        return told or pixel_size_of(source, parameters.scale, monitor)

    def get(self, picture: Field, source: ImageSource) -> PixelSize | None:
        """The shared size of `picture`; None where there is none, or it has one of its own."""
        if source.pixel_size is not None:
            return None
        shape = source.shape
        told = self.of_run.get((picture.path, shape))
        return told or self.of_folder.get((picture.smear, shape)) or self.of_all.get(shape)


def shared_scale(
    pictures: Sequence[Field], parameters: AnalysisParameters, monitor: Monitor = SILENT
) -> SharedScale:
    """Pixel sizes by picture, folder and shape.

    Ten pictures that follow each other are measured together. Where they show too few red
    cells, up to 128 pictures of the folder tell the scale, else as many of all folders. What
    is left has its own red cells, unless they are few and contradict the other pictures.
    Empty where it is not needed: a single picture, or a size that a person gave.
    Pictures that cannot be read are passed over, and of equal ones one is measured.

    Raises
    ------
    Stopped
        If the monitor asked for it.
    """
    if len(pictures) < 2 or parameters.scale.pixel_size_um or parameters.scale.profile:
        return SharedScale()
    folders: dict[str, list[Field]] = {}
    for picture in pictures:
        folders.setdefault(picture.smear, []).append(picture)
    of_run, lacking = _by_runs(folders, parameters, monitor)
    of_folder = {
        (name, shape): size
        for name in lacking
        for shape, size in _sizes(folders[name], parameters, monitor).items()
    }
    shared = SharedScale(of_run, of_folder)
    if len(folders) > 1 and not lacking <= {name for name, _ in of_folder}:
        shared = replace(shared, of_all=_sizes(pictures, parameters, monitor))
    if not lacking:
        return shared
    return replace(shared, of_one=_lone(pictures, shared, parameters, monitor))


def _lone(
    pictures: Sequence[Field],
    shared: SharedScale,
    parameters: AnalysisParameters,
    monitor: Monitor,
) -> dict[tuple[Path, Shape], PixelSize]:
    """Sizes of the pictures for which no others told, by path and shape."""
    own, others, few = {}, {}, set()
    for picture in steps(pictures, "measure scale", monitor):
        try:
            source = as_source(picture.path, parameters.reading, dark_ground=True)
            if source.pixel_size is not None:
                continue
            at = picture.path, source.shape
            if (size := shared.get(picture, source)) is not None:
                others[at] = size
                continue
            own[at] = pixel_size_of(source, parameters.scale, monitor)
            if own[at].origin == "red cells" and _few(source, parameters, monitor):
                few.add(at)
        except Stopped:
            raise
        except Exception as error:  # its own turn reports it
            log.debug("no ruler in picture: %s", type(error).__name__)
    return without_outliers(own, others, few)


def _few(source: ImageSource, parameters: AnalysisParameters, monitor: Monitor) -> bool:
    """Whether the red cells of a picture are too few to be believed against others."""
    told = size_by_red_cells([source], parameters.scale, monitor, min_count=FEWEST_TOGETHER)
    return told is None


def assumed_lines(sizes: Sequence[PixelSize]) -> list[str]:
    """That nothing gave the scale of some pictures: one line, or none.

    Examples
    --------
    >>> assumed_lines([PixelSize(0.13, "assumed", 0.5)])[0][:44]
    'Scale assumed in 1 picture: 0.130 µm/px. The'
    """
    assumed = [size.um_per_px for size in sizes if size.origin == "assumed"]
    if not assumed:
        return []
    of_all = "1 picture" if len(sizes) == 1 else f"{len(assumed)} of {len(sizes)} pictures"
    return [
        f"{ASSUMED} in {of_all}: {assumed[0]:.3f} µm/px. The model judges cells at their size in "
        "µm, so classes and probabilities can be wrong; give --pixel-size or --profile."
    ]


def scale_lines(sizes: Iterable[PixelSize]) -> list[str]:
    """Whence the scale of so many pictures came, one line for each way; not what a person said.

    Examples
    --------
    >>> scale_lines([PixelSize(0.13, "assumed", 0.5, "fewer than 3 red cells")] * 2)
    ['Scale of 2 pictures: assumed, fewer than 3 red cells: 0.130 µm/px, may be wrong by 50 %']
    """
    ways: dict[tuple[str, bool], list[PixelSize]] = {}
    for size in sizes:
        if size.origin not in ("user", "profile"):
            ways.setdefault((size.origin, TOGETHER in size.note), []).append(size)
    return [_line(together, sizes) for (_, together), sizes in ways.items()]


def _line(together: bool, sizes: list[PixelSize]) -> str:
    um = sorted(size.um_per_px for size in sizes)
    span = f"{um[0]:.3f}" if um[-1] - um[0] < 5e-4 else f"{um[0]:.3f} to {um[-1]:.3f}"
    off = f"{100 * max(size.relative_uncertainty for size in sizes):.0f} %"
    doubt = f", may be wrong by {off}" if sizes[0].origin == "assumed" else f" ± {off}"
    many = f"{len(sizes)} pictures" if len(sizes) != 1 else "1 picture"
    notes = {size.note for size in sizes}
    note = Counter(size.note for size in sizes).most_common(1)[0][0]
    way = f"{sizes[0].origin}, {note}" if note else sizes[0].origin
    if sizes[0].origin == "red cells":
        way = "red cells of several " + TOGETHER if together else "red cells of the picture itself"
        way = notes.pop() if together and len(notes) == 1 else way
    return f"Scale of {many}: {way}: {span} µm/px{doubt}"


def _by_runs(
    folders: Mapping[str, Sequence[Field]], parameters: AnalysisParameters, monitor: Monitor
) -> tuple[dict[tuple[Path, Shape], PixelSize], set[str]]:
    """What each ten pictures tell, and the folders of which some do not tell."""
    runs = [
        (name, members[at : at + RUN])
        for name, members in folders.items()
        for at in range(0, len(members), RUN)
    ]
    of_run, lacking = {}, set()
    for name, run in steps(runs, "measure scale", monitor):
        alike = _alike(run, parameters, monitor)
        sizes = _told(alike, parameters, monitor)
        if sizes.keys() != alike.keys():
            lacking.add(name)
        for picture in run:
            of_run |= {(picture.path, shape): size for shape, size in sizes.items()}
    return of_run, lacking


def _sizes(
    pictures: Sequence[Field], parameters: AnalysisParameters, monitor: Monitor
) -> dict[Shape, PixelSize]:
    """What the red cells of some of `pictures` tell together, by shape."""
    return _told(_alike(pictures, parameters, monitor), parameters, monitor)


def _told(
    alike: Mapping[Shape, Sequence[ImageSource]], parameters: AnalysisParameters, monitor: Monitor
) -> dict[Shape, PixelSize]:
    sizes = {}
    least = max(parameters.scale.min_red_cells, FEWEST_TOGETHER)
    for shape, sources in alike.items():
        if len(sources) < 2:
            continue
        size = size_by_red_cells(
            sources, parameters.scale, monitor, min_count=least, max_fields=MOST_PICTURES
        )
        if size is not None:
            told = f"{size.note}, of {len(sources)} {TOGETHER}"
            sizes[shape] = replace(size, note=told)
    return sizes


def _alike(
    pictures: Sequence[Field], parameters: AnalysisParameters, monitor: Monitor
) -> dict[Shape, list[ImageSource]]:
    """Different pictures without a scale of their own, by shape, within bounds."""
    chosen = np.unique(np.linspace(0, len(pictures) - 1, MOST_PICTURES).round().astype(int))
    alike: dict[Shape, dict[str, ImageSource]] = {}
    for at in chosen.tolist():
        checkpoint(monitor, Progress(STAGE))
        try:
            source = as_source(pictures[at].path, parameters.reading, dark_ground=True)
            own = alike.setdefault(source.shape, {})
            pixels = source.shape[0] * source.shape[1]
            if source.pixel_size is None and (len(own) + 1) * pixels <= MOST_PIXELS:
                # The same picture twice would feign more red cells than there are.
                own.setdefault(pixel_digest(source), source)
        except Stopped:
            raise
        except Exception as error:  # its own turn reports it
            log.debug("no ruler from picture %d: %s", at, type(error).__name__)
    return {shape: list(sources.values()) for shape, sources in alike.items() if sources}
