"""Real sample smears under open licences, fetched when a person asks, by pinned hash."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from napari_all_subtype.errors import DownloadError, OutputError
from napari_all_subtype.files import new_file

MIRROR_VARIABLE = "NAPARI_ALL_SUBTYPE_MIRROR"
_TIMEOUT_S = 20
_GITHUB = "https://raw.githubusercontent.com"
_BCCD = f"{_GITHUB}/Shenggan/BCCD_Dataset/d272fb14cdff6e473fafeeeba32aba5f560e9e43/BCCD/JPEGImages"
_DRAASLAN = (
    f"{_GITHUB}/draaslan/blood-cell-detection-dataset/"
    "721d642c0948d04e1995cee0bd172cdfedfad32e/images"
)


@dataclass(frozen=True)
class Sample:
    """A picture on the network.

    Parameters
    ----------
    name : str
        What it is called here.
    url : str
        Address, pinned to a commit.
    sha256 : str
        Hash of the file.
    title, terms : str
        For menus: what it shows, and under which licence.
    """

    name: str
    url: str
    sha256: str
    title: str
    terms: str

    @property
    def file_name(self) -> str:
        """Name in the cache and in a mirror."""
        return f"{self.name}{Path(self.url).suffix}"


def _bccd(number: str, sha256: str) -> Sample:
    url = f"{_BCCD}/BloodImage_{number}.jpg"
    return Sample(f"bccd-{number}", url, sha256, f"BCCD {number}, normal blood", "MIT, Shenggan")


def _draaslan(number: str, sha256: str) -> Sample:
    url = f"{_DRAASLAN}/image-{number}.png"
    title = f"draaslan {number}, normal blood, strong stain"
    return Sample(f"draaslan-{number}", url, sha256, title, "MIT, draaslan")


SAMPLES: tuple[Sample, ...] = (
    _bccd("00000", "e1dcc488889acba247a895df7be839e514850030217b4025048619f664fd4cb3"),
    _bccd("00071", "218f65bb41bd3d819ff4293735dc8f492b45559047f40f520d545be00641cd34"),
    _bccd("00221", "4782a0f5a1b1ccb528d7020a4d5ebd7ad2341899fdaab9d7895fc09e8afb2a8c"),
    _draaslan("1", "c802a254b7951748535ec29ab9349f5d34de6fefc45c579ecd4cf085bddf8947"),
    _draaslan("12", "cc5787aa5c2589f7ad763ebcc998a663df67e3a0c7a1d1677d94d20f95e1ad67"),
    _draaslan("30", "3dcdf527dc54661c9247bf7f8725861467c051f85803f0628414a4906141f889"),
)


def fetch_sample(name: str, mirror: str | None = None, cache: Path | None = None) -> Path:
    """The sample `name` as a file in the cache, fetched if it is not there.

    Parameters
    ----------
    mirror : str, optional
        Folder or base URL that holds the files under their own or their
        cached names; else the environment variable NAPARI_ALL_SUBTYPE_MIRROR.
    cache : Path, optional
        Where files are kept; the user's cache folder by default.

    Raises
    ------
    DownloadError
        If the name is unknown, or the file cannot be had or is not the one expected.
    """
    sample = _sample(name)
    folder = cache or Path(platformdirs.user_cache_dir("napari-all-subtype", appauthor=False))
    target = folder / "samples" / sample.file_name
    if target.is_file() and _sha256(target) == sample.sha256:
        return target
    mirror = mirror or os.environ.get(MIRROR_VARIABLE) or None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if mirror is None:
            _download(sample, sample.url, target)
        elif "://" in mirror:
            _download(sample, f"{mirror.rstrip('/')}/{Path(sample.url).name}", target)
        else:
            _copy(sample, Path(mirror), target)
    except DownloadError:
        raise
    except OutputError as error:
        raise DownloadError(f"The sample {name} cannot be kept. {error}") from None
    except OSError as error:
        raise DownloadError(
            f"The sample {name} cannot be kept: {error.strerror or type(error).__name__}; check "
            "the cache folder."
        ) from None
    return target


def _sample(name: str) -> Sample:
    for sample in SAMPLES:
        if sample.name == name:
            return sample
    known = ", ".join(sample.name for sample in SAMPLES)
    raise DownloadError(f"There is no sample {name!r}; expected one of {known}.")


def _download(sample: Sample, url: str, target: Path) -> None:
    import pooch  # heavy, and of use only here

    # It would write the cache's folder, with the user's name in it, to the terminal.
    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{sample.sha256}",
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=_TIMEOUT_S),
        )
    except ValueError:
        raise DownloadError(_not_expected(sample)) from None
    except OSError as error:  # requests' errors are among them
        raise DownloadError(
            f"The sample {sample.name} could not be downloaded ({type(error).__name__}); connect "
            f"to the network, or set {MIRROR_VARIABLE} to a folder or URL that holds "
            f"{Path(sample.url).name}."
        ) from None


def _copy(sample: Sample, mirror: Path, target: Path) -> None:
    for name in (sample.file_name, Path(sample.url).name):
        if (mirror / name).is_file():
            break
    else:
        raise DownloadError(
            f"The mirror folder {mirror.name} holds no {Path(sample.url).name}; copy it there "
            f"from {sample.url}."
        )
    if _sha256(mirror / name) != sample.sha256:
        raise DownloadError(_not_expected(sample))
    with new_file(target, overwrite=True) as partial:
        shutil.copyfile(mirror / name, partial)


def _not_expected(sample: Sample) -> str:
    return (
        f"The file found for the sample {sample.name} is not the original (its SHA-256 is not "
        f"{sample.sha256[:12]}…); fetch it from {sample.url}."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
