#!/bin/sh
# Install napari-all-subtype from this folder, without a network.
# Usage: sh install.sh [FOLDER]      (FOLDER: where to, default ~/napari-all-subtype)
# For @TARGET@.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
target=${1:-$HOME/napari-all-subtype}

python=
for name in "${PYTHON:-python@PYTHON_VERSION@}" python@PYTHON_VERSION@ python3 python; do
    found=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    [ "$found" = "@PYTHON_VERSION@" ] && python=$name && break
done
if [ -z "$python" ]; then
    echo "Python @PYTHON_VERSION@ was not found; this kit is for @TARGET@." >&2
    echo "Install it, or name it: PYTHON=/path/to/python@PYTHON_VERSION@ sh install.sh" >&2
    exit 1
fi
if [ -e "$target" ]; then
    echo "$target is there already; remove it or name another folder: sh install.sh FOLDER" >&2
    exit 1
fi

if command -v sha256sum >/dev/null 2>&1; then
    (cd "$kit" && sha256sum -c --quiet SHA256SUMS) || {
        echo "The kit was damaged on its way; copy it again." >&2
        exit 1
    }
fi

# pip comes from the kit, so that a Python without ensurepip will do.
pip=$(ls "$kit"/wheels/pip-*.whl)
"$python" -m venv --without-pip "$target" || exit 1
trap 'rm -rf "$target"' EXIT
trap 'exit 1' HUP INT TERM
echo "Installing into $target; this takes some minutes."
PIP_CONFIG_FILE=/dev/null "$target/bin/python" "$pip/pip" install -q \
    --disable-pip-version-check --no-index --find-links "$kit/wheels" \
    pip "napari-all-subtype[all]"
"$target/bin/napari-all-subtype" info
trap - EXIT
cat <<END

Installed. To start:
  $target/bin/napari                              then Plugins > Analyse smear
  $target/bin/napari-all-subtype demo --out demo  the bundled smear, without a window

For Research Use Only. Not for use in diagnostic procedures.
END
