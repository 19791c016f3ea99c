"""A file of weights, looked through before Keras opens it: numbers of its own, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_all_subtype.errors import ModelPackageError

if TYPE_CHECKING:
    import h5py

SUFFIX = ".weights.h5"
MAX_WEIGHTS_BYTES = 2_000_000_000
MAX_ENTRIES = 20_000
ADVICE = "Nothing was loaded. Get the model from someone you trust."


def check_weights(path: Path) -> None:
    """Raise unless `path` holds plain arrays of numbers, of a size that its bytes can hold.

    HDF5 can point to other files, keep objects that only Python understands, and
    declare arrays far larger than the file; a whole model keeps layers with code.

    Raises
    ------
    ModelPackageError
        With what was found.
    """
    import h5py

    if not path.name.endswith(SUFFIX):
        raise ModelPackageError(
            f"{path.name} is no file of weights alone: expected a name that ends in {SUFFIX}. "
            f"A whole model may carry code. {ADVICE}"
        )
    try:
        with h5py.File(path, "r") as file:
            _refuse_whole_models(file, path.name)
            _look_through(file, path.name)
    except OSError as error:
        raise ModelPackageError(
            f"{path.name} is damaged or no HDF5 file: its weights cannot be read. Get it again."
        ) from error


def _refuse_whole_models(file: h5py.File, name: str) -> None:
    if "model_config" in file.attrs:
        config = file.attrs["model_config"]
        text = config.decode(errors="replace") if isinstance(config, bytes) else str(config)
        what = "a Lambda layer, which is code" if "Lambda" in text else "a whole model"
        raise ModelPackageError(f"{name} holds {what}: expected weights alone. {ADVICE}")


def _look_through(group: h5py.Group, name: str) -> None:
    import h5py

    declared, entries, waiting = 0, 0, [group]
    while waiting:
        group = waiting.pop()
        for key in group:
            entries += 1
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise ModelPackageError(
                    f"{name} points to another place at {group.name}/{key}: expected weights of "
                    f"its own. {ADVICE}"
                )
            entry = group[key]
            if isinstance(entry, h5py.Group):
                waiting.append(entry)
            elif isinstance(entry, h5py.Dataset):
                declared += _bytes_of(entry, name)
            if declared > MAX_WEIGHTS_BYTES or entries > MAX_ENTRIES:
                raise ModelPackageError(
                    f"{name} declares more than {MAX_WEIGHTS_BYTES / 1e9:.0f} GB or "
                    f"{MAX_ENTRIES} entries: no network of this program is so large. {ADVICE}"
                )


def _bytes_of(data: h5py.Dataset, name: str) -> int:
    # Numbers, and the names that Keras keeps beside some of them.
    import h5py

    text = h5py.check_string_dtype(data.dtype) is not None
    if data.external or data.is_virtual or not (data.dtype.kind in "fiub" or text):
        raise ModelPackageError(
            f"{name} holds at {data.name} something that is no array of numbers "
            f"({data.dtype}): expected weights alone. {ADVICE}"
        )
    return data.size * data.dtype.itemsize if data.size is not None else 0
