"""Stable names that say nothing: a keyed digest of each file, with the key kept apart.

The secret of the digest is the user's own, so that a file has the same pseudonym in
every output of one person on one machine, and no other person can tell whose it is.
"""

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
from napari_all_subtype.workflow.user_folder import DATA_VARIABLE, data_folder

CHUNK_BYTES = 1 << 20
SECRET_FILE = "pseudonym-secret.json"
SECRET_BYTES = 32
LOCK_TIMEOUT_S = 10


class Pseudonyms:
    """Names for files, the same for the same file under the same secret.

    Parameters
    ----------
    key_file : Path
        JSON with the file name behind each pseudonym. It identifies people: keep
        it apart from the results. Made if absent.
    own_secret : bool
        A new key file gets a secret of its own instead of the user's: pseudonyms
        that cannot be matched with those of other outputs. One that is there
        already keeps what it was made with.

    Raises
    ------
    OutputError
        If the key file is there but is not one, or the user's secret cannot be
        kept.
    """

    def __init__(self, key_file: Path, own_secret: bool = False):
        self.key_file = key_file
        # The user's secret is never copied: a key file is handed on more easily than meant.
        self._stored_secret = secrets.token_hex(SECRET_BYTES) if own_secret else None
        self.names: dict[str, str] = {}
        if os.path.lexists(key_file):
            try:
                stored = _read_json(key_file)
                self._stored_secret, self.names = stored.get("secret"), stored["names"]
                _key_of(self._stored_secret or "", 0)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise OutputError(
                    f"{key_file.name} is not a key file of this program. "
                    "Move it away or name another with --key-file."
                ) from error
        self._key = _key_of(self._stored_secret or users_secret())

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
        content = {"note": note, "secret": self._stored_secret, "names": self.names}
        write_json(self.key_file, content, overwrite=True, private=True)
        return result

    def _digest(self, path: Path) -> str:
        """Eight hex digits of content and name: two files never share them."""
        digest = hashlib.blake2b(key=self._key, digest_size=4)
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


def users_secret(folder: Path | None = None) -> str:
    """The user's secret for pseudonyms, in hexadecimal digits; made once, for its owner only.

    Parameters
    ----------
    folder : Path, optional
        Where it is kept; by default NAPARI_ALL_SUBTYPE_DATA, else the user's own
        folder for data.

    Raises
    ------
    OutputError
        If it cannot be kept, or what is there is no secret. Never a new one in its
        place: every pseudonym would change unseen.
    """
    from filelock import FileLock, Timeout

    path = (folder or data_folder()) / SECRET_FILE
    try:
        if not os.path.lexists(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(path.with_suffix(".lock"), timeout=LOCK_TIMEOUT_S):
                if not os.path.lexists(path):
                    made = {"secret": secrets.token_hex(SECRET_BYTES)}
                    write_json(path, made, private=True)
        secret = _read_json(path)["secret"]
        _key_of(secret)
    except (OSError, Timeout) as error:
        raise OutputError(
            "The secret behind the pseudonyms cannot be kept in your folder for data "
            f"({SECRET_FILE}). Name a key file with --key-file, or set {DATA_VARIABLE} to a "
            "folder that can be written."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"{SECRET_FILE} in your folder for data holds no secret any more. Put it back from a "
            "copy, or move it away: then every pseudonym changes."
        ) from error
    return secret


def _read_json(path: Path) -> dict:
    if special_kind(path):
        raise ValueError("reading it might never end")
    return json.loads(path.read_text(encoding="utf-8"))


def _key_of(secret: str, least_bytes: int = SECRET_BYTES) -> bytes:
    """Bytes of `secret`; ValueError if there are too few to be one."""
    key = bytes.fromhex(secret)
    if len(key) < least_bytes:
        raise ValueError("too short")
    return key
