"""Parts of a model card: what it learned from, what was measured, and who released it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A record that stays as it was written, and holds nothing that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingData(Frozen):
    """One dataset a model has learned from.

    Parameters
    ----------
    dataset, terms : str
        Its name, and the terms under which it was had, as its source states them.
    crops, groups : int
        How many crops, of how many groups; a group is never split.
    taught : dict of str to int
        Crops per class that they taught, in the word of a person or of the simulator.
    by_rule : dict of str to int
        Crops per pattern (l1, l2, l3, undetermined) that taught what the rules of FAB
        named them: real blasts, as they are and altered, of which nobody named a
        subtype. Empty where there are none.
    """

    dataset: str
    crops: int = Field(ge=0)
    groups: int = Field(ge=0)
    taught: dict[str, int]
    by_rule: dict[str, int] = {}
    terms: str


class Measurement(Frozen):
    """One figure: how it was had, on how much, and how far it can be trusted.

    Parameters
    ----------
    name, protocol : str
        What was measured, and on which split.
    value : float
        The figure, a fraction.
    low, high : float or None
        95 % interval by bootstrap over groups.
    crops, groups : int
        What it was measured on.
    """

    name: str
    protocol: str
    value: float
    low: float | None = None
    high: float | None = None
    crops: int
    groups: int


class Release(Frozen):
    """Who let a model be used, when, and after which control set.

    Parameters
    ----------
    by, at_utc : str
        Name or code of the person, and the time.
    control, control_sha256 : str
        What the control set is, and the hash of its crops and words.
    crops, groups : int
        Of the control set.
    figures : dict of str to float
        What was measured on it.
    """

    by: str = Field(min_length=1)
    at_utc: str
    control: str
    control_sha256: str = ""
    crops: int = Field(ge=1)
    groups: int = Field(ge=0)
    figures: dict[str, float]
