#!/bin/sh
# Build the wheel, install it in a second, empty environment and run the demo from there,
# away from the repository: a file missing from the wheel fails here.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

repository=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

say "Building the wheel"
python=$(find_python) || exit 1
make_venv "$python" "$work/env"
pip_install "$work/env" hatchling || die "Could not install hatchling."
"$work/env/bin/python" -m hatchling build -t wheel -d "$work/dist" >&2
wheel=$(ls "$work"/dist/*.whl)

say "Installing $(basename "$wheel") in an empty environment"
rm -rf "$work/env"
make_venv "$python" "$work/env"
pip_install "$work/env" "$wheel" || die "The wheel does not install."

# Elsewhere, and without the repository on any path.
cd "$work"
unset PYTHONPATH
say "Running the demo from the wheel"
env/bin/napari-all-subtype demo --out out
env/bin/npe2 validate napari-all-subtype
env/bin/python "$repository/scripts/check_results.py" out --not-from "$repository"
