"""Stable names that say nothing: a keyed digest of each file, with the key kept apart."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from napari_all_subtype.cells.formats import IMAGE_SUFFIXES, special_kind
from napari_all_subtype.errors import OutputError
from napari_all_subtype.files import write_json

CHUNK_BYTES = 1 << 20


class Pseudonyms:
    """Names for files, the same for the same file as long as the key file is kept.

    Parameters
    ----------
    key_file : Path
        JSON with a random secret and the file name behind each pseudonym. It
        identifies people: keep it apart from the results. Made if absent.

    Raises
    ------
    OutputError
        If the key file is there but is not one.
    """

    def __init__(self, key_file: Path):
        self.key_file = key_file
        self.secret = secrets.token_hex(32)
        self.names: dict[str, str] = {}
        if os.path.lexists(key_file):
            try:
                if special_kind(key_file):
                    raise ValueError("reading it might never end")
                stored = json.loads(key_file.read_text(encoding="utf-8"))
                self.secret, self.names = stored["secret"], stored["names"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise OutputError(
                    f"{key_file.name} is not a key file of this program. "
                    "Move it away or name another with --key-file."
                ) from error

    def name_all(self, paths: Sequence[Path]) -> list[str]:
        """A pseudonym for each of `paths`, written to the key file before it is used.

        Raises
        ------
        OutputError
            If the key file cannot be written.
        """
        result = []
        for path in paths:
            suffix = path.suffix.lower() if path.suffix.lower() in IMAGE_SUFFIXES else ""
            pseudonym = f"image-{self._digest(path)}{suffix}"
            self.names[pseudonym] = os.fsencode(path.name).decode("utf-8", "replace")
            result.append(pseudonym)
        note = "This file identifies the images. Keep it apart from the results."
        content = {"note": note, "secret": self.secret, "names": self.names}
        write_json(self.key_file, content, overwrite=True, private=True)
        return result

    def _digest(self, path: Path) -> str:
        """Eight hex digits of content and name: two files never share them."""
        digest = hashlib.blake2b(key=bytes.fromhex(self.secret), digest_size=4)
        try:
            if special_kind(path):
                raise OSError("nothing to read")
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    digest.update(chunk)
        except OSError as error:
            # A file that is not there has a name all the same.
            digest.update(type(error).__name__.encode())
        digest.update(os.fsencode(path.name))
        return digest.hexdigest()
