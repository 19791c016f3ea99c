"""Every table that leaves the program as CSV goes through the one place that guards it."""

import ast
from pathlib import Path

import napari_all_subtype

HOME = Path(napari_all_subtype.__file__).parent


def test_no_module_writes_csv_past_the_guard_against_formulas():
    writers = {
        path.relative_to(HOME).as_posix()
        for path in HOME.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "to_csv"
    }
    assert writers == {"workflow/csv_file.py"}
