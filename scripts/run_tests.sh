#!/bin/sh
# All tests in turn: first those without a window, then those with one.
# Usage: scripts/run_tests.sh [PYTEST-ARGUMENT...]
#
# Two processes, because one that loads both TensorFlow and Mesa's software renderer crashes:
# each brings an LLVM under the same names.
set -eu
ran=no
for part in "not window" "window"; do
    status=0
    sh scripts/with_display.sh .venv/bin/python -m pytest -m "$part" "$@" || status=$?
    # 5: nothing to run here, as where the arguments name a test of the other part.
    case $status in
        0) ran=yes ;;
        5) ;;
        *) exit "$status" ;;
    esac
done
[ "$ran" = yes ] || { echo "No test was run." >&2; exit 5; }
