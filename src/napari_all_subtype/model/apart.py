"""Cellpose in a process of its own: torch cannot be loaded after TensorFlow, it ends the process.

Seen with torch 2.15 and TensorFlow 2.21; the other way round works, but nobody
knows which of the two a person will need first.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import weakref
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO

import numpy as np

from napari_all_subtype.errors import ExtraFailedError, ModelNotFoundError, describe_error

_LENGTH = struct.Struct(">cQ")
_ARRAY, _TEXT, _NOT_FOUND, _FAILED = b"A", b"T", b"N", b"F"


class CellposeApart:
    """A Cellpose model that is loaded, and asked, in a process of its own.

    Parameters
    ----------
    model : str, optional
        File of the weights, or a name under which Cellpose has them on this machine.

    Raises
    ------
    ModelNotFoundError
        If there is none, or it is no model of this version.
    ExtraFailedError
        If the process ends by itself.
    """

    def __init__(self, model: str | None = None):
        self._model = model
        self._start()

    def _start(self) -> None:
        # The same packages are found there as here.
        where = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *([self._model] if self._model else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": where},
        )
        self._end = weakref.finalize(self, _end, self._process)
        self.name = self._answer().decode()

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Labels, shape (Y, X), of `pixels`, shape (Y, X, 3), float32, about 0 to 1.

        Raises
        ------
        ExtraFailedError
            If Cellpose fails.
        """
        if self._process.poll() is not None:
            # It ended at another image: one that needs less memory may still go well.
            self._end()
            self._start()
        with suppress(OSError):  # it has ended; the answer says so
            _send(self._process.stdin, _ARRAY, _packed(pixels))
        return np.load(BytesIO(self._answer()), allow_pickle=False)

    def close(self) -> None:
        """End the process."""
        self._end()

    def _answer(self) -> bytes:
        kind, content = _receive(self._process.stdout)
        if kind == _NOT_FOUND:
            raise ModelNotFoundError(content.decode())
        if kind == _FAILED:
            raise ExtraFailedError(f"Cellpose failed: {content.decode()}")
        if not kind:
            code = self._process.wait()
            raise ExtraFailedError(
                f"Cellpose ended unexpectedly (exit code {code}); memory may have run out. Run "
                "again with smaller tiles, or with fewer programs open."
            )
        return content


def serve(model: str | None, requests: BinaryIO, answers: BinaryIO) -> None:
    """Load `model`, say its name, and answer pixels with labels until `requests` end."""
    from napari_all_subtype.model.cellpose_network import load_cellpose

    try:
        network = load_cellpose(model)
    except ModelNotFoundError as error:
        _send(answers, _NOT_FOUND, str(error).encode())
        return
    _send(answers, _TEXT, network.name.encode())
    while (request := _receive(requests))[0]:
        try:
            labels = network(np.load(BytesIO(request[1]), allow_pickle=False))
            _send(answers, _ARRAY, _packed(labels))
        except Exception as error:  # the edge of the process: a person reads one sentence
            _send(answers, _FAILED, describe_error(error).encode())


def _packed(array: np.ndarray) -> bytes:
    stream = BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _send(stream: BinaryIO, kind: bytes, content: bytes) -> None:
    stream.write(_LENGTH.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def _receive(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Kind and content; both empty where the other end is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return b"", b""
    kind, length = _LENGTH.unpack(head)
    content = stream.read(length)
    return (kind, content) if len(content) == length else (b"", b"")


def _end(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # what was still to be written has nobody to read it
            stream.close()


def main(arguments: Sequence[str]) -> None:
    """Serve the process at the other end of this one's pipes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between
    serve(arguments[0] if arguments else None, sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(sys.argv[1:])
