"""The page ``docs/figures/speed.md`` from what was measured."""

from __future__ import annotations

import statistics

import numpy as np

_TO_REACH_MP_PER_S = 8.0
_TO_REACH_RATIO = 10.0
_MAIN_SIZE = 0.13

_HEAD = """# How fast cells are found

{date}, commit `{commit}`. Written by `make figures-speed`; all repeats are in `speed.json`.

{processor}, {cores} cores, Python {python}; one core copies {copy_gb_per_s} GB/s. Mean number of
processes that wanted a core, this run included: {load_before} before, {load_after} after. Above
{cores}, others were at work too and all times are too long.

Medians of warm repeats, with the shortest and the longest in brackets. Fields are simulated:
2592 × 1944 px with 60 leukocytes, PNG.

## From the file to the masks, all cores

| µm/px | cells found | seconds | processor seconds | MP/s | load |
|---:|---:|---:|---:|---:|---:|
"""


def page(report: dict) -> str:
    """The report as Markdown."""
    lines = [_HEAD.format(**report, **report["machine"]).rstrip("\n")]
    lines += [_row(str(field["um_per_px"]), field) for field in report["fields"]]
    lines += ["", f"To reach: {_TO_REACH_MP_PER_S:g} MP/s at {_MAIN_SIZE} µm/px.", ""]
    lines += _stardist(report)
    lines += _stages(report)
    lines += _growth(report)
    lines += ["", "## Images without white cells", ""]
    lines += [f"At {_MAIN_SIZE} µm/px and the size of the field; none may be found.", ""]
    lines += ["| picture | cells found | seconds | processor seconds | MP/s | load |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    lines += [_row(result["picture"], result) for result in report["without_cells"]]
    return "\n".join(lines) + "\n"


def _row(name: str, result: dict) -> str:
    rate = result["megapixels"] / statistics.median(result["seconds"])
    return (
        f"| {name} | {result['cells']} | {_spread(result['seconds'])} "
        f"| {_spread(result['cpu_seconds'])} | **{rate:.1f}** | {result['load']} |"
    )


def _spread(seconds: list[float]) -> str:
    middle = statistics.median(seconds)
    return f"{middle:.2f} ({min(seconds):.2f} – {max(seconds):.2f})"


def _stardist(report: dict) -> list[str]:
    lines = ["## Beside StarDist's network", ""]
    other = report["stardist"]
    if "skipped" in other:
        return [*lines, f"Not measured: {other['skipped']}.", ""]
    own = next(f for f in report["fields"] if f["um_per_px"] == _MAIN_SIZE)
    rate = own["megapixels"] / statistics.median(own["seconds"])
    other_rate = other["megapixels"] / statistics.median(other["seconds"])
    return [
        *lines,
        f"An untrained StarDist {other['stardist']} (TensorFlow {other['tensorflow']}, grid "
        f"{tuple(other['grid'])}), its network alone, on the same pixels in the same run: "
        f"{_spread(other['seconds'])} s, {other_rate:.2f} MP/s. From the file to the masks we are "
        f"**{rate / other_rate:.1f} times** as fast; to reach: {_TO_REACH_RATIO:g}.",
        "",
    ]


def _stages(report: dict) -> list[str]:
    """Milliseconds of each stage, and how many copies of the image take as long."""
    sizes = report["stages"]
    lines = ["## Stages, one thread", ""]
    lines += ["Milliseconds, in brackets as many times as one core needs to copy the image.", ""]
    lines += ["| stage | " + " | ".join(f"{s['um_per_px']} µm/px" for s in sizes) + " |"]
    lines += ["|---|" + "---:|" * len(sizes)]
    bandwidth = report["machine"]["copy_gb_per_s"] * 1e9
    for stage in [*sizes[0]["seconds"], "all"]:
        cells = []
        for size in sizes:
            times = size["seconds"]
            seconds = sum(times.values()) if stage == "all" else times[stage]
            copy = 3e6 * size["megapixels"] / bandwidth
            cells.append(f"{1e3 * seconds:.0f} ({seconds / copy:.0f}×)")
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    return lines


def _growth(report: dict) -> list[str]:
    """Seconds and memory against pixels."""
    rows = report["growth"]
    pixels = np.log([r["megapixels"] for r in rows])
    power, cpu_power = (
        np.polyfit(pixels, np.log([statistics.median(r[kind]) for r in rows]), 1)[0]
        for kind in ("seconds", "cpu_seconds")
    )
    whole = report["analyse"]
    return [
        "",
        "## Growth",
        "",
        f"The field at {_MAIN_SIZE} µm/px, cut or repeated side by side, from memory to the masks, "
        "each size in",
        "a process of its own. Memory is the most that the process held, above what it held after "
        "its",
        "imports and a first small image; the image itself is in it.",
        "",
        "| MP | cells | seconds | processor seconds | MP/s | memory, MiB | image, MiB | load |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *map(_growth_row, rows),
        "",
        f"Time grows with the power {power:.2f} of pixels, processor time with {cpu_power:.2f};",
        "1 is linear.",
        "To reach at 100 MP: 2,048 MiB.",
        "",
        f"The whole of `analyse` at {whole['megapixels']:.0f} MP ({whole['cells']} cells): "
        f"{_spread(whole['seconds'])} s, {whole['above_imports_mib']:.0f} MiB above imports; to "
        "reach:",
        "4,096 MiB.",
    ]


def _growth_row(result: dict) -> str:
    rate = result["megapixels"] / statistics.median(result["seconds"])
    return (
        f"| {result['megapixels']:.0f} | {result['cells']} | {_spread(result['seconds'])} "
        f"| {_spread(result['cpu_seconds'])} | {rate:.1f} | {result['above_imports_mib']:.0f} "
        f"| {result['image_mib']:.0f} | {result['load']} |"
    )
