"""Seconds that the network of an untrained StarDist takes for the pixels of an image.

Run with the Python of an environment that StarDist is installed in:
``python stardist_network.py IMAGE.png REPEATS`` prints them as JSON. Only the network
is timed, on squares of 1,024 pixels, without what StarDist does before and after it.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIDE_PX = 1024
# That of the network for stained tissue which StarDist offers for download.
GRID = (2, 2)


def main(path: str, repeats: int) -> None:
    """Print the versions and the seconds of each repeat."""
    import numpy as np
    import stardist
    import tensorflow
    from skimage.io import imread
    from stardist.models import Config2D, StarDist2D

    model = StarDist2D(Config2D(n_channel_in=3, grid=GRID), name=None, basedir=None)
    image = imread(path)[..., :3].astype(np.float32) / 255
    height, width = image.shape[:2]
    squares = [
        image[None, y : y + SIDE_PX, x : x + SIDE_PX]
        for y in range(0, height, SIDE_PX)
        for x in range(0, width, SIDE_PX)
    ]
    network = model.keras_model
    # The network halves its picture three times, and every size builds a graph of its own.
    squares = [s[:, : s.shape[1] // 16 * 16, : s.shape[2] // 16 * 16] for s in squares]
    for square in {s.shape: s for s in squares}.values():
        network.predict(square, verbose=0)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        for square in squares:
            network.predict(square, verbose=0)
        seconds.append(time.perf_counter() - start)
    pixels = sum(s.shape[1] * s.shape[2] for s in squares)
    print(
        json.dumps(
            {
                "stardist": stardist.__version__,
                "tensorflow": tensorflow.__version__,
                "grid": GRID,
                "megapixels": pixels / 1e6,
                "seconds": seconds,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
