"""Which pictures of a project teach, validate and test: what a leak is found by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from napari_all_subtype.learning.pictures import Pictures
from napari_all_subtype.learning.training_set import TEST, TRAIN, VAL, PseudoLabelled, TrainingSet
from napari_all_subtype.project.database import Database
from napari_all_subtype.workflow.learning_cells import place_of


@dataclass(frozen=True)
class UsedPictures:
    """Digests of pictures, by what their cells do in a training."""

    train: frozenset[str]
    val: frozenset[str]
    test: frozenset[str]

    @property
    def told(self) -> Pictures:
        """As the model that learns from them tells them."""
        return Pictures(trained=self.train, validated=self.val)


def used_pictures(
    database: Database, training: TrainingSet, extra: PseudoLabelled | None = None
) -> UsedPictures:
    """The pictures that the cells of a training are in, those with a pseudo-label included."""
    field_of = {row["id"]: row["field_id"] for row in database.rows("SELECT * FROM marked_cells")}
    digest_of = {row["id"]: row["sha256"] for row in database.rows("SELECT id, sha256 FROM fields")}

    def digests(fields: Iterable[int | None]) -> frozenset[str]:
        return frozenset(digest_of[one] for one in fields if one in digest_of)

    labelled = {
        split: [field_of.get(int(one)) for one in training.part(split).ids]
        for split in (TRAIN, VAL, TEST)
    }
    pseudo = () if extra is None else [place_of(one)[0] for one in extra.ids]
    return UsedPictures(
        digests([*labelled[TRAIN], *pseudo]), digests(labelled[VAL]), digests(labelled[TEST])
    )
