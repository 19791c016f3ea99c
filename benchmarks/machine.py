"""What the machine can do, measured in the same run as the figures that stand beside it."""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np

from napari_all_subtype.cells.workers import usable_cores

_COPIED_MB = 256


def copy_bandwidth() -> float:
    """Bytes per second at which one core copies memory: the median of seven copies."""
    source = np.ones(_COPIED_MB * 1_000_000, np.uint8)
    target = np.empty_like(source)
    target[:] = 0  # the pages are there before the clock runs
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        np.copyto(target, source)
        seconds.append(time.perf_counter() - start)
    return source.nbytes / statistics.median(seconds)


def describe() -> dict:
    """Processor, cores that may be used, and the bandwidth of a copy."""
    return {
        "processor": _processor(),
        "cores": usable_cores(),
        "copy_gb_per_s": round(copy_bandwidth() / 1e9, 2),
        "python": platform.python_version(),
    }


def load() -> float:
    """Mean number of processes that wanted a core in the last minute; this run is one of them."""
    return round(os.getloadavg()[0], 2)


def peak_mib() -> float:
    """Most memory that this process has held so far, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
