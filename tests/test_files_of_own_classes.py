"""Files of classes of a person's own: without the columns that only blasts would fill."""

from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest

from examples import example_analysis
from learning_project import picture
from napari_all_subtype.cells.crop_spec import CropSpec
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.classify import classify_batch
from napari_all_subtype.workflow.found_only import found_only
from napari_all_subtype.workflow.inputs import prepare
from napari_all_subtype.workflow.said import as_files_have

THREE = taxonomy_of_names(["neutrophil", "lymphocyte", "monocyte"])
EITHER = taxonomy_of_names(["blast", "lymphocyte"])
OF_BLASTS = ["p_blast_any", "p_blast_any_if_smaller", "p_blast_any_if_larger"]


class Sure:
    """Calls every cell the first class."""

    card = SimpleNamespace(identity="sure 1", um_per_px_seen=None)
    crop_spec = CropSpec(96, 0.26)

    def __init__(self, taxonomy):
        self.taxonomy = taxonomy

    def predict(self, crops, monitor=None, batch_size=64):
        p = np.full((len(crops), len(self.taxonomy)), 0.1, np.float32)
        p[:, 0] = 1 - 0.1 * (len(self.taxonomy) - 1)
        return p

    def novelty(self, crops):
        return np.full(len(crops), np.nan, np.float32)


@pytest.mark.parametrize(
    ("taxonomy", "there"), [(THREE, False), (EITHER, True), (FAB5, True)], ids=["3", "2", "FAB5"]
)
def test_table_of_classify_has_columns_of_blasts_only_where_there_are_any(
    tmp_path, taxonomy, there
):
    for n in range(2):
        cv2.imwrite(str(tmp_path / f"{n}.png"), picture("blast", n)[0][..., ::-1])
    fields = prepare(sorted(tmp_path.glob("*.png")), None)
    parameters = AnalysisParameters.of(scale={"pixel_size_um": 0.375})
    classify_batch(fields, tmp_path / "out.csv", parameters, classifier=Sure(taxonomy))
    rows = pd.read_csv(tmp_path / "out.csv")
    assert len(rows) == 2
    assert [f"p_{name}" in rows for name in taxonomy.names] == [True] * len(taxonomy)
    assert ("p_blast_any" in rows) is there
    if not there:
        assert not [name for name in rows if "blast" in name]


def test_columns_of_a_class_called_blast_stay():
    rows = pd.DataFrame({name: [0.5] for name in (*OF_BLASTS, "p_blast")})
    assert list(as_files_have(rows, FAB5)) == [*OF_BLASTS, "p_blast"]
    assert list(as_files_have(rows, THREE)) == ["p_blast"]


@pytest.mark.parametrize("centres", [((30, 30), (30, 80)), ()])
def test_cells_that_are_only_found_have_no_word_of_the_model(centres):
    before = example_analysis(centres)
    after = found_only(before, THREE)
    assert after.taxonomy == THREE
    assert set(after.cells["subtype"][1:]) <= {"unknown"}
    assert after.cells["area_px"].equals(before.cells["area_px"])
    assert [one for one in after.cells if one.startswith("p_")] == [
        *(f"p_{name}" for name in THREE.names),
        "p_blast_any",
    ]
