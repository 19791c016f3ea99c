#!/bin/sh
# Build .venv, or bring it up to date, with the package in place and the extras named.
# Usage: scripts/make_env.sh [EXTRA[,EXTRA...]]
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

venv=.venv
# A copied or half-made environment has a python that does not run: start over.
if [ -d "$venv" ] && ! "$venv/bin/python" -c '' 2>/dev/null; then
    say "$venv does not run here; making it anew."
    rm -rf "$venv"
fi
if [ ! -d "$venv" ]; then
    python=$(find_python) || exit 1
    say "Making $venv with Python $(python_version "$python")"
    make_venv "$python" "$venv"
fi
say "Installing the package and what it needs (about 2.5 GB with TensorFlow; minutes the first time)"
pip_install "$venv" -e ".${1:+[$1]}" || die "Installation failed; the messages above say why."
