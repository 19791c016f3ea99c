"""Instrument profiles: the pixel size of an objective and camera, measured once, named."""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import platformdirs

from napari_all_subtype.config import MAX_PIXEL_SIZE_UM, MIN_PIXEL_SIZE_UM
from napari_all_subtype.errors import OutputError, PixelSizeError, ProfileError
from napari_all_subtype.files import write_json

CONFIG_VARIABLE = "NAPARI_ALL_SUBTYPE_CONFIG"
_SUFFIX = ".json"
_NAME = re.compile(r"[\w][\w .+×-]{0,63}")


@dataclass(frozen=True)
class InstrumentProfile:
    """The pixel size that one objective and camera give.

    Parameters
    ----------
    name : str
        Up to 64 letters, digits, blanks and ``. _ + × -``.
    um_per_px : float
        Micrometres per pixel, 0.02–1.
    objective, camera : str
        In the laboratory's own words.
    date : str
        Day of the measurement, ISO (2025-03-31).
    relative_uncertainty : float
        One standard uncertainty as a fraction of the value, 0–0.5.

    Raises
    ------
    ProfileError, PixelSizeError
        If a value is out of its range.
    """

    name: str
    um_per_px: float
    objective: str = ""
    camera: str = ""
    date: str = ""
    relative_uncertainty: float = 0.02

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name != self.name.strip(" ."):
            raise ProfileError(
                f"{self.name!r} cannot name an instrument profile; expected 1 to 64 letters, "
                "digits, blanks or . _ + × -."
            )
        if not MIN_PIXEL_SIZE_UM <= self.um_per_px <= MAX_PIXEL_SIZE_UM:
            raise PixelSizeError(
                f"um_per_px = {self.um_per_px!r} in the profile {self.name!r}; expected between "
                f"{MIN_PIXEL_SIZE_UM} and {MAX_PIXEL_SIZE_UM} micrometres per pixel."
            )
        if not (math.isfinite(self.relative_uncertainty) and 0 <= self.relative_uncertainty <= 0.5):
            raise ProfileError(
                f"relative_uncertainty = {self.relative_uncertainty!r} in the profile "
                f"{self.name!r}; expected a fraction from 0 to 0.5."
            )
        if self.date:
            _check_date(self.date, self.name)


def profiles_folder(folder: Path | None = None) -> Path:
    """Where profiles are kept: `folder`, else NAPARI_ALL_SUBTYPE_CONFIG, else the user's own."""
    if folder is not None:
        return Path(folder) / "profiles"
    root = os.environ.get(CONFIG_VARIABLE) or platformdirs.user_config_dir(
        "napari-all-subtype", appauthor=False
    )
    return Path(root) / "profiles"


def save_profile(
    profile: InstrumentProfile, folder: Path | None = None, *, overwrite: bool = False
) -> Path:
    """Save `profile` under its name; gives the file back.

    Raises
    ------
    ProfileError
        If the name is taken and `overwrite` is not set.
    OutputError
        If the folder cannot be written.
    """
    path = _path_of(profile.name, folder)
    if path.exists() and not overwrite:
        raise ProfileError(
            f"There is an instrument profile {profile.name!r} already; choose another name or "
            "overwrite it."
        )
    try:
        write_json(path, asdict(profile), overwrite)
    except OutputError as error:
        raise OutputError(
            f"The instrument profile {profile.name!r} cannot be saved. {error} Or set "
            f"{CONFIG_VARIABLE} to a folder that can be written."
        ) from error
    return path


def load_profile(name: str, folder: Path | None = None) -> InstrumentProfile:
    """The profile saved as `name`.

    Raises
    ------
    ProfileError
        If there is none, naming those there are, or if it cannot be read.
    """
    path = None if not _NAME.fullmatch(name) else _path_of(name, folder)
    if path is None or not path.is_file():
        raise _unknown(name, folder)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return InstrumentProfile(**values)
    except (OSError, ValueError, TypeError) as error:
        # The text of an OSError holds the whole path.
        why = error.strerror if isinstance(error, OSError) else error
        raise ProfileError(
            f"The instrument profile {name!r} cannot be read ({path.name}: {why}); save it again."
        ) from error


def list_profiles(folder: Path | None = None) -> list[str]:
    """Names of the saved profiles, sorted."""
    root = profiles_folder(folder)
    if not root.is_dir():
        return []
    return sorted(path.name.removesuffix(_SUFFIX) for path in root.glob(f"[!.]*{_SUFFIX}"))


def delete_profile(name: str, folder: Path | None = None) -> None:
    """Delete the profile saved as `name`.

    Raises
    ------
    ProfileError
        If there is none.
    """
    if not _NAME.fullmatch(name) or not _path_of(name, folder).is_file():
        raise _unknown(name, folder)
    _path_of(name, folder).unlink()


def _path_of(name: str, folder: Path | None) -> Path:
    return profiles_folder(folder) / f"{name}{_SUFFIX}"


def _unknown(name: str, folder: Path | None) -> ProfileError:
    names = list_profiles(folder)
    known = f"known are: {', '.join(names)}" if names else "none is saved yet"
    return ProfileError(
        f"There is no instrument profile {name!r}; {known}. Save one, or give the pixel size."
    )


def _check_date(value: str, name: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ProfileError(
            f"date = {value!r} in the profile {name!r}; expected a day such as 2025-03-31."
        ) from None
