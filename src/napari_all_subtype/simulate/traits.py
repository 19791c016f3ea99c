"""How the kinds of leukocyte differ: one table of ranges, and cells drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_all_subtype.simulate.recipe import Kind


@dataclass(frozen=True)
class Spread:
    """A clipped normal distribution: neighbouring classes are meant to overlap."""

    mean: float
    deviation: float
    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """One value in [low, high]."""
        return float(np.clip(rng.normal(self.mean, self.deviation), self.low, self.high))


@dataclass(frozen=True)
class Profile:
    """Ranges of one kind of leukocyte; fractions 0–1, sizes in µm on the dried film."""

    diameter_um: Spread
    nc_ratio: Spread  # nucleus area / cell area, as masks measure it
    cell_irregularity: Spread
    nucleus_irregularity: Spread
    shape: str  # round, kidney, lobes
    lobes: tuple[float, ...]  # weights of 1, 2, 3 … lobes
    cleft_probability: float
    nucleoli: tuple[float, ...]  # weights of 0, 1, 2 … nucleoli
    nucleolus_um: Spread
    vacuoles: tuple[float, float]  # probability of any, mean number then
    basophilia: Spread
    chromatin: Spread  # contrast of the chromatin
    grain_um: Spread  # size of its clumps
    stain: Spread  # optical density of the nucleus, 1 = the style's own
    granules: str = ""
    pseudopod_probability: float = 0.0


# Sources. Sizes, nucleoli, outline, chromatin, basophilia and vacuoles of L1-L3: Bennett et
# al., Br J Haematol 1976;33:451-8 and 1981;47:553-61, in the words of the FAB table ("L1 small,
# homogeneous, regular; L2 large, heterogeneous, clefts, one or more large nucleoli; L3 medium to
# large, round, deeply basophilic, vacuoles also over the nucleus"). Normal leukocytes: the usual
# haematology-atlas diameters on dried films. Nucleus/cell ratios are on the scale of *masks*
# (median 0.61 for normal lymphocytes on experts' masks), not of the eye's 0.8. Deviations are
# our choice, wide enough that neighbours overlap.
PROFILES: dict[Kind, Profile] = {
    "lymphocyte": Profile(
        Spread(9.3, 1.0, 7.4, 12.5), Spread(0.63, 0.10, 0.4, 0.84),
        Spread(0.035, 0.02, 0.0, 0.12), Spread(0.03, 0.015, 0.0, 0.08),
        "round", (1.0,), 0.07, (0.95, 0.05), Spread(1.0, 0.2, 0.7, 1.5), (0.02, 1.0),
        Spread(0.38, 0.15, 0.1, 0.8), Spread(0.24, 0.05, 0.12, 0.38), Spread(0.85, 0.12, 0.6, 1.2),
        Spread(1.08, 0.08, 0.85, 1.3), "",
    ),
    "monocyte": Profile(
        Spread(15.5, 1.6, 12.0, 20.0), Spread(0.44, 0.06, 0.3, 0.6),
        Spread(0.06, 0.03, 0.01, 0.16), Spread(0.07, 0.03, 0.02, 0.16),
        "kidney", (1.0,), 0.45, (0.97, 0.03), Spread(1.2, 0.3, 0.8, 1.8), (0.45, 4.0),
        Spread(0.30, 0.08, 0.12, 0.5), Spread(0.18, 0.04, 0.1, 0.3), Spread(0.7, 0.12, 0.4, 1.0),
        Spread(0.80, 0.08, 0.6, 1.0), "dust",
    ),
    "neutrophil": Profile(
        Spread(12.8, 1.0, 10.5, 15.5), Spread(0.38, 0.05, 0.25, 0.5),
        Spread(0.035, 0.02, 0.0, 0.1), Spread(0.06, 0.03, 0.0, 0.14),
        "lobes", (0.06, 0.16, 0.42, 0.27, 0.09), 0.0, (1.0,), Spread(1.0, 0.2, 0.7, 1.5),
        (0.06, 2.0), Spread(0.03, 0.03, 0.0, 0.12), Spread(0.25, 0.05, 0.12, 0.4),
        Spread(0.85, 0.12, 0.6, 1.2), Spread(1.08, 0.08, 0.85, 1.3), "neutrophil",
    ),
    "eosinophil": Profile(
        Spread(13.6, 1.0, 11.0, 16.5), Spread(0.35, 0.04, 0.25, 0.46),
        Spread(0.03, 0.015, 0.0, 0.1), Spread(0.05, 0.02, 0.0, 0.12),
        "lobes", (0.02, 0.8, 0.18), 0.0, (1.0,), Spread(1.0, 0.2, 0.7, 1.5), (0.25, 2.0),
        Spread(0.05, 0.04, 0.0, 0.15), Spread(0.23, 0.05, 0.12, 0.38),
        Spread(0.8, 0.12, 0.6, 1.2), Spread(1.0, 0.08, 0.8, 1.2), "eosinophil",
    ),
    "blast": Profile(
        Spread(12.2, 1.6, 9.0, 16.5), Spread(0.72, 0.07, 0.54, 0.88),
        Spread(0.045, 0.025, 0.0, 0.13), Spread(0.05, 0.025, 0.0, 0.13),
        "round", (1.0,), 0.3, (0.35, 0.4, 0.25), Spread(1.4, 0.35, 0.8, 2.3), (0.12, 2.0),
        Spread(0.52, 0.15, 0.2, 0.9), Spread(0.17, 0.04, 0.08, 0.3), Spread(0.5, 0.12, 0.3, 0.9),
        Spread(0.88, 0.09, 0.65, 1.15), "", 0.08,
    ),
    "l1": Profile(
        Spread(10.4, 0.9, 8.2, 12.8), Spread(0.79, 0.06, 0.60, 0.91),
        Spread(0.03, 0.015, 0.0, 0.09), Spread(0.028, 0.014, 0.0, 0.08),
        "round", (1.0,), 0.12, (0.7, 0.3), Spread(0.95, 0.18, 0.6, 1.4), (0.06, 1.5),
        Spread(0.45, 0.12, 0.15, 0.75), Spread(0.13, 0.03, 0.06, 0.22),
        Spread(0.5, 0.12, 0.3, 0.9), Spread(0.95, 0.08, 0.72, 1.15), "",
    ),
    "l2": Profile(
        Spread(14.0, 1.7, 10.5, 19.0), Spread(0.66, 0.08, 0.45, 0.82),
        Spread(0.06, 0.03, 0.01, 0.16), Spread(0.085, 0.03, 0.02, 0.18),
        "round", (1.0,), 0.65, (0.08, 0.42, 0.33, 0.17), Spread(1.9, 0.4, 1.0, 3.0), (0.12, 2.0),
        Spread(0.48, 0.17, 0.15, 0.9), Spread(0.2, 0.05, 0.09, 0.34), Spread(0.55, 0.15, 0.3, 1.0),
        Spread(0.82, 0.1, 0.6, 1.1), "", 0.18,
    ),
    "l3": Profile(
        Spread(13.2, 1.1, 10.5, 16.5), Spread(0.64, 0.06, 0.48, 0.8),
        Spread(0.03, 0.015, 0.0, 0.08), Spread(0.025, 0.012, 0.0, 0.07),
        "round", (1.0,), 0.05, (0.1, 0.35, 0.35, 0.15, 0.05), Spread(1.4, 0.25, 0.9, 2.2),
        (0.95, 13.0), Spread(1.0, 0.13, 0.65, 1.3), Spread(0.18, 0.03, 0.1, 0.28),
        Spread(0.34, 0.05, 0.25, 0.5), Spread(0.98, 0.08, 0.75, 1.2), "",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """What one cell is to look like; the truth is measured on what was drawn."""

    kind: Kind
    diameter_um: float
    nc_ratio: float
    elongation: float
    cell_irregularity: float
    nucleus_irregularity: float
    shape: str
    lobes: int
    clefts: int
    nucleoli: int
    nucleolus_um: float
    vacuoles: int
    basophilia: float
    chromatin: float
    grain_um: float
    stain: float
    granules: str
    pseudopod: bool


def _pick(weights: tuple[float, ...], rng: np.random.Generator) -> int:
    p = np.asarray(weights)
    return int(rng.choice(len(p), p=p / p.sum()))


def draw_traits(kind: Kind, rng: np.random.Generator) -> Traits:
    """One cell of `kind`, from the ranges in `PROFILES`."""
    p = PROFILES[kind]
    has_cleft = rng.random() < p.cleft_probability
    has_vacuoles = rng.random() < p.vacuoles[0]
    traits = Traits(
        kind=kind,
        diameter_um=p.diameter_um.draw(rng),
        nc_ratio=p.nc_ratio.draw(rng),
        elongation=float(np.clip(abs(rng.normal(0.0, 0.055)), 0.0, 0.2)),
        cell_irregularity=p.cell_irregularity.draw(rng),
        nucleus_irregularity=p.nucleus_irregularity.draw(rng),
        shape=p.shape,
        lobes=_pick(p.lobes, rng) + 1,
        clefts=int(has_cleft) * (1 + int(rng.random() < 0.25)),
        nucleoli=_pick(p.nucleoli, rng),
        nucleolus_um=p.nucleolus_um.draw(rng),
        vacuoles=int(has_vacuoles) * max(1, int(rng.poisson(p.vacuoles[1]))),
        basophilia=p.basophilia.draw(rng),
        chromatin=p.chromatin.draw(rng),
        grain_um=p.grain_um.draw(rng),
        stain=p.stain.draw(rng),
        granules=p.granules,
        pseudopod=bool(rng.random() < p.pseudopod_probability),
    )
    # Bigger lymphoid cells have more cytoplasm; without this the ratio says nothing of size.
    if kind in ("lymphocyte", "blast", "l2"):
        excess = (traits.diameter_um - p.diameter_um.mean) / p.diameter_um.mean
        ratio = float(np.clip(traits.nc_ratio - 0.25 * excess, p.nc_ratio.low, p.nc_ratio.high))
        return replace(traits, nc_ratio=ratio)
    return traits
