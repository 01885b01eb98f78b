"""Links by name: the indexes the kernel has given, and those chosen for links made in the same batch."""

from __future__ import annotations


class UnknownLinkError(Exception):
    """No link of this name is there, nor made earlier in the batch."""


class LinkTable:
    """Name to interface index of one machine, as it will be when the batch has been carried out."""

    def __init__(self, indexes: dict[str, int]) -> None:
        self._indexes = indexes
        self._highest = max(indexes.values(), default=0)

    def index(self, name: str) -> int:
        """Return the index of a link; 0 for the empty name (no master)."""
        if not name:
            return 0
        try:
            return self._indexes[name]
        except KeyError:
            raise UnknownLinkError(name) from None

    def reserve(self, name: str) -> int:
        """Choose the index of a link about to be made, so that later messages can refer to it.

        The kernel counts upwards too: the next one is what it would choose itself.
        """
        self._highest += 1
        self._indexes.setdefault(name, self._highest)
        return self._highest

    def rename(self, old: str, new: str) -> None:
        """Follow a change of name."""
        self._indexes[new] = self._indexes.pop(old)

    def forget(self, name: str) -> None:
        """Follow a link that is deleted or moved to another machine."""
        self._indexes.pop(name, None)
