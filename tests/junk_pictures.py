"""What cameras, programs and people add to pictures of smears, drawn onto one: no cell among it.

Each function takes a picture, ndarray, shape (Y, X, 3), uint8, and gives back another.
"""

from __future__ import annotations

import cv2
import numpy as np

BLACK, WHITE, BLUE, RED = (0, 0, 0), (255, 255, 255), (0, 0, 255), (255, 0, 0)
NAVY, GREEN, YELLOW = (20, 30, 120), (0, 140, 40), (255, 255, 0)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def text(rgb, words, place_xy, colour, height_px=30, box=None):
    """Words as a camera's program burns them in, on a bar of colour `box` if one is given."""
    scale = height_px / cv2.getTextSize("M", _FONT, 1, 1)[0][1]
    width_px = max(1, round(height_px / 8))
    (width, height), below = cv2.getTextSize(words, _FONT, scale, width_px)
    drawn, (x, y) = rgb.copy(), place_xy
    if box is not None:
        edge = height_px // 3
        corners = (x - edge, y - height - edge), (x + width + edge, y + below + edge)
        cv2.rectangle(drawn, *corners, box, -1)
    return cv2.putText(drawn, words, (x, y), _FONT, scale, colour, width_px, cv2.LINE_AA)


def scale_bar(rgb, place_xy, colour, length_px=150, words="20 um"):
    """A bar with its length above it."""
    x, y = place_xy
    drawn = cv2.rectangle(rgb.copy(), (x, y), (x + length_px, y + 8), colour, -1)
    return text(drawn, words, (x, y - 8), colour)


def arrow(rgb, from_xy, to_xy, colour):
    """An arrow that a person drew to point a cell out."""
    return cv2.arrowedLine(rgb.copy(), from_xy, to_xy, colour, 5, cv2.LINE_AA, tipLength=0.3)


def pointer(rgb, from_xy, to_xy):
    """The eyepiece's pointer: a needle in the focal plane, black and not quite sharp."""
    start, end = np.array(from_xy, float), np.array(to_xy, float)
    along = (end - start) / np.linalg.norm(end - start)
    aside = np.array([-along[1], along[0]])
    corners = [start + 14 * aside, start - 14 * aside, end - 2 * aside, end + 2 * aside]
    needle = np.zeros(rgb.shape[:2], np.uint8)
    cv2.fillPoly(needle, [np.round(corners).astype(np.int32)], 255, cv2.LINE_AA)
    return _shaded(rgb, 1 - 0.97 * cv2.GaussianBlur(needle, (0, 0), 2.0) / 255)


def vignette(rgb, radius_fraction=0.48, soft_px=5.0):
    """The round field of an eyepiece, black around it."""
    height, width = rgb.shape[:2]
    radius = round(radius_fraction * min(height, width))
    field = np.zeros((height, width), np.uint8)
    cv2.circle(field, (width // 2, height // 2), radius, 255, -1, cv2.LINE_AA)
    return _shaded(rgb, 0.02 + 0.98 * cv2.GaussianBlur(field, (0, 0), soft_px) / 255)


def frame(rgb, width_px, colour):
    """A border of one colour."""
    drawn = np.full_like(rgb, colour)
    inner = np.s_[width_px:-width_px, width_px:-width_px]
    drawn[inner] = rgb[inner]
    return drawn


def pen_mark(rgb, from_xy, to_xy, transmitted):
    """A stroke of felt pen on the slide, far out of focus; `transmitted` per channel, 0–1."""
    ink = np.zeros(rgb.shape[:2], np.uint8)
    cv2.line(ink, from_xy, to_xy, 255, 90, cv2.LINE_AA)
    amount = cv2.GaussianBlur(ink, (0, 0), 12.0)[..., None] / 255
    return _shaded(rgb, 1 - amount * (1 - np.array(transmitted)))


def dust(rgb, seed=0, count=12):
    """Grains and hairs on the camera's sensor: grey, soft, some with a bright ring."""
    rng = np.random.default_rng(seed)
    height, width = rgb.shape[:2]
    passed = np.ones((height, width))
    for _ in range(count):
        spot = np.zeros((height, width), np.uint8)
        at = rng.integers(0, (width, height))
        if rng.random() < 0.3:
            points = at + np.cumsum(rng.normal(0, 9, (14, 2)) + rng.normal(0, 8, 2), axis=0)
            cv2.polylines(spot, [points.astype(np.int32)], False, 255, 4, cv2.LINE_AA)
        else:
            axes = rng.integers(8, 28, 2).tolist()
            cv2.ellipse(spot, at.tolist(), axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
        wide = cv2.GaussianBlur(spot, (0, 0), 7) / 255
        passed *= 1 - rng.uniform(0.25, 0.85) * cv2.GaussianBlur(spot, (0, 0), 3) / 255 + 0.1 * wide
    return _shaded(rgb, passed)


def stored(rgb, quality):
    """The picture as JPEG of `quality` gives it back."""
    _, coded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def _shaded(rgb, passed):
    """The picture with a share of its light, (Y, X) or (Y, X, 3), let pass."""
    passed = passed if passed.ndim == 3 else passed[..., None]
    return np.clip(np.rint(rgb * passed), 0, 255).astype(np.uint8)
