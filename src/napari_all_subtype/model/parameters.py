"""The parameters of the networks and of their training, written once as all others are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_all_subtype.config import Parameters


class NetworkParameters(Parameters):
    """The shape of the bundled network."""

    stages: int = Field(6, ge=1, le=7, description="Stages of EfficientNet-Lite0 that are kept.")
    frozen_blocks: int = Field(
        5, ge=0, le=16, description="First blocks that keep the weights they start from."
    )
    dropout: float = Field(
        0.3, ge=0.0, lt=1.0, description="Fraction of the embedding dropped while training."
    )
    outline_widths: tuple[Annotated[int, Field(ge=1, le=512)], ...] = Field(
        (16, 32, 48),
        min_length=1,
        max_length=5,
        description="Channels of each layer that reads the outlines; each halves the resolution.",
    )
    outline_features: int = Field(
        32, ge=1, le=512, description="Features that the outlines are summed up in."
    )


class BackboneParameters(Parameters):
    """The head that a well-known backbone is given."""

    head_features: int = Field(256, ge=1, le=4096, description="Features of the layer before it.")
    dropout: float = Field(
        0.5, ge=0.0, lt=1.0, description="Fraction of those dropped while training."
    )


class AugmentationParameters(Parameters):
    """How far a training crop is changed."""

    rotation_deg: float = Field(
        180.0, ge=0.0, le=180.0, description="Largest turn to either side, in degrees."
    )
    flip_chance: float = Field(0.5, ge=0.0, le=1.0, description="Fraction of crops mirrored.")
    zoom_fraction: float = Field(
        0.12,
        ge=0.0,
        le=0.5,
        description="Largest change of size, as a fraction: about the error of a pixel size.",
    )
    gray_chance: float = Field(
        0.3, ge=0.0, le=1.0, description="Fraction of crops shown without colour."
    )
    blind_chance: float = Field(
        0.05,
        ge=0.0,
        le=1.0,
        description="Fraction of crops shown without outlines, as where no cell is found.",
    )
    shift_px: float = Field(2.0, ge=0.0, le=16.0, description="Largest shift, in crop pixels.")
    stain_swap_fraction: float = Field(
        0.7,
        ge=0.0,
        le=1.0,
        description="Fraction of crops recoloured to the stain of another laboratory.",
    )
    stain_swap_min_strength: float = Field(
        0.5, ge=0.0, le=1.0, description="Weakest recolouring; the strongest is 1."
    )
    hue_deg: float = Field(14.0, ge=0.0, le=180.0, description="Largest turn of hue, in degrees.")
    saturation_fraction: float = Field(
        0.25, ge=0.0, le=1.0, description="Largest change of saturation."
    )
    contrast_fraction: float = Field(0.2, ge=0.0, le=1.0, description="Largest change of contrast.")
    brightness_fraction: float = Field(
        0.1, ge=0.0, le=1.0, description="Largest change of brightness, of the full range."
    )
    channel_gain_fraction: float = Field(
        0.08, ge=0.0, le=1.0, description="Largest change of one colour channel against the others."
    )
    blur_chance: float = Field(0.4, ge=0.0, le=1.0, description="Fraction of crops blurred.")
    max_blur_px: float = Field(1.1, gt=0.2, le=5.0, description="Widest blur (sigma), in pixels.")
    noise_chance: float = Field(0.3, ge=0.0, le=1.0, description="Fraction of crops with noise.")
    max_noise: float = Field(
        8.0, ge=0.0, le=64.0, description="Strongest noise (sigma), in grey values of 255."
    )
    jpeg_chance: float = Field(0.3, ge=0.0, le=1.0, description="Fraction of crops compressed.")
    min_jpeg_quality: int = Field(50, ge=5, le=95, description="Hardest compression, 1–100.")


class FittingParameters(Parameters):
    """How a network is trained."""

    epochs: int = Field(1, ge=1, le=1000, description="Passes of `crops_per_epoch` crops.")
    crops_per_epoch: int = Field(9600, ge=1, description="Crops drawn for each pass.")
    batch_size: int = Field(32, ge=1, le=4096, description="Crops per step.")
    learning_rate: float = Field(3e-4, gt=0, le=1.0, description="Largest learning rate.")
    warmup_fraction: float = Field(
        0.1, ge=0.0, lt=1.0, description="Part of training over which the rate rises."
    )
    weight_decay: float = Field(2e-2, ge=0.0, le=1.0, description="Decoupled weight decay.")
    average_momentum: float = Field(
        0.98,
        ge=0.0,
        lt=1.0,
        description="Momentum of the running mean of the weights that is kept.",
    )
    label_smoothing: float = Field(
        0.05,
        ge=0.0,
        lt=0.5,
        description="Weight taken from the labelled side, against overconfidence.",
    )


class TrainingParameters(Parameters):
    """What a model of one's own starts from, and how it is trained."""

    backbone: Literal[
        "bundled",
        "cnn",
        "vgg16",
        "vgg19",
        "resnet50",
        "densenet121",
        "inceptionv3",
        "xception",
        "mobilenetv3",
    ] = Field("bundled", description="Network that is trained: the bundled one goes on from it.")
    weights: str = Field(
        "",
        max_length=4096,
        description="What it starts from: bundled, imagenet (published by Keras; see models "
        "fetch), random, a file of weights of the same network, or the folder of a model. By "
        "default bundled for the bundled network, random for cnn, imagenet for the others.",
    )
    head_epochs: int = Field(
        60, ge=0, le=10_000, description="Most passes in which the head alone learns."
    )
    fine_tune_epochs: int = Field(
        12, ge=0, le=10_000, description="Most passes in which part of the network learns too."
    )
    fine_tune_from: str = Field(
        "",
        max_length=200,
        description="Layer from which the network learns in the second phase; by default one that "
        "suits the backbone.",
    )
    patience: int = Field(
        8,
        ge=1,
        le=10_000,
        description="A phase ends after so many passes without a better loss on validation cells.",
    )
    fewest_to_choose: int = Field(
        20,
        ge=1,
        le=1_000_000,
        description="Validation cells of each class from which on they choose the best pass and "
        "end a phase; with fewer the last pass counts, since a handful chooses by chance.",
    )
    crops_per_batch: int = Field(32, ge=2, le=4096, description="Crops per step of training.")
    crops_per_pass: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Crops drawn for one pass; 0 for as many as there are, at least 256.",
    )
    head_crops_per_pass: int = Field(
        1024,
        ge=1,
        le=1_000_000,
        description="Least crops drawn for one pass of the first phase of a backbone where "
        "crops_per_pass is 0: a crop is a few numbers there, and a head that learns from few "
        "cells needs the steps.",
    )
    head_learning_rate: float = Field(
        3e-3, gt=0, le=1.0, description="Largest learning rate of the first phase of a backbone."
    )
    head_penalty: float = Field(
        0.03,
        gt=0,
        le=1000.0,
        description="What the weights of the bundled network's head cost in the first phase: times "
        "half their square, or half the square of how far they go from a head that knows the "
        "classes. It is at its optimum after few passes.",
    )
    fine_tune_learning_rate: float = Field(
        1e-4, gt=0, le=1.0, description="Largest learning rate of the second phase."
    )
    warmup_fraction: float = Field(
        0.1, ge=0.0, lt=1.0, description="Part of a phase over which the rate rises; then it falls."
    )
    weight_decay: float = Field(1e-2, ge=0.0, le=1.0, description="Decoupled weight decay.")
    label_smoothing: float = Field(
        0.05,
        ge=0.0,
        lt=0.5,
        description="Weight taken from the labelled class, against overconfidence.",
    )
    class_balance: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="Class weights: 0 draws cells as often as they are, 1 every class equally.",
    )
    changed_views: int = Field(
        1,
        ge=0,
        le=50,
        description="Augmented views of each crop that the head learns from, beside the crop.",
    )
    fewest_views: int = Field(
        128,
        ge=0,
        le=100_000,
        description="Crops and views of them that the head learns from at least: of few cells "
        "each is shown in more views.",
    )
    remember: float = Field(
        25.0,
        ge=0.0,
        le=1_000_000,
        description="Cells that the head it starts from counts as, where that tells these very "
        "classes apart: what was learned is averaged with it by that and by the cells learned "
        "from, so that a handful takes away little. 0 forgets it.",
    )
    head_features: int = Field(
        256, ge=1, le=4096, description="Features of the layer before the classes, of a backbone."
    )
    head_dropout: float = Field(
        0.5, ge=0.0, lt=1.0, description="Fraction of those dropped while training."
    )
    mixed_precision: bool = Field(
        True, description="Compute in 16 bits where a GPU does; never on a CPU."
    )


class OutlineFittingParameters(Parameters):
    """How the network that draws outlines is trained, and how its views are varied."""

    steps: int = Field(800, ge=1, description="Batches trained on.")
    batch_size: int = Field(24, ge=1, le=1024, description="Views per batch.")
    learning_rate: float = Field(2e-3, gt=0, le=1.0, description="Largest learning rate.")
    weight_decay: float = Field(1e-4, ge=0.0, le=1.0, description="Decoupled weight decay.")
    zoom_spread: float = Field(
        0.12, ge=0.0, le=1.0, description="Spread of the logarithm of the size."
    )
    shift_px: float = Field(3.0, ge=0.0, le=30.0, description="Spread of the shift in pixels.")
    stain_swap_fraction: float = Field(
        0.7, ge=0.0, le=1.0, description="Share of views given the stain of another view."
    )
    gain_fraction: float = Field(
        0.15, ge=0.0, lt=1.0, description="Largest change of the gain of each colour."
    )
    blur_chance: float = Field(0.4, ge=0.0, le=1.0, description="Share of views blurred.")
    max_blur_px: float = Field(1.3, ge=0.3, le=5.0, description="Largest blur in pixels.")
    max_noise: float = Field(0.03, ge=0.0, le=0.5, description="Largest noise, of 1.")
    guess_chance: float = Field(
        0.6, ge=0.0, le=1.0, description="Share of first guesses drawn too large or too small."
    )
    guess_error_px: int = Field(
        4, ge=1, le=20, description="How far the first guess is drawn wrong, in pixels."
    )
    evidence_shift: float = Field(
        0.12, ge=0.0, le=1.0, description="Spread of what is added to the evidence."
    )
    drop_colours_chance: float = Field(
        0.2, ge=0.0, le=1.0, description="Share of views shown without colours."
    )
    drop_evidence_chance: float = Field(
        0.1, ge=0.0, le=1.0, description="Share of views shown without evidence."
    )
