"""How many there are of something, in words."""

from __future__ import annotations


def amount(count: int, noun: str, nouns: str = "") -> str:
    """`count` with its noun: one of it, or several.

    Parameters
    ----------
    nouns : str
        What several are called; by default `noun` with an s.

    Examples
    --------
    >>> amount(1, "cell"), amount(0, "cell"), amount(2, "laboratory", "laboratories")
    ('1 cell', '0 cells', '2 laboratories')
    """
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"
