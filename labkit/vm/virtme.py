"""virtme-ng, which starts the VM on this machine's files: pinned by labkit/setup/vm.lock, kept in the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from labkit.programs.wheels import install_wheel
from labkit.vm.debian import Tell, find_vm_folder, hold

LOCK: Final = Path(__file__).parents[1] / "setup" / "vm.lock"


def ensure_virtme(tell: Tell) -> Path:
    """The folder with its Python packages. Raises LabkitError with pip's own words."""
    folder = find_vm_folder()
    target = folder / f"virtme-ng-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]}"
    if not target.is_dir():
        with hold(folder, tell):
            if not target.is_dir():
                tell("fetching virtme-ng from PyPI, once")
                install_wheel(LOCK, target, "is there a network? Then run the same command again")
    return target
