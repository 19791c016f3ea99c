"""The napari plugin; the only place that imports napari, Qt and magicgui."""
