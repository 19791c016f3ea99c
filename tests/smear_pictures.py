"""Plain pictures of smears with known truth, drawn with discs: faster and simpler than a smear."""

from __future__ import annotations

import cv2
import numpy as np

GLASS = (235, 228, 222)
RED_CELL = (205, 160, 165)
CYTOPLASM = (175, 175, 215)
NUCLEUS = (90, 45, 130)
UM_PER_PX = 0.13


class Picture:
    """A picture that white cells, red cells and platelets are drawn on, in micrometres."""

    def __init__(self, height_um: float, width_um: float, um_per_px: float = UM_PER_PX) -> None:
        self.um_per_px = um_per_px
        shape = (round(height_um / um_per_px), round(width_um / um_per_px))
        self.rgb = np.full((*shape, 3), GLASS, np.uint8)

    def disc(self, y_um: float, x_um: float, diameter_um: float, colour: tuple) -> Picture:
        centre = (round(x_um / self.um_per_px * 16), round(y_um / self.um_per_px * 16))
        radius = round(diameter_um / 2 / self.um_per_px * 16)
        cv2.circle(self.rgb, centre, radius, colour, -1, cv2.LINE_AA, shift=4)
        return self

    def white_cell(self, y: float, x: float, cell: float = 12, nucleus: float = 9) -> Picture:
        return self.disc(y, x, cell, CYTOPLASM).disc(y, x, nucleus, NUCLEUS)

    def red_cells(self, step_um: float = 9.0) -> Picture:
        height, width = (n * self.um_per_px for n in self.rgb.shape[:2])
        for y in np.arange(step_um / 2, height, step_um):
            for x in np.arange(step_um / 2, width, step_um):
                self.disc(y, x, 7.2, RED_CELL)
        return self

    def finished(self, seed: int = 0) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(0, 2, self.rgb.shape)
        soft = cv2.GaussianBlur(self.rgb, (0, 0), 1.0)
        return np.clip(soft + noise, 0, 255).astype(np.uint8)
