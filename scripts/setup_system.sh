#!/bin/sh
# Install the libraries that Qt and a virtual display need on Linux, or name the one command.
# Does nothing where all are there, on other systems, or with SKIP_SYSTEM_CHECK=1.
set -eu
cd "$(dirname "$0")/.."
. scripts/common.sh

[ "$(uname -s)" = Linux ] || exit 0
[ -z "${SKIP_SYSTEM_CHECK:-}" ] || exit 0

# library that is looked for : Debian package that brings it
libraries="
libEGL.so.1:libegl1
libGL.so.1:libgl1
libxkbcommon-x11.so.0:libxkbcommon-x11-0
libxcb-cursor.so.0:libxcb-cursor0
libxcb-icccm.so.4:libxcb-icccm4
libxcb-image.so.0:libxcb-image0
libxcb-keysyms.so.1:libxcb-keysyms1
libxcb-render-util.so.0:libxcb-render-util0
libxcb-shape.so.0:libxcb-shape0
libxcb-xkb.so.1:libxcb-xkb1
libfontconfig.so.1:libfontconfig1
libglib-2.0.so.0:libglib2.0-0
libdbus-1.so.3:libdbus-1-3
"

known=$(/sbin/ldconfig -p 2>/dev/null || ldconfig -p 2>/dev/null || true)
missing=
for pair in $libraries; do
    case "$known" in
        *"${pair%%:*} "*) ;;
        *) missing="$missing ${pair#*:}" ;;
    esac
done
# The software renderer is loaded by path, so the linker's list does not know it.
find /usr/lib /usr/lib64 -name '*_dri.so' 2>/dev/null | grep -q . || missing="$missing libgl1-mesa-dri"
command -v xvfb-run >/dev/null 2>&1 || missing="$missing xvfb"
# Xvfb's start script needs it and Debian only recommends it.
command -v xauth >/dev/null 2>&1 || missing="$missing xauth"
# Without any font Qt draws boxes.
find /usr/share/fonts -type f 2>/dev/null | grep -q . || missing="$missing fonts-dejavu-core"
[ -n "$missing" ] || exit 0

if can_apt; then
    # shellcheck disable=SC2086
    apt_install $missing || die "Could not install:$missing"
elif command -v apt-get >/dev/null 2>&1; then
    die "Qt or the virtual display lacks libraries. Run: sudo apt-get install -y$missing"
elif command -v dnf >/dev/null 2>&1; then
    die "Qt or the virtual display lacks libraries. Run: sudo dnf install -y mesa-libEGL mesa-libGL" \
        "mesa-dri-drivers libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image" \
        "xcb-util-keysyms xcb-util-renderutil fontconfig glib2 dbus-libs xorg-x11-server-Xvfb" \
        "xorg-x11-xauth dejavu-sans-fonts (or set SKIP_SYSTEM_CHECK=1)"
else
    die "Qt or the virtual display lacks libraries. Install what Debian calls:$missing" \
        "(or set SKIP_SYSTEM_CHECK=1)"
fi
