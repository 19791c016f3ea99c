"""Words that the smear score and its interval are told in."""

from __future__ import annotations

from collections.abc import Mapping


def counted(common: Mapping) -> str:
    """How many blasts there are, and the shares of their patterns.

    Parameters
    ----------
    common : mapping
        ``n_blasts``, ``n_fields`` and ``patterns`` of a smear score.
    """
    n, fields, patterns = common["n_blasts"], common["n_fields"], common["patterns"]
    count = f"{n} blast{'s' * (n != 1)} in {fields} field{'s' * (fields != 1)}"
    words = [
        f"{name.upper()}-like {100 * patterns[name]:.0f} %"
        for name in ("l1", "l2", "l3")
        if name != "l3" or patterns[name]
    ]
    if not n:
        return count
    return f"{count}: {', '.join(words)}, undetermined {100 * patterns['undetermined']:.0f} %"


def signed(value: int) -> str:
    """A whole number with the sign that typography wants.

    Examples
    --------
    >>> signed(-1), signed(0), signed(2)
    ('−1', '0', '+2')
    """
    return f"+{value}" if value > 0 else str(value).replace("-", "−")
