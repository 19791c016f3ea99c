"""Images of one centred cell each: one table of what the model says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from napari_all_subtype.cells.crops import crop_single_cell
from napari_all_subtype.cells.image import as_source
from napari_all_subtype.cells.scale import pixel_size_of
from napari_all_subtype.config import AnalysisParameters
from napari_all_subtype.decision import decide
from napari_all_subtype.errors import Stopped
from napari_all_subtype.files import new_file
from napari_all_subtype.model.classifier import Classifier, load_classifier
from napari_all_subtype.progress import SILENT, Monitor, Progress, checkpoint
from napari_all_subtype.workflow.inputs import Field
from napari_all_subtype.workflow.outcomes import IMAGES, BatchResult, Outcome, failure_of


def classify_batch(
    fields: Sequence[Field],
    out: Path,
    parameters: AnalysisParameters = AnalysisParameters(),
    overwrite: bool = False,
    monitor: Monitor = SILENT,
) -> BatchResult:
    """Classify images of one centred cell each and write one table, a row per image in order.

    Parameters
    ----------
    fields : sequence of Field
        One image of one cell each; cells cut out on black ground are accepted.
    out : Path
        CSV file with ``file``, the probabilities and the decision; the row of an
        image that failed has its name and empty values.

    Raises
    ------
    As :func:`~napari_all_subtype.workflow.batch.analyse_batch`; when stopped, no file is written.
    """
    with new_file(out, overwrite) as partial:
        classifier = load_classifier(parameters.model.model)
        crops, outcomes = [], []
        for n, field in enumerate(fields):
            checkpoint(monitor, Progress(IMAGES, n, len(fields)))
            try:
                crops.append(_one_crop(field, parameters, classifier, monitor))
                outcomes.append(Outcome(field))
            except Stopped:
                raise
            except Exception as error:  # the edge: recorded, and the others go on
                outcomes.append(failure_of(field, error))
        _crop_table(outcomes, crops, classifier, parameters, monitor).to_csv(
            partial, index=False, float_format="%.6g"
        )
    monitor.report(Progress(IMAGES, len(fields), len(fields)))
    return BatchResult(tuple(outcomes), ())


def _one_crop(
    field: Field, parameters: AnalysisParameters, classifier: Classifier, monitor: Monitor
) -> np.ndarray:
    source = as_source(field.path, parameters.reading, dark_ground=True)
    pixel_size = pixel_size_of(source, parameters.scale, monitor)
    single = crop_single_cell(
        source.read(), pixel_size.um_per_px, classifier.crop_spec, parameters.segmentation
    )
    return single.crop


def _crop_table(
    outcomes: Sequence[Outcome],
    crops: Sequence[np.ndarray],
    classifier: Classifier,
    parameters: AnalysisParameters,
    monitor: Monitor,
) -> pd.DataFrame:
    size = classifier.crop_spec.size_px
    stack = np.stack(crops) if crops else np.empty((0, size, size, 3), np.uint8)
    probabilities = classifier.predict(stack, monitor, parameters.model.batch_size)
    names = [f"p_{name}" for name in classifier.taxonomy.names]
    said = pd.concat(
        [
            pd.DataFrame(probabilities, columns=names),
            decide(probabilities, parameters.decision, classifier.taxonomy).to_frame(),
        ],
        axis=1,
    )
    worked = [n for n, outcome in enumerate(outcomes) if not outcome.error]
    said = said.set_axis(worked, axis=0).reindex(range(len(outcomes)))
    said.insert(0, "file", [outcome.field.name for outcome in outcomes])
    return said
