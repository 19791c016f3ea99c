"""The stains of the training, and how surely another stain is told from them.

python scripts/bundled_stain.py     -> docs/figures/stain.md and .json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import cv2
import numpy as np
from bundled_commit import commit
from bundled_data import ROOT, Cells, hash_of, load_cells

from napari_all_subtype.cells.stain_seen import StainSeen, colours_of

COUNTS = (3, 10)  # cells of one picture, and of a small smear
RARE = 0.99
# From the same kind of analyser: left out together.
ALIKE = ("txl_pbc", "segmentation_wbc_d2")
MOST_SMEARS = 20  # of each laboratory, that are distorted


def stain_seen_of(cells: Cells) -> StainSeen:
    """Stains of the teaching cells, each laboratory weighing the same."""
    cells, colours = with_colours(cells)
    return seen_of(colours, cells)


def with_colours(cells: Cells) -> tuple[Cells, np.ndarray]:
    """The teaching cells whose six colours can all be told, and these: shape (N, 6).

    Others are left out before cells are counted, as the product does: a limit is that of so
    many cells with a colour.
    """
    cells = cells.at(cells.teaching & cells.found)
    colours = colours_of(cells.crops)
    whole = ~np.isnan(colours).any(axis=1)
    return cells.at(whole), colours[whole]


def seen_of(colours: np.ndarray, cells: Cells) -> StainSeen:
    """Stains of `cells`, whose `colours` are all known."""
    names = np.unique(cells.laboratory)
    parts = [colours[cells.laboratory == name].astype(float) for name in names]
    means = np.array([part.mean(axis=0) for part in parts])
    within = np.mean([np.cov(part.T) for part in parts], axis=0)
    ranges = [_quantiles([part[:, k] for part in parts], (0.01, RARE)) for k in range(6)]
    seen = StainSeen(
        mean=_rounded(means.mean(axis=0)),
        covariance=tuple(_rounded(row) for row in within + np.cov(means.T)),
        low=_rounded([low for low, _ in ranges]),
        high=_rounded([high for _, high in ranges]),
        counts=COUNTS,
        rare=(1.0,) * len(COUNTS),
    )
    rare = []
    for count in COUNTS:
        medians = smears_of(colours, cells, count)
        far = [seen.distance(medians[name]) for name in names if len(medians[name])]
        rare.append(_quantiles(far, (RARE,))[0])
    return seen.model_copy(update={"rare": _rounded(rare)})


def smears_of(values: np.ndarray, cells: Cells, count: int) -> dict[str, np.ndarray]:
    """Median colours of `count` cells at a time, in the order of the files, by laboratory."""
    medians = {}
    for name in np.unique(cells.laboratory):
        found = [np.median(values[rows], axis=0) for rows in runs_of(cells, str(name), count)]
        medians[str(name)] = np.array(found).reshape(-1, values.shape[1])
    return medians


def runs_of(cells: Cells, laboratory: str, count: int) -> list[np.ndarray]:
    """Rows of `count` cells at a time, in the order of the files."""
    rows = np.flatnonzero(cells.laboratory == laboratory)
    rows = rows[np.argsort(cells.group[rows], kind="stable")]
    return [rows[at : at + count] for at in range(0, len(rows) - count + 1, count)]


def _quantiles(parts: list[np.ndarray], shares: tuple[float, ...]) -> list[float]:
    """Quantiles of all parts together, each weighing the same."""
    values = np.concatenate(parts)
    weights = np.concatenate([np.full(len(part), 1 / len(part)) for part in parts])
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return [float(np.interp(share, reached, values[order])) for share in shares]


def _rounded(values) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def distortions() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What lamps, cameras and exports do to a picture, strongly."""
    return {
        "as it is": lambda rgb: rgb,
        "hue turned by 30 degrees": _turned(30),
        "hue turned by -30 degrees": _turned(-30),
        "hue turned by 60 degrees": _turned(60),
        "hue turned by -60 degrees": _turned(-60),
        "hue turned by 180 degrees": _turned(180),
        "grey": _times_saturation(0.0),
        "half the saturation": _times_saturation(0.5),
        "half the light": _gain(0.5, 0.5, 0.5),
        "a third of the light": _gain(0.33, 0.33, 0.33),
        "washed out: half white": lambda rgb: (127.5 + 0.5 * rgb).astype(np.uint8),
        "half of the red": _gain(0.5, 1, 1),
        "half of the green": _gain(1, 0.5, 1),
        "half of the blue": _gain(1, 1, 0.5),
        "a third of the blue": _gain(1, 1, 0.33),
        "red and blue exchanged": lambda rgb: np.ascontiguousarray(rgb[..., ::-1]),
    }


def _turned(degrees: int) -> Callable[[np.ndarray], np.ndarray]:
    def turn(rgb: np.ndarray) -> np.ndarray:
        hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
        # cv2 counts hue in half degrees, 0–179.
        hsv[..., 0] = ((hsv[..., 0].astype(int) + degrees // 2) % 180).astype(np.uint8)
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)

    return turn


def _times_saturation(share: float) -> Callable[[np.ndarray], np.ndarray]:
    def mix(rgb: np.ndarray) -> np.ndarray:
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None].astype(float)
        return np.clip(grey + share * (rgb - grey), 0, 255).astype(np.uint8)

    return mix


def _gain(*factors: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda rgb: np.clip(rgb * np.array(factors), 0, 255).astype(np.uint8)


def measure(cells: Cells) -> dict:
    """Share of smears that are warned of: of laboratories left out, and distorted."""
    cells, colours = with_colours(cells)
    names = [str(name) for name in np.unique(cells.laboratory)]
    whole = seen_of(colours, cells)
    left_out = {name: {} for name in names}
    for name in names:
        rest = ~np.isin(cells.laboratory, ALIKE if name in ALIKE else (name,))
        seen = seen_of(colours[rest], cells.at(rest))
        for count in COUNTS:
            medians = smears_of(colours, cells, count)[name]
            left_out[name][count] = [len(medians), _share(seen, medians, count)]
    changed = {what: {count: {} for count in COUNTS} for what in distortions()}
    for name in names:
        rows = runs_of(cells, name, max(COUNTS))
        step = max(1, len(rows) // MOST_SMEARS)
        part = cells.at(np.concatenate(rows[::step][:MOST_SMEARS]))
        for what, change in distortions().items():
            crops = part.crops.copy()
            for crop in crops:
                crop[..., :3] = change(np.ascontiguousarray(crop[..., :3]))
            values = colours_of(crops)
            for count in COUNTS:
                medians = smears_of(values, part, count)[name]
                changed[what][count][name] = _share(whole, medians, count)
    return {
        "left out": left_out,
        "distorted": changed,
        "rare": dict(zip(COUNTS, whole.rare, strict=True)),
    }


def _share(seen: StainSeen, medians: np.ndarray, count: int) -> float:
    return round(float((seen.distance(medians) > seen.rare_distance(count)).mean()), 4)


def write_figures(cells: Cells) -> None:
    """Write docs/figures/stain.md and .json."""
    content = {
        "date": date.today().isoformat(),
        "commit": commit(),
        "data_hash": hash_of(cells),
        **measure(cells),
    }
    out = ROOT / "docs" / "figures"
    (out / "stain.json").write_text(json.dumps(content, indent=1) + "\n")
    (out / "stain.md").write_text(page_of(content))


def page_of(content: dict) -> str:
    """The page, in Markdown."""
    few, many = COUNTS
    names = list(content["left out"])
    lines = [
        "# Which stains are warned of",
        "",
        f"{content['date']}, commit `{content['commit']}`, crops {content['data_hash']}. Made by",
        "`make figures-stain`. A smear is judged by the median colour (CIELAB) of the nuclei and",
        "the cytoplasm of its cells: by the Mahalanobis distance of these six numbers from the",
        "training cells, laboratories weighing equally. The limit is the distance that one in a",
        f"hundred smears of the training exceeds: {content['rare'][few]:.2f} for {few} cells,",
        f"{content['rare'][many]:.2f} from {many} cells on; with fewer than {few} nothing is said.",
        "A smear is here so many cells of one laboratory, in the order of its files, without those",
        "of which nucleus or cytoplasm has no colour.",
        "",
        "With that laboratory left out, share of its smears that are warned of;",
        f"{' and '.join(f'`{name}`' for name in ALIKE)}, of one kind of analyser, are left out",
        "together.",
        _most_warned_of(content["left out"], many),
        "",
        f"| laboratory | smears of {many} cells | warned of | smears of {few} cells | warned of |",
        "|---|---|---|---|---|",
    ]
    for name, rows in content["left out"].items():
        told = " | ".join(f"{rows[count][0]} | {rows[count][1]:.2f}" for count in (many, few))
        lines.append(f"| `{name}` | {told} |")
    means = [np.mean([content["left out"][name][n][1] for name in names]) for n in (many, few)]
    lines += [
        f"| mean of laboratories | | {means[0]:.2f} | | {means[1]:.2f} |",
        "",
        f"Pictures changed, all laboratories in the training, smears of {many} cells (and the mean",
        f"with {few}). A turned hue that is not noticed makes one laboratory's colours those of",
        "another.",
        "",
        f"| change | mean | {' | '.join(f'`{name}`' for name in names)} | mean, {few} cells |",
        "|---|---|" + "---|" * (len(names) + 1),
    ]
    for what, rows in content["distorted"].items():
        own = [rows[many][name] for name in names]
        told = " | ".join(f"{value:.2f}" for value in (np.mean(own), *own))
        lines.append(f"| {what} | {told} | {np.mean(list(rows[few].values())):.2f} |")
    return "\n".join(lines) + "\n"


def _most_warned_of(left_out: dict, count: int) -> str:
    unlike = [f"`{name}`" for name, rows in left_out.items() if rows[count][1] > 0.5]
    if not unlike:
        return f"Of no laboratory are most smears warned of (of {count} cells)."
    return (
        f"Most smears of {', '.join(unlike)} are warned of (of {count} cells): nothing like them "
        "was seen."
    )


if __name__ == "__main__":
    write_figures(load_cells())
