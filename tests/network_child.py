"""The process that learns as it is, but for ImageNet weights: some of the right shape stand in."""

from __future__ import annotations

NAME = "mobilenetv3"


def serve_networks(connection):
    """Trains networks; weights drawn by chance are taken for those that Keras publishes."""
    from napari_all_subtype._widgets.train.child import serve_learning

    _put_weights_in_place()
    serve_learning(connection)


def _put_weights_in_place():
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    from napari_all_subtype.model import imagenet
    from napari_all_subtype.model.backbones import build_backbone
    from napari_all_subtype.model.embedding import body_of
    from napari_all_subtype.workflow.keras_learner import KerasLearner, imagenet_folder

    file = imagenet.PUBLISHED[NAME]
    path = imagenet_folder() / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    body = body_of(build_backbone(NAME, KerasLearner().crop_spec, 2))
    with h5py.File(path, "w") as stream:
        save_weights_to_hdf5_group(stream, body)
    imagenet.PUBLISHED[NAME] = imagenet.PublishedFile(file.path, imagenet.md5_of(path), 4)
