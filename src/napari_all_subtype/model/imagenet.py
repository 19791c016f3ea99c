"""Weights that Keras publishes, fetched by pooch and pinned by the hashes that Keras publishes."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from napari_all_subtype.errors import (
    DownloadError,
    ModelIntegrityError,
    OutputError,
    ParameterError,
    WeightsMissingError,
)
from napari_all_subtype.files import new_file
from napari_all_subtype.model.backbones import BACKBONES
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint

IMAGENET = "imagenet"
SOURCE = "https://storage.googleapis.com/tensorflow/keras-applications/"
_HEADS = "_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclass(frozen=True)
class PublishedFile:
    """One file of weights without its head.

    Parameters
    ----------
    path : str
        Behind `SOURCE`, or behind a mirror that holds the files by name alone.
    md5 : str
        As keras.applications states it.
    megabytes : float
        About.
    """

    path: str
    md5: str
    megabytes: float

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.rsplit("/", 1)[-1]


# From the modules of keras.applications, Keras 3.15.
PUBLISHED = {
    "vgg16": PublishedFile(f"vgg16/vgg16{_HEADS}", "6d6bbae143d832006294945121d1f1fc", 59),
    "vgg19": PublishedFile(f"vgg19/vgg19{_HEADS}", "253f8cb515780f3b799900260a226db6", 80),
    "resnet50": PublishedFile(f"resnet/resnet50{_HEADS}", "4d473c1dd8becc155b73f8504c6f6626", 95),
    "densenet121": PublishedFile(
        f"densenet/densenet121{_HEADS}", "30ee3e1110167f948a6b9946edeeb738", 29
    ),
    "inceptionv3": PublishedFile(
        f"inception_v3/inception_v3{_HEADS}", "bcbd6486424b2319ff4ef7d526e38f63", 88
    ),
    "xception": PublishedFile(f"xception/xception{_HEADS}", "b0042744bf5b25fce3cb969f33bebb97", 84),
    "mobilenetv3": PublishedFile(
        "mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
        4,
    ),
}


def published(backbone: str) -> PublishedFile:
    """The file of `backbone`.

    Raises
    ------
    ParameterError
        If Keras publishes none for it.
    """
    if backbone not in PUBLISHED:
        known = ", ".join(PUBLISHED)
        starts = "random" if backbone in BACKBONES else "bundled" if backbone == "bundled" else ""
        instead = f"; --weights {starts} starts {backbone}" if starts else ""
        raise ParameterError(
            f"weights = imagenet: none are published for {backbone}. Expected one of "
            f"{known}{instead}."
        )
    return PUBLISHED[backbone]


def weights_in(folder: Path, backbone: str) -> Path:
    """The file of `backbone` in `folder`, its hash checked.

    Raises
    ------
    WeightsMissingError
        If it is not there: the message says how it comes here, also without a network.
    ModelIntegrityError
        If it is another file than the published one.
    """
    file = published(backbone)
    path = folder / file.name
    if not path.is_file():
        raise WeightsMissingError(
            f"The ImageNet weights of {backbone} are not on this machine. Fetch them: "
            f"napari-all-subtype models fetch {backbone}. Without a network: models fetch "
            f"{backbone} --to FOLDER on a connected machine, carry the folder here, models import "
            "FOLDER. Or train with --backbone bundled, or with --weights random."
        )
    check_published(path, file)
    return path


def check_published(path: Path, file: PublishedFile) -> None:
    """Raise unless `path` is the published file.

    Raises
    ------
    ModelIntegrityError
    """
    found = md5_of(path)
    if found != file.md5:
        raise ModelIntegrityError(
            f"{file.name} has MD5 {found[:12]}…, Keras publishes {file.md5[:12]}…: the file is "
            "damaged or another one. Remove it and fetch it again."
        )


def md5_of(path: Path) -> str:
    """MD5 of a file: the hash that Keras states, against damage rather than against intent."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def fetch(backbone: str, folder: Path, mirror: str = "", monitor: Monitor = SILENT) -> Path:
    """Bring the weights of `backbone` into `folder`, unless they are there and whole.

    Parameters
    ----------
    mirror : str
        Address under which the files stand by their names; Keras's own source if empty.

    Raises
    ------
    DownloadError
        If the network, or the mirror, does not give it.
    ParameterError
        If Keras publishes none for it.
    OutputError
        If it cannot be written.
    """
    import pooch

    file = published(backbone)
    address = f"{mirror.rstrip('/')}/{file.name}" if mirror else SOURCE + file.path
    checkpoint(monitor, Progress(f"fetch {backbone}, {file.megabytes:.0f} MB"))
    _make(folder)
    pooch.get_logger().setLevel("ERROR")
    try:
        found = pooch.retrieve(address, f"md5:{file.md5}", fname=file.name, path=folder)
    except Exception as error:  # of requests, urllib3 and pooch: all mean that it is not here
        raise _refused(backbone, file, address, error) from error
    return Path(found)


def take(path: Path, folder: Path) -> str | None:
    """Copy a published file that was carried in into `folder`: its backbone, None if it is none.

    Raises
    ------
    ModelIntegrityError
        If it has the name of a published file and is another one.
    """
    by_name = {file.name: name for name, file in PUBLISHED.items()}
    name = by_name.get(path.name)
    if name is None:
        return None
    check_published(path, PUBLISHED[name])
    with new_file(folder / path.name, overwrite=True) as partial:
        shutil.copyfile(path, partial)
    return name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {folder.name}: {error.strerror}. Choose another one."
        ) from error


def _refused(
    backbone: str, file: PublishedFile, address: str, error: Exception
) -> DownloadError | OutputError | ModelIntegrityError:
    if isinstance(error, ValueError) and "hash" in str(error):
        return ModelIntegrityError(
            f"What came from {address} for {backbone} is another file than Keras publishes (MD5 "
            f"{file.md5[:12]}…). It was not kept. Use another network or mirror."
        )
    if isinstance(error, PermissionError):
        return OutputError(f"{file.name} cannot be written. Choose a folder you own.")
    return DownloadError(
        f"The weights of {backbone} could not be fetched: no network, or {address} does not "
        f"answer ({type(error).__name__}). On a connected machine: napari-all-subtype models fetch "
        f"{backbone} --to FOLDER; carry the folder here and: napari-all-subtype models import "
        "FOLDER. A mirror inside your network: models fetch --mirror URL. Or train with --backbone "
        "bundled, which needs no network."
    )
