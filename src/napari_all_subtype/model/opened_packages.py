"""What a package of a model holds: its names and sizes looked at before a byte is unpacked."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from napari_all_subtype.errors import ModelNotFoundError, ModelPackageError
from napari_all_subtype.model.card import CARD_NAME
from napari_all_subtype.model.weight_files import ADVICE, SUFFIX

MAX_FILES = 20
MAX_BYTES = 2_000_000_000
MAX_RATIO = 100  # of what unpacks to what is packed: weights hardly shrink
_READ_BYTES = 1 << 20
_ALLOWED = (SUFFIX, ".json", ".md", ".txt", ".csv")
_CODE = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".npy", ".npz", ".py", ".pyc")
_WHOLE = (".keras", ".h5", ".hdf5", ".pb")
# How a pickle of protocol 2 or later begins.
_PICKLE = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


@contextmanager
def opened_package(source: Path) -> Iterator[tuple[list[str], Callable[[Path], None]]]:
    """Names in a ZIP file or folder, and what unpacks them into a folder; both were looked at.

    Raises
    ------
    ModelNotFoundError
        If there is no such file or folder, or no model in it.
    ModelPackageError
        If it holds what it may not.
    """
    reader = _opened_folder if source.is_dir() else _opened_zip
    with reader(source) as (names, unpack):
        _refuse_names(names, source.name)
        if CARD_NAME not in names:
            raise ModelNotFoundError(
                f"{source.name} holds no model: {CARD_NAME} is not in it. Expected what models "
                "export writes, or the folder of a model."
            )
        yield names, unpack


def refuse_pickle(path: Path) -> None:
    """Raise if a file begins as a pickle does.

    Raises
    ------
    ModelPackageError
    """
    with path.open("rb") as file:
        begins = file.read(2)
    if begins in _PICKLE:
        raise ModelPackageError(
            f"{path.name} is a pickle, which can run code when it is opened. {ADVICE}"
        )


def _refuse_names(names: list[str], source: str) -> None:
    if len(names) > MAX_FILES or len(set(names)) < len(names):
        raise ModelPackageError(
            f"{source} holds {len(names)} files, some perhaps twice: expected at most {MAX_FILES}, "
            f"each once. {ADVICE}"
        )
    for name in names:
        if _only_deeper(name):
            raise ModelPackageError(
                f"{source} holds {name!r}, in a folder of its own: expected {CARD_NAME} and "
                "weights at the top. Pack the files of the model, not the folder around them."
            )
        if name != PurePath(name).name or "\\" in name or ":" in name or name in ("", ".", ".."):
            raise ModelPackageError(
                f"{source} holds {name!r}, which would be written outside of its folder: expected "
                f"plain names. {ADVICE}"
            )
        low = name.lower()
        if low.endswith(_CODE):
            raise ModelPackageError(
                f"{source} holds {name}, a file that can run code when it is opened (a pickle and "
                f"the like): expected {CARD_NAME} and weights. {ADVICE}"
            )
        if low.endswith(_WHOLE) and not low.endswith(SUFFIX):
            raise ModelPackageError(
                f"{source} holds {name}, a whole model, which may have layers that are code "
                f"(Lambda): expected {CARD_NAME} and weights, {SUFFIX}. {ADVICE}"
            )
        if not low.endswith(_ALLOWED):
            raise ModelPackageError(
                f"{source} holds {name}: expected only names that end in {', '.join(_ALLOWED)}. "
                f"{ADVICE}"
            )


def _only_deeper(name: str) -> bool:
    """Whether a name leads into a folder, and nowhere else."""
    parts = name.removesuffix("/").split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and not set(name) & {"\\", ":"}
    return plain and (len(parts) > 1 or name.endswith("/"))


@contextmanager
def _opened_folder(source: Path) -> Iterator[tuple[list[str], object]]:
    entries = sorted(source.iterdir())
    for entry in entries:
        if entry.is_symlink() or not entry.is_file():
            raise ModelPackageError(
                f"{entry.name} in {source.name} is a link or no ordinary file: expected files "
                f"alone. {ADVICE}"
            )
    total = sum(entry.stat().st_size for entry in entries)
    _refuse_size(total, source.name)

    def unpack(folder: Path) -> None:
        for entry in entries:
            shutil.copyfile(entry, folder / entry.name, follow_symlinks=False)

    yield [entry.name for entry in entries], unpack


@contextmanager
def _opened_zip(source: Path) -> Iterator[tuple[list[str], object]]:
    if not source.is_file():
        raise ModelNotFoundError(f"There is no file or folder {source.name}. Check the name.")
    _refuse_single(source)
    try:
        with zipfile.ZipFile(source) as package:
            members = package.infolist()
            for member in members:
                _refuse_member(member, source.name)
            _refuse_size(sum(member.file_size for member in members), source.name)

            def unpack(folder: Path) -> None:
                for member in members:
                    _unpack(package, member, folder, source.name)

            yield [member.filename for member in members], unpack
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ModelPackageError(
            f"{source.name} is no ZIP file, or a damaged one: expected what models export writes. "
            "Get it again."
        ) from error


def _refuse_single(source: Path) -> None:
    """Say what a file is that is no package at all."""
    refuse_pickle(source)
    low = source.name.lower()
    if low.endswith((*_WHOLE, *_CODE)):
        layer = " with a Lambda layer, which is code" if _has_lambda(source) else ""
        raise ModelPackageError(
            f"{source.name} is a whole model{layer}, or a file that can run code: expected a "
            f"package that models export writes (ZIP). {ADVICE}"
        )


def _has_lambda(source: Path) -> bool:
    """Whether a Keras file names a Lambda layer; nothing of it is built."""
    if not zipfile.is_zipfile(source):
        return False
    with zipfile.ZipFile(source) as package:
        if "config.json" not in package.namelist():
            return False
        with package.open("config.json") as file:
            return b'"Lambda"' in file.read(10 * _READ_BYTES)


def _refuse_member(member: zipfile.ZipInfo, source: str) -> None:
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        raise ModelPackageError(
            f"{member.filename} in {source} is a link or no ordinary file: expected files alone. "
            f"{ADVICE}"
        )
    if member.flag_bits & 0x1:
        raise ModelPackageError(f"{member.filename} in {source} is encrypted. {ADVICE}")
    if member.file_size > _READ_BYTES and member.file_size > MAX_RATIO * member.compress_size:
        raise ModelPackageError(
            f"{member.filename} in {source} unpacks to more than {MAX_RATIO} times its size: a zip "
            f"bomb. {ADVICE}"
        )


def _refuse_size(total: int, source: str) -> None:
    if total > MAX_BYTES:
        raise ModelPackageError(
            f"{source} holds {total / 1e9:.1f} GB: expected at most {MAX_BYTES / 1e9:.0f}. {ADVICE}"
        )


def _unpack(package: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, source: str) -> None:
    written = 0
    with package.open(member) as packed, (folder / member.filename).open("wb") as file:
        while part := packed.read(_READ_BYTES):
            written += len(part)
            if written > member.file_size:
                raise ModelPackageError(
                    f"{member.filename} in {source} is larger than it says: a zip bomb. {ADVICE}"
                )
            file.write(part)
