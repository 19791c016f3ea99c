"""What can go wrong: each error says what was found, what was expected and what to do."""

from __future__ import annotations

from pathlib import PurePath


class AllSubtypeError(Exception):
    """Parent of every error this package raises on purpose."""


class ParameterError(AllSubtypeError, ValueError):
    """A parameter is out of its range or unknown."""


class PixelSizeError(ParameterError):
    """A pixel size that no smear can have."""


class ParameterTypeError(ParameterError, TypeError):
    """A parameter that is of the wrong kind altogether."""


class ImageReadError(AllSubtypeError, OSError):
    """A file is missing, empty, truncated or not the image its name says."""


class NotColourError(ImageReadError):
    """An image without colour: grey, single channel or fluorescence."""


class ImageTypeError(AllSubtypeError, TypeError):
    """Something handed over as an image that is none."""


class ImageValueError(ImageReadError, ValueError):
    """An array whose values cannot be a photograph."""


class ImageShapeError(NotColourError, ValueError):
    """An array whose shape cannot be a colour image."""


class ImageTooLargeError(ImageReadError):
    """An image beyond the pixel budget, refused before it is decoded."""


class MaskError(AllSubtypeError, ValueError):
    """A mask that cannot stand for the cells of an image."""


class MaskReadError(MaskError, OSError):
    """A mask file that is missing, damaged, or no mask at all."""


class MaskTypeError(MaskError, TypeError):
    """Something handed over as a mask that is none."""


class ExtraMissingError(AllSubtypeError, ImportError):
    """A program that is installed on demand only, and is not."""


class ExtraFailedError(AllSubtypeError, RuntimeError):
    """A program that is installed on demand failed at its work."""


class BackendError(AllSubtypeError, RuntimeError):
    """Keras runs on a backend that cannot do what is asked."""


class NoImagesError(AllSubtypeError, FileNotFoundError):
    """A folder or pattern in which no image was found."""


class LostFolderError(AllSubtypeError, FileNotFoundError):
    """The folder the program was started in is gone."""


class ProfileError(AllSubtypeError, LookupError):
    """An instrument profile that does not exist or cannot be read."""


class ModelNotFoundError(AllSubtypeError, LookupError):
    """A model id or folder that does not exist."""


class ModelIntegrityError(AllSubtypeError, ValueError):
    """A model whose files do not match their recorded hashes."""


class ModelVersionError(ModelIntegrityError):
    """A model that a newer program wrote."""


class ModelPackageError(ModelIntegrityError):
    """A package of a model that holds something it may not: it is not opened any further."""


class ModelMismatchError(AllSubtypeError, ValueError):
    """A model of other classes or other crops than what it is to be used with."""


class WeightsMissingError(ModelNotFoundError):
    """Published weights that are not on this machine."""


class TrainingError(AllSubtypeError, ValueError):
    """Cells that nothing can be learned from: too few, one class only, and the like."""


class OutputError(AllSubtypeError, OSError):
    """Results that could not be written."""


class OutputExistsError(OutputError):
    """Results that are already there and must not be overwritten unasked."""


class ProjectError(AllSubtypeError):
    """Parent of everything that can go wrong with a project folder."""


class ProjectNotFoundError(ProjectError, FileNotFoundError):
    """A folder that holds no project."""


class ProjectExistsError(ProjectError, FileExistsError):
    """A project that is there already and must not be made again."""


class ProjectVersionError(ProjectError, ValueError):
    """A project written by a newer program than this."""


class ProjectDamagedError(ProjectError, ValueError):
    """A project file that is damaged, or no project file at all."""


class ProjectReadOnlyError(ProjectError, PermissionError):
    """A change of a project that is open for reading only."""


class ProjectReadError(ProjectError, OSError):
    """A project that is there and cannot be read."""


class ProjectWriteError(ProjectError, OSError):
    """A change that could not be written; the project is as it was before."""


class RecordError(ProjectError, ValueError):
    """Something to be recorded that does not fit what the project holds."""


class LockedError(RecordError):
    """The result of a smear is locked."""


class EditError(AllSubtypeError, ValueError):
    """A change of the masks that cannot be made where it was drawn."""


class TrainingSetError(AllSubtypeError, ValueError):
    """Cells from which nothing can be learned or measured as they are."""


class TooFewCellsError(TrainingSetError):
    """Too few cells or groups, or a class without any, for what was asked."""


class DownloadError(AllSubtypeError, OSError):
    """A file that could not be fetched from the network or a mirror."""


class Stopped(AllSubtypeError):
    """A person asked to stop; nothing half-done is left behind."""


def describe_error(error: BaseException) -> str:
    """One line about `error`; one that nobody foresaw says so, and what to do.

    Examples
    --------
    >>> describe_error(ParameterError("epochs = 0: expected at least 1."))
    'epochs = 0: expected at least 1.'
    >>> describe_error(MemoryError())
    'Not enough memory. Use smaller images, smaller tiles or smaller batches.'
    """
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "Not enough memory. Use smaller images, smaller tiles or smaller batches."
    if isinstance(error, AllSubtypeError):
        return text
    if isinstance(error, OSError) and error.strerror:
        # Its own text holds the whole path.
        text = f"{error.strerror}: {PurePath(error.filename or 'a file').name}."
    advice = "Please report it; --debug shows more on the command line."
    return f"Unexpected {type(error).__name__}: {text} {advice}"
