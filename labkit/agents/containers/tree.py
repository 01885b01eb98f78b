"""A container's root. As on a machine, most is the world's read-only tree; /.machine is the container's own, and / and the folders that
volumes need are built anew, because nothing can be made in the world's.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from labkit.agents.containers.spec import Mount
from labkit.world import kernel
from labkit.world.places import MACHINE

_TOPS: Final = ("etc", "opt", "var", "run", "root", "tmp", "shm")
_BRANCHES: Final = ("etc", "opt", "var")
_OLD: Final = ".old-root"


def build_root(folder: str, mounts: Sequence[Mount]) -> None:
    """In a mount namespace of this process's own: put together a root below `folder` and change into it. Raises OSError."""
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    opened = [(os.open(mount.source, os.O_PATH | os.O_CLOEXEC), mount) for mount in mounts]
    own, root = f"{folder}/own", f"{folder}/root"
    _copy_branches(own)
    Path(root).mkdir()
    kernel.bind(root, root)
    shadow(Path("/"), Path(root), leave=(MACHINE[1:],))
    Path(f"{root}{MACHINE}").mkdir()
    kernel.bind(own, f"{root}{MACHINE}")
    Path(root, _OLD).mkdir()
    kernel.pivot_root(root, f"{root}/{_OLD}")
    os.chdir("/")
    for descriptor, mount in sorted(opened, key=lambda pair: pair[1].target):
        _mount(descriptor, mount)
        os.close(descriptor)
    kernel.unmount(f"/{_OLD}")
    Path("/", _OLD).rmdir()
    with contextlib.suppress(OSError):  # /sys/class/net shows the network of whoever mounted it
        kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def _copy_branches(own: str) -> None:
    """The folders that machines have for themselves, empty; what the container is told (hosts, resolv.conf) comes as mounts."""
    for top in _TOPS:
        Path(own, top).mkdir(parents=True)
    for branch in _BRANCHES:
        for entry in os.scandir(f"{MACHINE}/{branch}"):
            if entry.is_dir(follow_symlinks=False):
                Path(own, branch, entry.name).mkdir()
    for name in ("run/lock", "run/netns"):
        Path(own, name).mkdir()
    for name in ("hostname", "hosts", "resolv.conf"):
        Path(own, "etc", name).touch()


def shadow(folder: Path, copy: Path, *, leave: Iterable[str] = ()) -> None:
    """`copy` gets what is in `folder`: links copied, folders and files bound. Other things can then be made beside them."""
    for entry in os.scandir(folder):
        target = copy / entry.name
        if entry.name in leave:
            continue
        if entry.is_symlink():
            target.symlink_to(os.readlink(entry.path))  # noqa: PTH115 - scandir gives strings
            continue
        if entry.is_dir(follow_symlinks=False):
            target.mkdir()
        else:
            target.touch()
        kernel.bind(entry.path, str(target))


def _mount(descriptor: int, mount: Mount) -> None:
    is_folder = Path(f"/proc/self/fd/{descriptor}").is_dir()
    target = os.path.realpath(mount.target)
    if not os.path.lexists(target):
        _make(Path(target), is_folder=is_folder)
    kernel.bind(f"/proc/self/fd/{descriptor}", target)
    if mount.read_only:
        kernel.make_read_only(target)


def _make(target: Path, *, is_folder: bool) -> None:
    """A mount point; the nearest folder that can't be written to is first replaced by one that can."""
    there = next(parent for parent in target.parents if parent.exists())
    if not os.access(there, os.W_OK) or os.statvfs(there).f_flag & os.ST_RDONLY:
        _replace(there)
    (target if is_folder else target.parent).mkdir(parents=True, exist_ok=True)
    if not is_folder:
        target.touch()


def _replace(folder: Path) -> None:
    copy = Path(MACHINE, "shadow", str(folder)[1:].replace("/", "-"))
    copy.mkdir(parents=True)
    shadow(folder, copy)
    kernel.bind(str(copy), str(folder))
