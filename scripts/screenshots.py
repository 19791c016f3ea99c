"""The pictures of the documentation, taken from a real napari window on synthetic smears.

python scripts/screenshots.py    writes docs/images/*.png; `make screenshots` gives it a display

The steps are those of `walk.py`, which a test walks too. The picture of the report needs Chromium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import cv2
import napari
import numpy as np
from PIL import Image
from walk import Walk, rest

from napari_all_subtype.simulate import SmearRecipe, simulate_smear
from napari_all_subtype.taxonomy import FAB5, UNKNOWN
from napari_all_subtype.workflow.overlay import rgb

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "images"
COLOURS = 160  # of the palette: a third of the bytes, no difference to the eye
REPORT_PX = (1100, 1500)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Take the pictures one after the other, with a folder of its own for what is kept."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAPARI_ALL_SUBTYPE_DATA"] = str(Path(folder) / "user")
        of_an_image(Path(folder))
        of_a_folder(Path(folder))


def of_an_image(folder: Path) -> None:
    """The analysis in both themes; then reading, the gallery, and the report."""
    there = Walk(napari.Viewer(show=True))
    there.open_sample()
    there.analyse()
    cells = there.session.result().analysis.cells
    called = cells.index[cells["subtype"] == "blast"]
    there.dock.controller.picker.pick(int(called[0]) if len(called) else 1)
    for theme in ("dark", "light"):
        there.viewer.theme = theme
        take(there.viewer, f"analyse-{theme}")
    there.viewer.theme = "dark"
    rest(1)
    there.open_review()
    there.make_project(folder / "project")
    there.correct()
    there.undo()
    there.look_at_the_middle()
    take(there.viewer, "review-dark")
    gallery = there.add_dock("Cell gallery", tabify=True)
    rest(3)
    take(there.viewer, "gallery-dark")
    gallery.parentWidget().close()
    there.lock()
    there.export(folder / "export", "html")
    (report,) = (folder / "export" / "html").glob("slide-*.html")
    take_page(report, "report")
    there.record.close()
    there.viewer.close()


def of_a_folder(folder: Path) -> None:
    """A smear of three fields."""
    smear = folder / "smear 12"
    smear.mkdir()
    for n in range(1, 4):
        write_field(smear / f"field {n}.png", seed=10 + n)
    there = Walk(napari.Viewer(show=True))
    there.dock.controller.open_folder(smear)
    there.analyse()
    take(there.viewer, "folder-dark")
    there.viewer.close()


def write_field(path: Path, seed: int) -> None:
    """Draw a small field of one stain."""
    recipe = SmearRecipe(
        width_px=1100, height_px=850, style="rose", lymphocyte=4, monocyte=1, neutrophil=3,
        eosinophil=1, blast=2, l1=3, l2=3, l3=1,
    )  # fmt: skip
    pixels = simulate_smear(recipe, seed).pixels
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def take(viewer: napari.Viewer, name: str) -> None:
    """Write the window as a picture."""
    rest(2)
    picture = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    write_picture(np.ascontiguousarray(picture), name)


def take_page(page: Path, name: str) -> None:
    """Write the upper part of an HTML page as a picture, as a browser shows it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"{name}.png not taken: none of {', '.join(BROWSERS)} is installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        shot, size = Path(folder) / "shot.png", "{},{}".format(*REPORT_PX)
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--screenshot={shot}", f"--window-size={size}", page.absolute().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        write_picture(np.array(Image.open(shot).convert("RGB")), name)


def write_picture(pixels: np.ndarray, name: str) -> None:
    """Write `pixels` with a palette in which the colours of the classes are exact."""
    image = Image.fromarray(pixels)
    classes = [rgb(one.colour) for one in (*FAB5.classes, UNKNOWN)]
    others = image.quantize(COLOURS, dither=0).getpalette()[: 3 * COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(value for colour in classes for value in colour), *others])
    image.quantize(palette=palette, dither=0).save(OUTPUT / f"{name}.png", optimize=True)
    print(f"{name}.png {(OUTPUT / f'{name}.png').stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
