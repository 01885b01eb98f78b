"""System calls that Python 3.11 lacks: namespaces, mounts, prctl. The only home of ctypes.

Numbers are those of Linux's generic table (asm-generic/unistd.h), equal on x86_64 and arm64 for every call made here by number.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable, Iterator
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
UMOUNT_NOFOLLOW: Final = 8

_OPEN_TREE: Final = 428
_MOVE_MOUNT: Final = 429
_MOUNT_SETATTR: Final = 442
_AT_FDCWD: Final = -100
_AT_EMPTY_PATH: Final = 0x1000
_AT_RECURSIVE: Final = 0x8000
_CAPABILITY_VERSION: Final = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_TREE_CLONE: Final = 0x1
_TREE_CLOEXEC: Final = 0o2000000
_FROM_EMPTY_PATH: Final = 0x4
_ATTR_RDONLY: Final = 0x1
_ATTR_NOSUID: Final = 0x2
_ATTR_NODEV: Final = 0x4
_ATTR_IDMAP: Final = 0x100000
_SPLICE_NONBLOCK: Final = 2
_IN_MODIFY: Final = 0x2

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NAME: Final = 15
PR_SET_SECCOMP: Final = 22
PR_CAPBSET_DROP: Final = 24
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


def watch_file(path: str) -> int:
    """inotify(7): a descriptor that becomes readable when the file is written to. Raises OSError."""
    descriptor = _checked(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK), "inotify_init1")
    try:
        _checked(_libc.inotify_add_watch(descriptor, os.fsencode(path), _IN_MODIFY), f"inotify_add_watch {path}")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


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


def make_harmless(path: str) -> None:
    """At `path` and in all mounts below no program gets its file's rights, and no device can be opened (mount_setattr(2), Linux 5.12)."""
    _set_mount(_AT_FDCWD, path, _AT_RECURSIVE, _MountAttr(_ATTR_NOSUID | _ATTR_NODEV, 0, 0, 0))


def make_read_only(path: str) -> None:
    """The same, and nothing can be written there."""
    _set_mount(_AT_FDCWD, path, _AT_RECURSIVE, _MountAttr(_ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV, 0, 0, 0))


def open_tree(descriptor: int) -> int:
    """A detached mount of the file or folder that `descriptor` is open on: no path is looked up (open_tree(2))."""
    flags = _AT_EMPTY_PATH | _TREE_CLONE | _TREE_CLOEXEC
    return _checked(_libc.syscall(_OPEN_TREE, descriptor, b"", flags), f"open_tree {descriptor}")


def map_tree(tree: int, namespace: int) -> None:
    """In a detached mount files of uid 0 shall belong to whom the user namespace maps 0 to (mount_setattr(2))."""
    _set_mount(tree, "", _AT_EMPTY_PATH, _MountAttr(_ATTR_IDMAP, 0, 0, namespace))


def attach_tree(tree: int, target: str, folder: int = _AT_FDCWD) -> None:
    """Mount a detached tree on `target`, which is looked up from `folder` (move_mount(2))."""
    done = _libc.syscall(_MOVE_MOUNT, tree, b"", folder, target.encode(), _FROM_EMPTY_PATH)
    _checked(done, f"move_mount on {target}")


def _set_mount(folder: int, path: str, flags: int, attributes: _MountAttr) -> None:
    done = _libc.syscall(
        _MOUNT_SETATTR, folder, path.encode(), flags, ctypes.byref(attributes), ctypes.sizeof(attributes)
    )
    _checked(done, f"mount_setattr {path}")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2): `new` becomes /, the old root lies at `old`."""
    _checked(_libc.pivot_root(new.encode(), old.encode()), f"pivot_root {new}")


def tee(source: int, sink: int, most: int) -> int:
    """Copy what lies in one pipe into another without taking it (tee(2)): bytes, 0 at the end. Raises BlockingIOError."""
    return _checked(_libc.tee(source, sink, ctypes.c_size_t(most), _SPLICE_NONBLOCK), "tee")


def prctl(option: int, value: object = 0) -> None:
    """prctl(2) with one argument: a number, or a pointer made by this module."""
    _checked(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def set_name(name: str) -> None:
    """The process's name as ps shows it, at most 15 bytes."""
    prctl(PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))


def set_command_line(text: str) -> None:
    """The process's words as ps shows them, cut to the room that its own had (as setproctitle(3) does; proc(5))."""
    with open("/proc/self/stat", encoding="utf-8") as file:  # noqa: PTH123 - PID 1 does without pathlib
        start, end = (int(word) for word in file.read().rpartition(")")[2].split()[45:47])
    ctypes.memset(start, 0, end - start)
    data = text.encode(errors="surrogateescape")[: end - start - 2]
    ctypes.memmove(start, data, len(data))
    ctypes.memset(end - 1, 1, 1)  # no zero at the end: the kernel takes it for one text from the beginning on


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def keep_capabilities(kept: Iterable[int]) -> None:
    """Give up all others, for this process and all that it starts in this user namespace (capset(2), capabilities(7))."""
    wanted = frozenset(kept)
    with contextlib.suppress(OSError):  # EINVAL: the kernel knows no more
        for number in range(64):
            if number not in wanted:
                prctl(PR_CAPBSET_DROP, number)
    bits = sum(1 << number for number in wanted)
    parts = (bits & 0xFFFFFFFF, bits >> 32)
    data = (_CapData * 2)(*(_CapData(part, part, 0) for part in parts))
    header = _CapHeader(_CAPABILITY_VERSION, 0)
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")


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
