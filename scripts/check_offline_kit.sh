#!/bin/sh
# Install offline-kit/ with the network cut off, in an empty folder, and run the demo from there.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

repository=$(pwd)
[ -f offline-kit/install.sh ] || die "There is no offline-kit/; run: make offline-kit"
unshare -rn true 2>/dev/null || die "The network cannot be cut off here (unshare -rn is refused)."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
# A home of its own and no Python settings: nothing may come from this machine's caches.
env -i PATH="$PATH" HOME="$work" LANG=C.UTF-8 unshare -rn sh "$repository/offline-kit/install.sh" \
    "$work/installed"
env -i PATH="$PATH" HOME="$work" LANG=C.UTF-8 unshare -rn installed/bin/napari-all-subtype demo \
    --out out
installed/bin/python "$repository/scripts/check_results.py" out --not-from "$repository"
