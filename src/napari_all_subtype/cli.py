"""The program's first and last word: its arguments in, one line for an error, an exit status out.

Nothing heavy is imported before `main` listens for Ctrl-C: the imports take
seconds, in which a person may already want to stop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from napari_all_subtype.errors import LostFolderError, describe_error
from napari_all_subtype.interrupts import Interrupts, interrupts
from napari_all_subtype.terminal import fail, note

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2
# True whether or not anything was finished: this place cannot know.
STOPPED = "Stopped. What was finished before, if anything, is kept; nothing is half-written."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    The status is 0 when all is done, 1 when some images failed, 2 when nothing
    could be done, and 130 when a person stopped it (128 and the signal's number).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    with interrupts() as asked:
        status = _status([word for word in words if word != "--debug"], debug, asked)
    sys.exit(status)


def _status(words: Sequence[str], debug: bool, asked: Interrupts) -> int:
    try:
        _refuse_lost_folder()
        from napari_all_subtype.commands import run

        status = run(words, debug)
    except (Exception, KeyboardInterrupt) as error:
        # Libraries turn the interrupt of their import into errors of other names.
        if asked.status is not None or isinstance(error, KeyboardInterrupt):
            status = SOME_FAILED
        elif debug:
            raise
        else:
            fail(describe_error(error))
            status = NOTHING_DONE
    if asked.status is None or status == DONE:
        return status
    note(STOPPED)
    return asked.status


def _refuse_lost_folder() -> None:
    """Raise when the folder one stands in is gone: no path can be understood without it."""
    try:
        os.getcwd()
    except OSError:
        raise LostFolderError(
            "The current folder does not exist any more: it was deleted or moved. Change to "
            "another folder (cd) and try again."
        ) from None


if __name__ == "__main__":
    main()
