"""EfficientNet-Lite0 up to a stage, with the normalisation folded into its convolutions."""

from __future__ import annotations

from typing import NamedTuple

from napari_all_subtype.model.backend import load_keras

__all__ = ["STAGES", "Stage", "lite_stages"]

STEM = 32


class Stage(NamedTuple):
    """Blocks of one width: side of the kernel, stride of the first, widening, channels, number."""

    kernel_px: int
    stride: int
    widening: int
    channels: int
    blocks: int


# EfficientNet-Lite0 (Tan & Le, ICML 2019, in the form without squeeze-and-excitation that
# tensorflow/tpu published in 2020).
STAGES = (
    Stage(3, 1, 1, 16, 1),
    Stage(3, 2, 6, 24, 2),
    Stage(5, 2, 6, 40, 2),
    Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3),
    Stage(5, 2, 6, 192, 4),
    Stage(3, 1, 6, 320, 1),
)


def lite_stages(x, stages: int, frozen_blocks: int = 0):
    """Output of the first `stages` stages on `x`, a Keras tensor (N, S, S, 3) from −1 to 1.

    There is no batch normalisation: that of the published weights is folded into
    the convolutions, so that nothing here learns the statistics of a laboratory
    and a batch of one gives what a batch of sixty-four gives.

    Parameters
    ----------
    stages : int
        1–7.
    frozen_blocks : int
        The stem and so many blocks keep their weights in training; 0 lets all learn.
    """
    layers = load_keras().layers
    learns = frozen_blocks == 0
    x = layers.Conv2D(STEM, 3, 2, padding="same", name="stem", trainable=learns)(x)
    x = layers.ReLU(6.0)(x)
    number, width = 0, STEM
    for stage in STAGES[:stages]:
        for first in (True, *([False] * (stage.blocks - 1))):
            stride = stage.stride if first else 1
            x = _block(x, stage, stride, width, number, number >= frozen_blocks)
            number, width = number + 1, stage.channels
    return x


def _block(x, stage: Stage, stride: int, width: int, number: int, learns: bool):
    """Widened, filtered plane by plane, narrowed; added to its input where shapes allow."""
    layers = load_keras().layers
    name, y = f"block{number}", x
    if stage.widening > 1:
        y = layers.Conv2D(width * stage.widening, 1, name=f"{name}_expand", trainable=learns)(y)
        y = layers.ReLU(6.0)(y)
    y = layers.DepthwiseConv2D(
        stage.kernel_px, stride, padding="same", name=f"{name}_depth", trainable=learns
    )(y)
    y = layers.ReLU(6.0)(y)
    y = layers.Conv2D(stage.channels, 1, name=f"{name}_project", trainable=learns)(y)
    return layers.Add()([x, y]) if stride == 1 and width == stage.channels else y
