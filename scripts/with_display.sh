#!/bin/sh
# Run a command with a display: the one there is, or a virtual one on Linux.
# Usage: scripts/with_display.sh COMMAND [ARGUMENT...]
set -eu
# The offscreen platform has no OpenGL, so a real viewer cannot draw on it.
unset QT_QPA_PLATFORM
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}" ]; then
    exec xvfb-run -a -n "${FIRST_DISPLAY:-99}" -s "-screen 0 1920x1200x24" "$@"
fi
exec "$@"
