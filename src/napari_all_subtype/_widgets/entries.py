"""Where each child process begins; what it does there is imported by itself, not by the window."""

from __future__ import annotations

from multiprocessing.connection import Connection


def analyse(connection: Connection) -> None:
    """Find and classify cells, and explain them, until the window ends."""
    from napari_all_subtype._widgets.child import serve

    serve(connection)


def learn(connection: Connection) -> None:
    """Train, judge and draw until the window ends."""
    from napari_all_subtype._widgets.train.child import serve_learning

    serve_learning(connection)
