"""Pictures that a model learned from, told by their digests: by them a leak is found elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_serializer

from napari_all_subtype.amounts import amount
from napari_all_subtype.errors import TrainingSetError

# SHA-256 of the pixels, as a project knows a field by: it names nobody, and finds the same pixels.
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
NOBODY_KNOWS = (
    "Nobody can tell which pictures its starting weights learned from: if some are among those "
    "that validate or test here, the figures on them are too good."
)


class Pictures(BaseModel):
    """What a model has seen, with all that the weights it started from had.

    A picture is known by its pixels: one that was scaled, cut or compressed anew is not found.

    Parameters
    ----------
    trained, validated : frozenset of str
        Pictures with a cell that taught, or by which passes were chosen.
    whole : bool
        False where the starting weights do not say what they learned from.
    datasets : frozenset of str
        Public sets among that of which only the name is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trained: frozenset[Digest] = Field(frozenset(), description="Pictures that taught.")
    validated: frozenset[Digest] = Field(frozenset(), description="Those that chose passes.")
    whole: bool = True
    datasets: frozenset[str] = Field(frozenset(), description="Public sets that taught, by name.")

    @property
    def seen(self) -> frozenset[str]:
        """All of them: on none of these does the model show what a new case will."""
        return self.trained | self.validated

    def after(self, before: Pictures) -> Pictures:
        """The same of a model that started from weights with `before`."""
        return Pictures(
            trained=self.trained | before.trained,
            validated=self.validated | before.validated,
            whole=self.whole and before.whole,
            datasets=self.datasets | before.datasets,
        )

    @property
    def untold(self) -> str:
        """What a person is to be told of pictures that nobody can compare; empty if there are none.

        Examples
        --------
        >>> Pictures(whole=False, datasets=frozenset({"mll", "bccd"})).untold
        'Its starting weights learned from bccd, mll: cells of these are no test of it.'
        """
        if self.whole:
            return ""
        if not self.datasets:
            return NOBODY_KNOWS
        names = ", ".join(sorted(self.datasets))
        return f"Its starting weights learned from {names}: cells of these are no test of it."

    @field_serializer("trained", "validated", "datasets")
    def _in_order(self, digests: frozenset[str]) -> list[str]:
        return sorted(digests)


def leak_of(
    before: Pictures, val: Collection[str], test: Collection[str], random_split: bool = False
) -> str:
    """What a person is to be told before a training from weights that saw `before`; mostly nothing.

    What chose the passes of the earlier model may choose them again: that is how a model of
    the same project goes on.

    Parameters
    ----------
    val, test : collection of str
        Digests of the pictures that validate and test now.
    random_split : bool
        Cells are divided one by one, as somebody asked for: figures are marked anyway.

    Raises
    ------
    TrainingSetError
        If pictures that the weights learned from would validate or test.

    Examples
    --------
    >>> leak_of(Pictures(trained=frozenset({"0" * 64})), [], ["1" * 64])
    ''
    """
    leaked = (before.trained & (set(val) | set(test))) | (before.validated & set(test))
    if not leaked:
        return before.untold
    n = len(leaked)
    found = (
        f"The weights to start from learned from {amount(n, 'picture')} whose "
        "cells validate or test in this project: figures on them would be too good (leakage)."
    )
    if random_split:
        return f"{found} The split is random, as asked for, and every figure is marked."
    raise TrainingSetError(
        f"{found} Nothing was trained. Start from other weights, such as --weights bundled; the "
        "cells of this project teach as well. Only to look at figures, ask for a random split."
    )
