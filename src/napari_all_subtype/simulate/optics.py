"""From optical density to a picture: light, lens, sensor and file."""

from __future__ import annotations

import cv2
import numpy as np

from napari_all_subtype.simulate.recipe import OpticsParameters
from napari_all_subtype.simulate.shapes import noise
from napari_all_subtype.simulate.stains import Style


def _light(shape: tuple[int, int], fall: float, rng: np.random.Generator) -> np.ndarray:
    """Brightness of the lamp over the field: 1 at best, smooth."""
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    cy, cx = rng.normal(0, 0.35, 2).astype(np.float32)
    slope = rng.normal(0, 0.35, 2).astype(np.float32)
    dark = 0.5 * ((y - cy) ** 2 + (x - cx) ** 2) + slope[0] * y + slope[1] * x
    dark -= dark.min()
    return 1.0 - np.float32(fall) * dark / max(float(dark.max()), 1e-6)


def _focus(
    light: np.ndarray, sharp_px: float, soft_px: float, rng: np.random.Generator
) -> np.ndarray:
    """Blur the picture, more where the film bends out of focus."""
    sharp = cv2.GaussianBlur(light, (0, 0), max(sharp_px, 0.3))
    if soft_px < 0.15:
        return sharp
    blurred = cv2.GaussianBlur(light, (0, 0), float(np.hypot(max(sharp_px, 0.3), soft_px)))
    shape = light.shape[:2]
    where = noise(rng, shape, 0.3 * max(shape))
    where = np.clip(0.5 + 0.5 * where, 0.0, 1.0)[..., None]
    return sharp + where * (blurred - sharp)


def _aberration(light: np.ndarray, shift_px: float, rng: np.random.Generator) -> np.ndarray:
    """Red and blue pictures a little larger or smaller than the green, and off-centre."""
    height, width = light.shape[:2]
    half = np.hypot(height, width) / 2.0
    out = light.copy()
    for channel, sign in ((0, 1.0), (2, -1.0)):
        scale = 1.0 + sign * shift_px * rng.uniform(0.5, 1.0) / half
        dy, dx = rng.normal(0, 0.25 * shift_px, 2)
        matrix = np.float32(
            [
                [scale, 0, (1 - scale) * width / 2 + dx],
                [0, scale, (1 - scale) * height / 2 + dy],
            ]
        )
        out[..., channel] = cv2.warpAffine(
            np.ascontiguousarray(light[..., channel]),
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return out


def _sensor_noise(picture: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Shot noise, most of it grey, with the short correlation of a demosaiced sensor."""
    shape = picture.shape[:2]
    grey = rng.standard_normal(shape, dtype=np.float32)
    colour = rng.standard_normal((*shape, 3), dtype=np.float32)
    colour = cv2.GaussianBlur(colour, (0, 0), 0.8) * 2.2
    grey = cv2.GaussianBlur(grey, (0, 0), 0.5) * 1.5
    amount = np.float32(level) * np.sqrt(np.maximum(picture, 10.0) / 255.0)
    return picture + amount * (0.8 * grey[..., None] + 0.55 * colour)


def photograph(
    density: np.ndarray,
    style: Style,
    optics: OpticsParameters,
    um_per_px: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """The picture of a film of optical `density`: ndarray, shape (Y, X, 3), uint8, RGB.

    Light falls off as 10 to the minus density (Beer and Lambert), so overlaps multiply;
    blur, stray light and noise act on the light, as they do in a microscope.
    """
    light = np.exp(density * np.float32(-np.log(10.0)))
    sharp = optics.blur_um * style.blur / um_per_px
    light = _focus(light, sharp, optics.defocus_um * style.blur / um_per_px, rng)
    if optics.aberration_px:
        light = _aberration(light, optics.aberration_px, rng)
    glare = min(optics.glare + style.glare, 0.5)
    light = light * np.float32(1.0 - glare) + np.float32(glare)
    light *= _light(density.shape[:2], optics.illumination, rng)[..., None]
    picture = light * np.float32(style.ground)
    if style.sharpening:
        wide = cv2.GaussianBlur(picture, (0, 0), max(1.2, 1.2 * sharp))
        picture = picture + np.float32(style.sharpening) * (picture - wide)
    if optics.noise:
        picture = _sensor_noise(picture, optics.noise, rng)
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return _stored(pixels, optics.jpeg_quality)


def _stored(pixels: np.ndarray, quality: int) -> np.ndarray:
    """The picture as JPEG of `quality` gives it back; as it is for 0."""
    if not quality:
        return pixels
    _, coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])
