"""Work on many parts at once, its results in order and its memory bounded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Processor cores that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def in_order(
    work: Callable[[Part], Result], parts: Iterable[Part], workers: int
) -> Iterator[Result]:
    """Results of `work` on `parts`, in the order of these, whatever the number of threads.

    Parts are taken one by one in the thread of the caller, and never more than
    `workers` + 1 of them ahead of what was given back. When the caller stops, or
    a part fails, nothing further begins.

    Parameters
    ----------
    workers : int
        Threads; with 1, everything happens in the thread of the caller.

    Examples
    --------
    >>> list(in_order(abs, [-3, 2, -1], 2))
    [3, 2, 1]
    """
    if workers <= 1:
        yield from map(work, parts)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers, "segmentation") as pool:
        try:
            for part in parts:
                waiting.append(pool.submit(work, part))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
