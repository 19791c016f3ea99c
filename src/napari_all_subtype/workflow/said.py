"""What is said of cells: probabilities, the decision on them, and where nothing can be said."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from napari_all_subtype.cells import table
from napari_all_subtype.cells.plausible import without_nucleus
from napari_all_subtype.cells.stain_seen import COLOURS, colours_of
from napari_all_subtype.config import AnalysisParameters, DecisionParameters
from napari_all_subtype.decision import STRANGE, decide, nothing_said
from napari_all_subtype.progress import SILENT, Monitor
from napari_all_subtype.taxonomy import UNKNOWN, Taxonomy
from napari_all_subtype.workflow.scale_doubt import if_scale_is_off

if TYPE_CHECKING:
    import pandas as pd

    from napari_all_subtype.model.classifier import Classifier


def said_of(
    crops: np.ndarray,
    classifier: Classifier,
    parameters: AnalysisParameters = AnalysisParameters(),
    monitor: Monitor = SILENT,
    um_uncertainty: float | np.ndarray = 0.0,
) -> pd.DataFrame:
    """What `classifier` says of `crops`, one row each: see :func:`predictions`; and their colours.

    The colours are of nucleus and cytoplasm, in CIELAB, as the classifier sees them. Of what is
    unknown it is said in what it is unlike the cells of the training. Where the
    pixel size is uncertain the model is asked again at both ends of it: see
    :func:`napari_all_subtype.workflow.scale_doubt.if_scale_is_off`.

    Parameters
    ----------
    um_uncertainty : float or ndarray, shape (N,)
        Relative uncertainty of the pixel size, 0–1.
    """
    import pandas as pd

    # The network leaves part of the cores idle: what is measured on the crops goes there.
    with ThreadPoolExecutor(1) as beside:
        novelty = beside.submit(classifier.novelty, crops)
        colours = beside.submit(colours_of, crops)
        probabilities = classifier.predict(crops, monitor, parameters.model.batch_size)
    said = predictions(probabilities, parameters.decision, classifier.taxonomy, novelty.result())
    said[STRANGE] = ""
    strange = (said["subtype"] == UNKNOWN.name).to_numpy(bool)
    if strange.any():
        said.loc[strange, STRANGE] = classifier.strangeness(crops[strange])
    batch_size = parameters.model.batch_size
    doubt = if_scale_is_off(crops, classifier, um_uncertainty, monitor, batch_size)
    told = pd.DataFrame(colours.result(), columns=list(COLOURS))
    return pd.concat([said, doubt, told], axis=1)


def predictions(
    probabilities: np.ndarray,
    decision: DecisionParameters,
    taxonomy: Taxonomy,
    novelty: np.ndarray | None = None,
) -> pd.DataFrame:
    """Probabilities (N, K) and the decision on them as columns, one row per cell.

    What looks too unlike the cells of the model's training is *unknown*, and nobody
    is confident of it: a network alone calls a platelet normal with 0.99. Its
    probabilities stay, as what the network gave.

    Parameters
    ----------
    novelty : ndarray, shape (N,), float, optional
        As the classifier gives it; NaN, or left out, says nothing.
    """
    import pandas as pd

    columns = [f"p_{name}" for name in taxonomy.names]
    said = decide(probabilities, decision, taxonomy).to_frame()
    said = pd.concat([pd.DataFrame(probabilities, columns=columns), said], axis=1)
    said["novelty"] = np.nan if novelty is None else np.asarray(novelty, np.float32)
    strange = said["novelty"] > decision.novelty_threshold
    said.loc[strange, ["subtype", "best_guess"]] = UNKNOWN.name
    said.loc[strange, ["confidence", "subtype_share"]] = np.nan
    return said


def with_said(cells: pd.DataFrame, said: pd.DataFrame, taxonomy: Taxonomy) -> pd.DataFrame:
    """Cell table with what is said of its cells; row k stays label k.

    A cell without a nucleus is *unknown*, whatever the model says of it.

    Parameters
    ----------
    cells : pandas.DataFrame
        Measurements, one row per label.
    said : pandas.DataFrame
        One row per present cell, in the table's order.
    """
    import pandas as pd

    rows = table.present(cells).index
    said = said.set_axis(rows, axis=0).reindex(cells.index)
    words = [name for name in ("subtype", "best_guess", STRANGE) if name in said]
    said[words] = said[words].astype(object).where(said[words].notna(), "")
    return undecided(pd.concat([cells, said], axis=1), without_nucleus(cells), taxonomy)


def as_files_have(rows: pd.DataFrame, taxonomy: Taxonomy) -> pd.DataFrame:
    """`rows` without the columns of blasts where no class is one: they would be empty."""
    empty = () if taxonomy.blasts else [name for name in rows if name.startswith("p_blast_any")]
    return rows.drop(columns=list(empty))


def undecided(cells: pd.DataFrame, labels: Sequence[int], taxonomy: Taxonomy) -> pd.DataFrame:
    """`cells` with nothing said of `labels`: *unknown*, without probabilities."""
    return table.with_rows(cells, nothing_said(labels, taxonomy))
