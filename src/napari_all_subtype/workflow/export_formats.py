"""The formats of a project's export by name, each with what a person is told of it."""

from __future__ import annotations

CSV, PARQUET, CROPS = "csv", "parquet", "crops"
GEOJSON, OME_ZARR, COCO, HTML = "geojson", "ome-zarr", "coco", "html"

FORMATS = {
    CSV: "Tables for a spreadsheet: what stands on each cell, all that was ever said, and every "
    "change of outlines.",
    PARQUET: "The same tables for programs, with numbers as they are.",
    CROPS: "A folder of pictures per class, of cells that a person named.",
    GEOJSON: "A file per field that QuPath opens: outlines of cells and nuclei, classes with their "
    "colours, measurements.",
    OME_ZARR: "A folder per field (NGFF 0.5): the picture and the masks as pyramids in µm, with "
    "classes and colours of the cells.",
    COCO: "Cells as instances with exact masks, classes and what readers said, beside the images: "
    "for training other networks.",
    HTML: "A report per smear to read and print: counts with intervals, pictures of the cells, how "
    "final the result is.",
}
# What they are called in a window.
TITLES = {
    CSV: "Tables (CSV)",
    PARQUET: "Tables (Parquet)",
    CROPS: "Crops, a folder per class",
    GEOJSON: "GeoJSON for QuPath",
    OME_ZARR: "OME-Zarr",
    COCO: "COCO instances",
    HTML: "Report (HTML)",
}
