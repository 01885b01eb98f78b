"""The outer user namespace: in it lives PID 1, and it decides who the world's only uid is on the host."""

from __future__ import annotations

import os
import socket
from typing import Final

from labkit.world import kernel, wire
from labkit.world.inside.work import Work

# As root the world's single uid is one nobody has: the kernel then guards the host's files and /sys as it does for any stranger.
ROOT_WORLD_UID: Final = 1_818_321_515
_ENOUGH: Final = 1000


def enter_outer_user_namespace(work: Work | None) -> int | None:
    """A user maps itself. Root maps an unused uid to 0, and itself to 1, so that PID 1 knows its owner on the socket.

    As root, returns a descriptor of `work` in which root's files are the world's; None where the file system can't do that.
    """
    uid, gid = os.getuid(), os.getgid()
    other = None if uid else plan_world_uid(_read("/proc/self/uid_map"))
    if other is not None:
        os.setgroups([])  # what root is a member of, a learner would be, too
    if other is None:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
        _write_maps("self", f"0 {uid} 1", f"0 {gid} 1")
        return None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    helper = os.fork()
    if not helper:
        ours.close()
        _help(theirs, f"0 {other} 1\n1 0 1", work)
    theirs.close()
    with ours:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
        wire.send_message(ours, {})
        received = wire.receive_message(ours)
    os.waitpid(helper, 0)
    message, descriptors = received or ({"error": "the process writing it ended", "errno": 0}, [])
    if "error" in message:
        raise OSError(message["errno"], f"uid map: {message['error']}")
    return descriptors[0] if descriptors else None


def plan_world_uid(uid_map: str) -> int | None:
    """A uid nobody has, out of those this root may map (user_namespaces(7)); None when it has no others than its own."""
    rows = [[int(word) for word in row.split()] for row in uid_map.splitlines()]
    if any(first <= ROOT_WORLD_UID < first + count for first, _, count in rows):
        return ROOT_WORLD_UID
    first, _, count = max(rows, key=lambda row: row[2], default=[0, 0, 0])
    return first + count - 10 if count > _ENOUGH else None


def _help(sock: socket.socket, ids: str, work: Work | None) -> None:
    """In a child that is still the host's root: write the maps of the namespace that the parent has entered."""
    try:
        if wire.receive_message(sock) is not None:
            _write_maps(str(os.getppid()), ids, ids)
            wire.send_message(sock, {}, _open_mapped(work) if work else ())
    except OSError as error:
        wire.send_message(sock, {"error": error.strerror or str(error), "errno": error.errno or 0})
    finally:
        os._exit(0)


def _open_mapped(work: Work) -> list[int]:
    namespace = os.open(f"/proc/{os.getppid()}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    tree = kernel.open_tree(work.open("/"))
    try:
        kernel.map_tree(tree, namespace)
    except OSError:  # not every file system can: the learner then reads only
        return []
    return [tree]


def _write_maps(process: str, uids: str, gids: str) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", uids), ("gid_map", gids)):
        with open(f"/proc/{process}/{name}", "w") as file:  # noqa: PTH123 - the launcher starts in a third of the time without pathlib
            file.write(text)


def _read(path: str) -> str:
    with open(path) as file:  # noqa: PTH123
        return file.read()


def drop_to_world_uid() -> None:
    """Give up root's own uid; nothing to do for a user, whose uid is 0 inside already."""
    if os.getuid():
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        # a change of uid makes a process undumpable, and its own map files root's; PID 1 turns it off again itself
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
