"""The pictures of the documentation, taken from a real napari window on synthetic smears.

python scripts/screenshots.py    writes docs/images/*.png; `make screenshots` gives it a display
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import napari
import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication, QWidget

from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.taxonomy import FAB5, UNKNOWN
from napari_all_subtype.workflow.overlay import rgb

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "images"
WINDOW_PX = (1500, 1180)
COLOURS = 160  # of the palette: a third of the bytes, no difference to the eye
PATIENCE_S = 180


def main() -> None:
    """Take one picture per theme of an image, and one of a folder of fields."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    viewer, dock = window()
    viewer.open_sample("napari-all-subtype", "synthetic_blasts")
    run(dock)
    cells = dock.controller.session.result().analysis.cells
    called = cells.index[cells["subtype"] == "blast"]
    dock.controller.picker.pick(int(called[0]) if len(called) else 1)
    for theme in ("dark", "light"):
        viewer.theme = theme
        take(viewer, f"analyse-{theme}")
    viewer.close()
    with tempfile.TemporaryDirectory() as folder:
        smear = Path(folder) / "smear 12"
        smear.mkdir()
        for n in range(1, 4):
            write_field(smear / f"field {n}.png", seed=10 + n)
        viewer, dock = window()
        dock.controller.open_folder(smear)
        run(dock)
        take(viewer, "folder-dark")
        viewer.close()


def window() -> tuple[napari.Viewer, QWidget]:
    """A viewer in the dark theme, with the dock."""
    viewer = napari.Viewer(show=True)
    viewer.theme = "dark"
    viewer.window.resize(*WINDOW_PX)
    _, dock = viewer.window.add_plugin_dock_widget("napari-all-subtype", "Analyse smear")
    return viewer, dock


def write_field(path: Path, seed: int) -> None:
    """Draw a small field of one stain."""
    recipe = SmearRecipe(
        width_px=1100, height_px=850, style="rose", lymphocyte=4, monocyte=1, neutrophil=3,
        eosinophil=1, blast=2, l1=3, l2=3, l3=1,
    )  # fmt: skip
    pixels = simulate_smear(recipe, seed).pixels
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def run(dock) -> None:
    """Press Run and wait for the end."""
    ended: list[object] = []
    dock.controller.session.ended.connect(ended.append)
    dock.run_button.click()
    wait(lambda: bool(ended), PATIENCE_S)
    if not ended:
        raise SystemExit("the analysis did not end")
    wait(lambda: False, 3)


def wait(until: Callable[[], bool], seconds: float) -> None:
    """Let the window live until something is so, or the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        QApplication.instance().processEvents()
        time.sleep(0.01)


def take(viewer: napari.Viewer, name: str) -> None:
    """Write the window as a picture with a palette in which the class colours are exact."""
    wait(lambda: False, 1)
    picture = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    image = Image.fromarray(np.ascontiguousarray(picture))
    classes = [rgb(one.colour) for one in (*FAB5.classes, UNKNOWN)]
    others = image.quantize(COLOURS, dither=0).getpalette()[: 3 * COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(value for colour in classes for value in colour), *others])
    image.quantize(palette=palette, dither=0).save(OUTPUT / f"{name}.png", optimize=True)
    print(f"{name}.png {(OUTPUT / f'{name}.png').stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
