"""Why a machine does not allow a world, and the one line that changes it: read off the machine, never guessed from its name."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCTOR: Final = "labkit doctor says what this machine allows and how to change it"
CONTAINER: Final = (
    "this container forbids it: start it with --privileged, or with --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined --device /dev/net/tun"
)
MASKED: Final = (
    "parts of /proc or /sys are masked or read-only here, as in a container: start it with --security-opt systempaths=unconfined, "
    "or with --privileged"
)
APPARMOR: Final = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (to keep it: a file in /etc/sysctl.d)"
CLONE: Final = "sudo sysctl -w kernel.unprivileged_userns_clone=1 (to keep it: a file in /etc/sysctl.d)"
CHROOT: Final = (
    "a process in a chroot gets no user namespaces: enter the tree by pivot_root (systemd-nspawn, bwrap, unshare)"
)
KERNEL: Final = "this kernel has no user namespaces: one with CONFIG_USER_NS=y is needed, every distribution's has it"
_SWITCHES: Final = (("unprivileged_userns_clone", "0", CLONE), ("apparmor_restrict_unprivileged_userns", "1", APPARMOR))
_NAMESPACES: Final = ("user", "pid", "net", "mnt", "ipc", "uts")


@dataclass(frozen=True)
class Refusal:
    """What was refused: the stage of making a world (stages.py), the error number, the kernel's words."""

    stage: str
    code: int
    text: str


def find_remedy(refusal: Refusal, root: Path = Path("/")) -> str:
    """One line: what to do about it on this machine, whose files are read below `root`."""
    if refusal.code == errno.ENOSPC:
        return _find_used_up(root)
    if refusal.code in (errno.ENOSYS, errno.EINVAL) and refusal.stage == "user namespace":
        return KERNEL
    return _find_forbidding(refusal, root) if refusal.code in (errno.EPERM, errno.EACCES) else DOCTOR


def _find_forbidding(refusal: Refusal, root: Path) -> str:
    for name, value, remedy in _SWITCHES:
        if _read(root, f"proc/sys/kernel/{name}") == value:
            return remedy
    if refusal.stage in ("file tree", "first machine") and (
        "mount proc" in refusal.text or "mount sysfs" in refusal.text
    ):
        return MASKED
    in_chroot = refusal.stage == "user namespace" and not _has_filter(root)
    return CHROOT if in_chroot else CONTAINER


def _find_used_up(root: Path) -> str:
    """The limits that are the lowest: the kernel does not say which one was met."""
    limits = {kind: _read(root, f"proc/sys/user/max_{kind}_namespaces") for kind in _NAMESPACES}
    known = {kind: int(value) for kind, value in limits.items() if value.isdigit()}
    if not known:
        return DOCTOR
    kind = min(known, key=lambda each: known[each])
    return f"user.max_{kind}_namespaces is {known[kind]} here: sudo sysctl -w user.max_{kind}_namespaces=65536"


def _has_filter(root: Path) -> bool:
    """Whether a system-call filter lies on this process, as container engines set one (proc_pid_status(5))."""
    return "\nSeccomp:\t2" in _read(root, "proc/self/status")


def _read(root: Path, path: str) -> str:
    try:
        return (root / path).read_text().strip()
    except OSError:
        return ""
