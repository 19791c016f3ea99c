"""What a person does in a dock that learns, and waits for."""

from __future__ import annotations

LONG_MS = 180_000


def ended(qtbot, learning, begin):
    """Call `begin`, wait for the end of what it began, and give it back."""
    heard = []
    learning.ended.connect(heard.append)
    begin()
    qtbot.waitUntil(lambda: bool(heard), timeout=LONG_MS)
    learning.ended.disconnect(heard.append)
    return heard[0]
