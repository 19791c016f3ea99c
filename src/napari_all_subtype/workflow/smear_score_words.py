"""Words that the smear score and its interval are told in."""

from __future__ import annotations

from collections.abc import Mapping

from napari_all_subtype.workflow.intervals import wilson


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


def l3_in_words(n_l3: int, n_blasts: int, min_cells: int, min_share: float) -> str:
    """On how many blasts a warning of L3 rests, and from how many on there is one.

    Examples
    --------
    >>> l3_in_words(43, 84, 10, 0.25)
    '43 of 84 blasts, 95 % interval 41–62 % of sampling alone; warned of from 10 and 25 % on'
    """
    interval = wilson(n_l3, n_blasts)
    return (
        f"{n_l3} of {n_blasts} blasts, 95 % interval {100 * interval.low:.0f}–"
        f"{100 * interval.high:.0f} % of sampling alone; warned of from {min_cells} and "
        f"{100 * min_share:.0f} % on"
    )


def signed(value: int) -> str:
    """A whole number with the sign that typography wants.

    Examples
    --------
    >>> signed(-1), signed(0), signed(2)
    ('−1', '0', '+2')
    """
    return f"+{value}" if value > 0 else str(value).replace("-", "−")
