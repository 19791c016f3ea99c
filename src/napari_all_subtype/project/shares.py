"""Whether a folder lies on a network share, where two machines see one file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre")
_NETWORK_BY_FUSE = ("fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.davfs2", "fuse.gvfsd-fuse")
_MOUNTS = Path("/proc/self/mountinfo")
_WINDOWS_REMOTE = 4


def network_share(folder: Path) -> str:
    """Kind of the network share that holds `folder`, or nothing if it is a disk of this machine.

    Nothing is said, too, where the system does not tell.
    """
    if sys.platform == "win32":
        return _windows_share(folder)
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    kind = file_system(os.path.realpath(folder), mounts)
    return kind if kind in _NETWORK + _NETWORK_BY_FUSE else ""


def file_system(path: str, mounts: str) -> str:
    r"""Kind of the file system that holds `path`, by the table `mounts` of Linux.

    Parameters
    ----------
    path : str
        Absolute, without links.
    mounts : str
        Lines as in ``/proc/self/mountinfo`` (proc(5)).

    Examples
    --------
    >>> mounts = "1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /lab rw - nfs4 host:/lab rw"
    >>> file_system("/lab/all", mounts), file_system("/laboratory", mounts)
    ('nfs4', 'ext4')
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        left, dash, right = line.partition(" - ")
        fields = left.split(" ")
        if not dash or len(fields) < 5:
            continue
        point = _unescaped(fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # The last of two mounts at one place hides the first.
        if inside and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]
    return kind


def _unescaped(text: str) -> str:
    """`text` with the four characters that the kernel escapes put back."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def _windows_share(folder: Path) -> str:
    import ctypes

    drive = Path(os.path.realpath(folder)).anchor
    if drive.startswith("\\\\"):
        return "network share"
    kind = ctypes.windll.kernel32.GetDriveTypeW(drive)  # type: ignore[attr-defined]
    return "network drive" if kind == _WINDOWS_REMOTE else ""
