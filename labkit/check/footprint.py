"""What an act left on the nodes: their kernel before and after, and putting back what can be."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from labkit.errors import LabkitError
from labkit.net import Change, Snapshot, diff_losses, diff_snapshots, read_snapshot
from labkit.world import Machine

PATIENCE = 0.6  # seconds: the kernel takes a cable away a moment after the namespace of its other end
_PAUSE = 0.1


class Footprint:
    """Looks at the nodes around each act; what one left is told, and put back as it was."""

    def __init__(self, nodes: Sequence[Machine]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._first: Snapshot | None = None  # what is lost was there in the beginning
        self._before: Snapshot | None = None

    @contextlib.contextmanager
    def watch(self, may_leave: Sequence[str]) -> Iterator[list[str]]:
        """The list is filled when the block has ended: `link veth3 on worker1 stayed`, `route … on worker1 is gone`.

        What matches a pattern of `may_leave` is left alone.
        """
        before = self._before or read_snapshot(self._nodes.values())
        self._first = self._first or before
        left: list[str] = []
        yield left
        changes, after = self._settle(before, may_leave)
        left += changes
        left += [said for change in changes.values() if (said := self._put_back(change))]
        self._before = read_snapshot(self._nodes.values()) if left else after

    def _settle(self, before: Snapshot, may_leave: Sequence[str]) -> tuple[dict[str, Change], Snapshot]:
        """What is different, in words, once the kernel has taken away what it takes away by itself."""
        until = time.monotonic() + PATIENCE
        while True:
            after = read_snapshot(self._nodes.values())
            changes = {f"{each.label} stayed": each for each in diff_snapshots(before, after)}
            changes |= {f"{each.label} is gone": each for each in diff_losses(self._first or before, after)}
            harm = {said: each for said, each in changes.items() if not any(fnmatchcase(said, p) for p in may_leave)}
            if not harm or time.monotonic() > until:
                return harm, after
            threading.Event().wait(_PAUSE)

    def _put_back(self, change: Change) -> str:
        """What could not be put back, if anything."""
        node = self._nodes[change.machine]
        for argv in change.undo:
            with contextlib.suppress(LabkitError):
                if node.run(argv, journal={}).status == 0:
                    continue
            return f"`{' '.join(argv)}` on {node.name} did not bring it back: labkit reset does"
        return ""
