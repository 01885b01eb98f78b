"""Pipes whose reader has left: PID 1 reads on, so that what writes to them in the background can go on."""

from __future__ import annotations

import os
import selectors
from typing import Final

_CHUNK: Final = 65536
_MAX_DRAINED: Final = 64 * 1024 * 1024


class Drains:
    """Each is read and thrown away as it comes; a flood's pipe is closed in the end."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector

    def add(self, pipe: int) -> None:
        """Take over a reading end. Raises OSError for what cannot be waited for, and closes it."""
        left = _MAX_DRAINED

        def read() -> None:
            nonlocal left
            try:
                data = os.read(pipe, _CHUNK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            left -= len(data)
            if not data or left < 0:
                self._selector.unregister(pipe)
                os.close(pipe)

        os.set_blocking(pipe, False)
        try:
            self._selector.register(pipe, selectors.EVENT_READ, read)
        except OSError:
            os.close(pipe)
            raise
