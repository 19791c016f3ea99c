#!/bin/sh
# All tests: those without a window, and beside them those with one.
# Usage: scripts/run_tests.sh [PYTEST-ARGUMENT...]
#
# Two processes, because one that loads both TensorFlow and Mesa's software renderer crashes:
# each brings an LLVM under the same names. They run side by side: a window waits more than it
# works. What the second one prints comes after the first.
set -eu
part() {
    sh scripts/with_display.sh .venv/bin/python -m pytest "$@"
}
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# Another range of numbers: two that look for a free display at once would take the same.
FIRST_DISPLAY=199 part -m window "$@" >"$said" 2>&1 &
windows=$!
trap 'kill "$windows" 2>/dev/null' INT TERM
plain=0 windowed=0
part -m "not window" "$@" || plain=$?
wait "$windows" || windowed=$?
cat "$said"
# 5: nothing to run here, as where the arguments name a test of the other part.
for status in "$plain" "$windowed"; do
    case $status in 0 | 5) ;; *) exit "$status" ;; esac
done
[ "$plain" = 0 ] || [ "$windowed" = 0 ] || { echo "No test was run." >&2; exit 5; }
