"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from napari_all_subtype.errors import ImageReadError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff")

_READABLE = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_REFUSED = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 code stream"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"RIFF", "a WebP or other RIFF file"),
)
_SUFFIXES_OF = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
}


def format_of(path: Path) -> str:
    """``PNG``, ``JPEG``, ``BMP`` or ``TIFF``, read from the first bytes of `path`.

    Raises
    ------
    ImageReadError
        If the file is missing, empty, unreadable or of another kind.
    """
    head = _first_bytes(path)
    for magic, name in _READABLE:
        if head.startswith(magic):
            return name
    kind = next((kind for magic, kind in _REFUSED if head.startswith(magic)), _text_or_not(head))
    raise ImageReadError(
        f"{path.name} is wrongly named or not an image: its content is {kind}. Expected PNG, "
        "JPEG, BMP or TIFF; save the picture again in one of these."
    )


def refuse_wrong_name(path: Path, file_format: str) -> str | None:
    """A line for the history when the suffix of `path` names no format; None when it fits.

    What follows the last dot may be a person's name; only known suffixes are repeated.

    Raises
    ------
    ImageReadError
        If the suffix promises another format than the content is.
    """
    suffix = path.suffix.lower()
    promised = next((name for name, known in _SUFFIXES_OF.items() if suffix in known), None)
    if promised == file_format:
        return None
    if promised:
        # A file renamed by hand may be another picture than the one it is taken for.
        raise ImageReadError(
            f"{path.name} is a {file_format}, not a {promised}: rename it to end in "
            f"{_SUFFIXES_OF[file_format][0]}, or export the picture again."
        )
    ending = "has an unknown ending" if suffix else "has no ending"
    return f"content is {file_format}; the name {ending}"


def special_kind(path: Path) -> str | None:
    """What `path` is when it is neither a file nor a folder; reading it might never end.

    Raises
    ------
    OSError
        If it is not there or may not be looked at.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _first_bytes(path: Path) -> bytes:
    if os.path.isdir(path):
        raise ImageReadError(f"{path.name} is a folder; expected an image file.")
    try:
        kind = special_kind(path)
        if kind:
            raise ImageReadError(
                f"{path.name} is {kind}. Expected an image file; save the picture to a file first."
            )
        with path.open("rb") as stream:
            head = stream.read(32)
    except FileNotFoundError:
        raise ImageReadError(f"There is no file {path.name}; check the name.") from None
    except ValueError:
        raise ImageReadError(f"{path.name!r} is no name a file can have; check it.") from None
    except ImageReadError:
        raise
    except OSError as error:
        raise ImageReadError(
            f"{path.name} cannot be opened: {error.strerror}; check that it may be read."
        ) from None
    if not head:
        raise ImageReadError(f"{path.name} is empty (0 bytes); copy the image again.")
    return head


def _text_or_not(head: bytes) -> str:
    is_text = all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head)
    return "text" if is_text else "of no known image format"
