"""What a training crop could also have looked like: turned, resized, restained, blurred."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.model.parameters import AugmentationParameters

FLAT_LAB = 1.0  # smallest spread, in CIELAB units of cv2's uint8 scale, that is stretched


def cell_pixels(crop: np.ndarray, ground: int) -> np.ndarray:
    """Where a crop shows the cell and not the painted ground: ndarray, shape (S, S), bool."""
    return (crop[..., :3] != ground).any(axis=-1)


def stain_statistics(crop: np.ndarray, ground: int) -> np.ndarray:
    """Mean and standard deviation in CIELAB over the cell: ndarray, shape (2, 3), float32.

    A crop without a cell gives zeros for both.
    """
    inside = cell_pixels(crop, ground)
    if not inside.any():
        return np.zeros((2, 3), np.float32)
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)[inside].astype(np.float32)
    return np.stack([lab.mean(axis=0), lab.std(axis=0)])


def swap_stain(crop: np.ndarray, target: np.ndarray, strength: float, ground: int) -> np.ndarray:
    """`crop` recoloured towards another crop's stain; the painted ground stays as it is.

    Mean and spread of each CIELAB axis are moved to `target`'s (Reinhard et al.,
    IEEE CG&A 2001), over the pixels of the cell alone.

    Parameters
    ----------
    crop : ndarray, shape (S, S, 3), uint8
        RGB.
    target : ndarray, shape (2, 3), float32
        :func:`stain_statistics` of the crop to look like.
    strength : float
        0 leaves the crop alone, 1 goes all the way.
    ground : int
        Value painted outside the cell, 0–255.
    """
    inside = cell_pixels(crop, ground)
    if not inside.any() or not target.any():
        return crop
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    values = lab[inside].astype(np.float32)
    mean, spread = values.mean(axis=0), np.maximum(values.std(axis=0), FLAT_LAB)
    swapped = (values - mean) / spread * target[1] + target[0]
    lab[inside] = np.clip(values + strength * (swapped - values), 0, 255).astype(np.uint8)
    return _inside_only(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), inside, ground)


def augment(
    crop: np.ndarray,
    stains: np.ndarray,
    rng: np.random.Generator,
    parameters: AugmentationParameters = AugmentationParameters(),
    ground: int = 255,
    zoom: tuple[float, float] | None = None,
) -> np.ndarray:
    """One crop as another microscope, camera and stain might have shown it.

    Parameters
    ----------
    crop : ndarray, shape (S, S, C), uint8
        RGB, painted with `ground` outside the cell, and the plane of outlines if any.
    stains : ndarray, shape (M, 2, 3), float32
        Stain statistics to choose from, those of *other* laboratories; may be empty.
    rng : numpy.random.Generator
        Source of all chance.
    parameters : AugmentationParameters
        How far each change goes.
    ground : int
        Value painted outside the cell, 0–255.
    zoom : tuple of float, optional
        Smallest and largest factor of size; else as `parameters` say.

    Returns
    -------
    ndarray, shape (S, S, C), uint8
        Outside the cell still exactly `ground`. Colours change; outlines only turn,
        grow and shrink with the picture.
    """
    widest = 1 + parameters.zoom_fraction
    turned = _turn(crop, rng, zoom or (1 / widest, widest), parameters, ground)
    out, outlines = np.ascontiguousarray(turned[..., :3]), turned[..., 3:]
    if rng.random() < parameters.blind_chance:
        outlines = np.zeros_like(outlines)
    if len(stains) and rng.random() < parameters.stain_swap_fraction:
        strength = rng.uniform(parameters.stain_swap_min_strength, 1.0)
        out = swap_stain(out, stains[rng.integers(len(stains))], strength, ground)
    return np.concatenate([_as_taken(out, rng, parameters, ground), outlines], axis=-1)


def degraded(
    crop: np.ndarray,
    rng: np.random.Generator,
    parameters: AugmentationParameters,
    ground: int = 255,
) -> np.ndarray:
    """One crop as a poorer camera might have taken it: nothing is turned, resized or restained.

    Parameters
    ----------
    crop : ndarray, shape (S, S, C), uint8
        As :func:`augment` takes it; the outlines stay.

    Returns
    -------
    ndarray, shape (S, S, C), uint8
    """
    taken = _as_taken(np.ascontiguousarray(crop[..., :3]), rng, parameters, ground)
    return np.concatenate([taken, crop[..., 3:]], axis=-1)


def preview_grid(
    crops: np.ndarray,
    laboratory: np.ndarray,
    parameters: AugmentationParameters = AugmentationParameters(),
    seed: int = 0,
    views: int = 6,
    ground: int = 255,
    gap_px: int = 2,
) -> np.ndarray:
    """What training will see of some crops: ndarray, shape (Y, X, 3), uint8, a row per crop.

    The crop itself stands first, then `views` draws of it.

    Parameters
    ----------
    crops : ndarray, shape (N, S, S, C), uint8
        At least one.
    laboratory : ndarray, shape (N,), str
        Where each comes from: stains are swapped between them.
    views : int
        Columns beside the first.
    gap_px : int
        Grey line between two of them.
    """
    stains = np.stack([stain_statistics(crop[..., :3], ground) for crop in crops])
    rng = np.random.default_rng(seed)
    side, n = crops.shape[1], len(crops)
    step = side + gap_px
    grid = np.full((n * step - gap_px, (views + 1) * step - gap_px, 3), 128, np.uint8)
    for row, crop in enumerate(crops):
        others = stains[laboratory != laboratory[row]]
        drawn = [augment(crop, others, rng, parameters, ground) for _ in range(views)]
        for column, view in enumerate((crop, *drawn)):
            y, x = row * step, column * step
            grid[y : y + side, x : x + side] = view[..., :3]
    return grid


def _as_taken(
    rgb: np.ndarray, rng: np.random.Generator, parameters: AugmentationParameters, ground: int
) -> np.ndarray:
    """Colours, sharpness, noise and compression of another camera; the ground stays."""
    inside = cell_pixels(rgb, ground)
    out = _recolour(rgb, rng, parameters)
    if rng.random() < parameters.gray_chance:
        out = np.repeat(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1)
    return _inside_only(_degrade(out, rng, parameters), inside, ground)


def _inside_only(crop: np.ndarray, inside: np.ndarray, ground: int) -> np.ndarray:
    out = crop.copy()
    out[~inside] = ground
    return out


def _turn(
    crop: np.ndarray,
    rng: np.random.Generator,
    zoom: tuple[float, float],
    parameters: AugmentationParameters,
    ground: int,
) -> np.ndarray:
    """Rotation, flip, zoom and a small shift in one interpolation."""
    size = crop.shape[0]
    factor = np.exp(rng.uniform(*np.log(zoom)))
    centre = ((size - 1) / 2, (size - 1) / 2)
    # A full turn begins at 0, where it always has: the same seed gives the same crops.
    most = parameters.rotation_deg
    turn = rng.uniform(0, 2 * most) - (most if most < 180 else 0)
    matrix = cv2.getRotationMatrix2D(centre, turn, factor)
    matrix[:, 2] += rng.uniform(-parameters.shift_px, parameters.shift_px, 2)
    source = crop[:, ::-1] if rng.random() < parameters.flip_chance else crop
    return cv2.warpAffine(
        np.ascontiguousarray(source),
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(float(ground),) * 3 + (0.0,),
    )


def _recolour(
    crop: np.ndarray, rng: np.random.Generator, parameters: AugmentationParameters
) -> np.ndarray:
    """Hue and saturation, then gain per channel, contrast and brightness."""
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV)
    # cv2 counts hue in half degrees, 0–179.
    hue = hsv[..., 0].astype(np.int16) + round(rng.uniform(-1, 1) * parameters.hue_deg / 2)
    hsv[..., 0] = (hue % 180).astype(np.uint8)
    saturation = 1 + rng.uniform(-1, 1) * parameters.saturation_fraction
    hsv[..., 1] = np.clip(hsv[..., 1] * saturation, 0, 255).astype(np.uint8)
    out = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.float32)
    contrast = 1 + rng.uniform(-1, 1) * parameters.contrast_fraction
    shift = 255 * rng.uniform(-1, 1) * parameters.brightness_fraction
    gain = 1 + rng.uniform(-1, 1, 3).astype(np.float32) * parameters.channel_gain_fraction
    return np.clip((out - 128) * contrast * gain + 128 + shift, 0, 255).astype(np.uint8)


def _degrade(
    crop: np.ndarray, rng: np.random.Generator, parameters: AugmentationParameters
) -> np.ndarray:
    """Blur, noise and JPEG, each in some crops only."""
    out = crop
    if rng.random() < parameters.blur_chance:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.2, parameters.max_blur_px))
    if rng.random() < parameters.noise_chance:
        noise = rng.standard_normal(out.shape, np.float32)
        noise *= rng.uniform(0, parameters.max_noise)
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    if rng.random() < parameters.jpeg_chance:
        quality = int(rng.integers(parameters.min_jpeg_quality, 96))
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        out = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return out
