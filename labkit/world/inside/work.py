"""The learner's own folder, which a world shares with the host."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """Where it is, and which folder it was when its owner named it: by device and inode."""

    path: str
    device: int
    inode: int

    def open(self, root: str) -> int:
        """A descriptor of it, below `root`. Raises OSError when something else lies there by now, a link for instance."""
        opened = os.open(root.rstrip("/") + self.path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        there = os.fstat(opened)
        if (there.st_dev, there.st_ino) != (self.device, self.inode):
            os.close(opened)
            raise OSError(errno.ESTALE, "another folder lies there now", self.path)
        return opened
