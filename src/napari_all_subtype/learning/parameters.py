"""The parameters of learning from the cells of a project, written once; quick to import."""

from __future__ import annotations

from pydantic import Field

from napari_all_subtype.parameters import Parameters


class SplitParameters(Parameters):
    """How cells are divided."""

    val_fraction: float = Field(
        0.25,
        gt=0.0,
        lt=0.8,
        description="Share of the labelled cells that validate: they choose when to stop, "
        "calibrate, and judge each round.",
    )
    test_fraction: float = Field(
        0.15,
        ge=0.0,
        lt=0.5,
        description="Share of the labelled cells kept for the last evaluation; none while cells or "
        "groups are few.",
    )
    random_split: bool = Field(
        False,
        description="Divide cell by cell instead of case by case: figures then look better than a "
        "new case will, and are marked.",
    )


class FeedbackParameters(Parameters):
    """How a model's doubt is fed back."""

    error_rate: float = Field(
        0.05,
        gt=0.0,
        lt=1.0,
        description="Share of errors you accept among cells that the model is believed on: it "
        "tells the confidence from which on it is.",
    )
    queue: int = Field(50, ge=0, le=100000, description="Unlabelled cells to ask a reader about.")
    loop_back: bool = Field(
        True,
        description="Let labelled cells that the model doubts weigh more in the next training.",
    )
    boost: float = Field(
        1.5, gt=1.0, le=10.0, description="Factor by which a doubted cell weighs more, each time."
    )
    max_weight: float = Field(
        2.0, ge=1.0, le=100.0, description="Most that a labelled cell weighs; usual is 1."
    )
    agree_kappa: float = Field(
        0.95,
        gt=0.0,
        le=1.0,
        description="Agreement (Cohen's κ) of two models in a row from which on the loop may end.",
    )
    least_gain: float = Field(
        0.005, ge=0.0, le=1.0, description="Gain of macro-F1 that still counts as one."
    )
    folds: int = Field(
        4, ge=2, le=20, description="Models trained to judge each labelled cell out of sample."
    )


class PseudoLabelParameters(Parameters):
    """Which pseudo-labels are taken."""

    error_rate: float = Field(
        0.2,
        gt=0.0,
        lt=1.0,
        description="Share of wrong pseudo-labels you accept, by the model's calibrated "
        "confidence; it tells the confidence from which on they are taken.",
    )
    max_fraction: float = Field(
        0.8,
        gt=0.0,
        le=1.0,
        title="Share used at last",
        description="Share of the unlabelled cells used in the last round.",
    )
    class_ratio: float = Field(
        1.0,
        ge=1.0,
        le=100.0,
        description="Most pseudo-labels of one class for each of the class that has fewest.",
    )
    weight: float = Field(
        0.5, gt=0.0, le=1.0, description="How much one counts beside a labelled cell."
    )
    most_weight: float = Field(
        0.5,
        gt=0.0,
        le=1000.0,
        description="Most that all pseudo-labels count together, beside all labelled cells that "
        "train together: hundreds of half-right words must not drown the few that a person said.",
    )


class SelfTrainingParameters(Parameters):
    """How rounds of self-training go."""

    rounds: int = Field(
        3, ge=0, le=50, description="Rounds at most; 0 is plain training on the labelled cells."
    )
    most_f1_loss: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="Loss of macro-F1 on validation cells with which a round is still accepted, "
        "where these are enough to judge it.",
    )
    most_log_loss_gain: float = Field(
        0.0,
        ge=0.0,
        le=10.0,
        description="Rise of the log loss on the validation cells with which a round is still "
        "accepted: few cells change their side seldom, but their doubt at once.",
    )
    fewest_to_accept: int = Field(
        20,
        ge=1,
        le=1_000_000,
        description="Validation cells of each class from which on their score judges a round. With "
        "fewer, where one cell is much of it, the rule accepts only a round that changes little.",
    )
    most_share_change: float = Field(
        0.03,
        ge=0.0,
        le=1.0,
        description="Where validation cells are fewer than that: change of the share of a class "
        "among the unlabelled cells, since the start of the run, up to which the rule accepts a "
        "round. You may accept another after a look at its cells.",
    )
    pseudo_labels: PseudoLabelParameters = PseudoLabelParameters()
