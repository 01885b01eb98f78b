"""What goes wrong in PID 1 by a fault of its own: kept, and written into the journal, where its owner can read it."""

from __future__ import annotations

from typing import Final

from labkit.world.inside.journal import Journal

_KEPT: Final = 20
_MAX_TRACE: Final = 6000


class Trouble:
    """The last traces; the newest last."""

    def __init__(self, journal: Journal) -> None:
        self.kept: list[str] = []
        self._journal = journal

    def note(self, error: BaseException, where: str) -> str:
        """Keep its trace; return what it was in one line."""
        import traceback  # nobody needs it until then: it would be a tenth of the time that PID 1 takes to start

        text = f"{where}: {''.join(traceback.format_exception(error))[-_MAX_TRACE:]}"
        self.kept = [*self.kept, text][-_KEPT:]
        self._journal.write({"kind": "trouble", "text": text})
        return f"{where}: {type(error).__name__}: {error}"[:500]
