"""What the guest says on its console: how far it is, and why it went no further."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from labkit.errors import make_plain

LAST: Final = 12  # lines that are shown of a guest that failed
_STAGES: Final = (
    ("Linux version", "the kernel starts"),
    ("virtme-ng-init: running systemd-tmpfiles", "folders are made"),
    ("virtme-ng-init: triggering udev", "devices are found"),
    ("labkit-vm: loading modules", "modules are loaded"),
)
_REMEDIES: Final = (
    ("cannot find script I/O ports|unable to find udevd", "the package udev is missing on this machine: ./lab vm installs it"),
    ("labkit-vm: no modules", "the VM has a /var/tmp of its own: LABKIT_CACHE must name a folder elsewhere"),
    ("Out of memory|oom-kill|out of memory", "give it more: ./lab vm --memory 4096 …"),
    ("Kernel panic", "the last lines say why; with more memory (--memory 4096) or another kernel (LABKIT_VM_KERNEL) it may work"),
    ("Failed to mount real root", "this qemu can't hand over this machine's files: is qemu-system-x86 whole?"),
)  # fmt: skip
_ENDED: Final = re.compile(r"labkit-vm: ended (\d+)$")


class Console:
    """`began`: the command runs, or has run. `status`: the command's, once it has ended."""

    def __init__(self) -> None:
        self.began = False
        self.status: int | None = None
        self.stage = "qemu starts"
        self.last: deque[str] = deque(maxlen=LAST)
        self._rest = b""
        self._seen = ""

    def take(self, data: bytes) -> None:
        """The next bytes, as they come."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take_line(make_plain(line.decode(errors="replace").strip("\r ")))

    def _take_line(self, line: str) -> None:
        self.last.append(line)
        self.stage = next((name for mark, name in _STAGES if mark in line), self.stage)
        self.began |= line.endswith("labkit-vm: begins")
        self._seen += "".join(remedy for pattern, remedy in _REMEDIES if re.search(pattern, line) and not self._seen)
        if found := _ENDED.search(line):
            self.status = int(found[1])

    def find_remedy(self) -> str:
        """By what it said first that we know."""
        return self._seen or "LABKIT_TIMEOUT_SCALE=4 gives it more time on a busy machine, --memory 4096 more memory"
