"""System calls that Python 3.11 lacks: namespaces, mounts, prctl. The only home of ctypes.

Numbers are those of Linux's generic table (asm-generic/unistd.h), equal on x86_64 and arm64 for every call made here by number.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_RDONLY: Final = 0x1
MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_REMOUNT: Final = 0x20
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000
MS_SHARED: Final = 0x100000
MNT_DETACH: Final = 2

_OPEN_TREE: Final = 428
_MOVE_MOUNT: Final = 429
_MOUNT_SETATTR: Final = 442
_AT_FDCWD: Final = -100
_AT_EMPTY_PATH: Final = 0x1000
_AT_RECURSIVE: Final = 0x8000
_TREE_CLONE: Final = 0x1
_TREE_CLOEXEC: Final = 0o2000000
_FROM_EMPTY_PATH: Final = 0x4
_ATTR_RDONLY: Final = 0x1
_ATTR_IDMAP: Final = 0x100000

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NAME: Final = 15
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38

_libc: Final = ctypes.CDLL(None, use_errno=True)
_setns: Final = _libc.setns  # looked up here, not again in each child


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """unshare(2)."""
    _checked(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(fd: int, kind: int = 0) -> None:
    """setns(2): enter the namespace (or, with a pidfd, namespaces) that `fd` refers to."""
    _checked(_setns(fd, kind), f"setns {fd}")


@contextlib.contextmanager
def visit_network(descriptor: int) -> Iterator[None]:
    """Within the block this process is in the network namespace `descriptor`; what is made there stays there."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(descriptor, CLONE_NEWNET)
        try:
            yield
        finally:
            setns(home, CLONE_NEWNET)
    finally:
        os.close(home)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    done = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    _checked(done, f"mount {kind or source} on {target}")


def unmount(target: str, flags: int = MNT_DETACH) -> None:
    """umount2(2)."""
    _checked(_libc.umount2(target.encode(), flags), f"umount {target}")


def bind(source: str, target: str) -> None:
    """Bind `source` with everything mounted below it; without its mounts where the kernel allows nothing else."""
    mount(source, target, flags=MS_BIND | MS_REC)


def make_read_only(path: str) -> None:
    """Make the mount at `path` and all mounts below it read-only (mount_setattr(2), Linux 5.12)."""
    _set_mount(_AT_FDCWD, path, _AT_RECURSIVE, _MountAttr(_ATTR_RDONLY, 0, 0, 0))


def open_mapped_tree(path: str, namespace: int) -> int:
    """A detached mount of `path` in which files of uid 0 belong to whom the user namespace maps 0 to (mount_setattr(2))."""
    tree = _checked(
        _libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), _TREE_CLONE | _TREE_CLOEXEC), f"open_tree {path}"
    )
    try:
        _set_mount(tree, "", _AT_EMPTY_PATH, _MountAttr(_ATTR_IDMAP, 0, 0, namespace))
    except OSError:
        os.close(tree)
        raise
    return tree


def attach_tree(tree: int, target: str) -> None:
    """Mount a tree that open_mapped_tree returned (move_mount(2))."""
    done = _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _FROM_EMPTY_PATH)
    _checked(done, f"move_mount on {target}")


def _set_mount(folder: int, path: str, flags: int, attributes: _MountAttr) -> None:
    done = _libc.syscall(
        _MOUNT_SETATTR, folder, path.encode(), flags, ctypes.byref(attributes), ctypes.sizeof(attributes)
    )
    _checked(done, f"mount_setattr {path}")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2): `new` becomes /, the old root lies at `old`."""
    _checked(_libc.pivot_root(new.encode(), old.encode()), f"pivot_root {new}")


def prctl(option: int, value: object = 0) -> None:
    """prctl(2) with one argument: a number, or a pointer made by this module."""
    _checked(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def set_name(name: str) -> None:
    """The process's name as ps shows it, at most 15 bytes."""
    prctl(PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))


class _Filter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter)))


def set_seccomp(instructions: list[tuple[int, int, int, int]]) -> None:
    """Install a classic BPF filter on this process and all it starts: (code, jt, jf, k) each."""
    array = (_Filter * len(instructions))(*(_Filter(*each) for each in instructions))
    program = _Program(len(instructions), array)
    _checked(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0), "prctl seccomp")
