"""A folder of folders that comes into a project: one case each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.cells.folders import is_image_name, list_images
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.errors import NoImagesError, RecordError, describe_error
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.project.database import Database
from napari_all_subtype.workflow.outcomes import Outcome
from napari_all_subtype.workflow.project_fields import Imported, import_fields


@dataclass(frozen=True)
class Cohort:
    """Folders of cases, and what in their folder is none.

    Parameters
    ----------
    cases : tuple of Path
        Folders with images.
    empty : tuple of str
        Names of folders without any image.
    beside : int
        Images that lie in no folder of a case.
    """

    cases: tuple[Path, ...]
    empty: tuple[str, ...] = ()
    beside: int = 0


@dataclass(frozen=True)
class ImportedCohort:
    """What became of the cases.

    Parameters
    ----------
    came : Imported
        All of them together.
    refused : tuple of str
        Cases that could not be taken, each with the reason.
    """

    came: Imported
    refused: tuple[str, ...] = ()


def find_cohort(folder: Path) -> Cohort:
    """The cases in `folder`: each of its folders that holds images is one.

    Raises
    ------
    NoImagesError
        If there is none.
    """
    if not folder.is_dir():
        raise NoImagesError(
            f"{folder.name} is no folder. Expected a folder with one for each case."
        )
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    homes = [path for path in inside if path.is_dir()]
    full = [one for one in homes if any(is_image_name(p.name) for p in one.iterdir())]
    if not full:
        raise NoImagesError(
            f"{folder.name} holds no folder with images. Expected one for each case, called by "
            "what tells the case."
        )
    empty = tuple(one.name for one in homes if one not in full)
    beside = sum(path.is_file() and is_image_name(path.name) for path in inside)
    return Cohort(tuple(full), empty, beside)


def import_cohort(
    database: Database,
    cases: Sequence[Path],
    specimen: str = "",
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
) -> ImportedCohort:
    """Add each folder as one smear of a case of its own, its name kept apart as identifier.

    A case that is there already, known by its identifier, takes its new images. One that cannot
    be taken leaves the others alone.

    Raises
    ------
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    Stopped
        If the monitor asked for it; cases that came in before stay.
    """
    added = known = 0
    failed: list[Outcome] = []
    refused = []
    for home in cases:
        try:
            came = import_fields(
                database, list_images(home), "", home.name, specimen, parameters, monitor
            )
        except (RecordError, NoImagesError) as error:
            refused.append(f"{home.name}: {describe_error(error)}")
            continue
        added, known = added + came.added, known + came.known
        failed += came.failed
    return ImportedCohort(Imported(added, known, failed=tuple(failed)), tuple(refused))
