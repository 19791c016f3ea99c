"""The time as a project writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """Now, in UTC, ISO 8601 with milliseconds: text that sorts as time does.

    Examples
    --------
    >>> len(utc_now()) == len("2026-01-31T12:00:00.000Z")
    True
    """
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
