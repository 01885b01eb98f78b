"""Whether the processor's own virtualization works here. That /dev/kvm can be opened proves nothing: a kernel is started on it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from labkit.errors import WorldError
from labkit.timing import scale
from labkit.vm.debian import Kernel, find_vm_folder
from labkit.world import run_program

DEVICE: Final = Path("/dev/kvm")
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
SECONDS: Final = 10.0


def may_use_kvm(kernel: Kernel) -> bool:
    """Found out once for each start of this machine: the answer is kept in the cache."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return False
    kept = find_vm_folder() / "kvm"
    boot = _BOOT.read_text().strip()
    with contextlib.suppress(OSError):
        if kept.read_text().split()[:1] == [boot]:
            return kept.read_text().split()[1:] == ["works"]
    works = run_trial(kernel)
    with contextlib.suppress(OSError):  # a cache that is read-only: asked again the next time
        kept.write_text(f"{boot} {'works' if works else 'fails'}\n")
    return works


def run_trial(kernel: Kernel) -> bool:
    """The kernel finds no root and ends with a panic, in a second where KVM works; in time or not at all."""
    words = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-m", "256M", "-nodefaults", "-display", "none"]
    try:
        ran = run_program(
            [*words, "-no-reboot", "-kernel", str(kernel.image), "-append", "quiet panic=-1"], timeout=scale(SECONDS)
        )
    except WorldError:
        return False
    return ran.status == 0
