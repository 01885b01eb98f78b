"""From an ordinary process to the PID 1 of a new world. Runs once, in a fresh single-threaded interpreter (`python3 -IS`).

The client's socket pair end comes as argument; its first message says what world to make. The launcher ends as soon as PID 1 exists.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
from typing import Any, Final

from labkit.world import kernel, wire

# As root the world's single uid is one nobody has: the kernel then guards the host's files and /sys as it does for any stranger.
ROOT_WORLD_UID: Final = 1_818_321_515


def main() -> None:
    """Entry point: `launch.main()` with the socket's descriptor in sys.argv[1]."""
    client = socket.socket(fileno=int(sys.argv[1]))
    client.set_inheritable(False)  # it was, for this process; a command that had it would speak as PID 1
    received = wire.receive_message(client)
    if received is None:
        return
    spec, descriptors = received
    try:
        child = _start(spec, descriptors, client)
    except OSError as error:
        wire.send_message(client, {"error": str(error), "errno": error.errno or 0})
        return
    if child:
        os._exit(0)


def _start(spec: dict[str, Any], descriptors: list[int], client: socket.socket) -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(spec["address"].encode())
    listener.listen(64)
    _enter_outer_user_namespace()
    kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET)
    child = os.fork()
    if child:
        return child
    from labkit.world import pid1  # noqa: PLC0415 - the launcher itself needs none of it

    pid1.run(spec, descriptors, client, listener)
    return 0


def _enter_outer_user_namespace() -> None:
    """A user maps itself. Root maps an unused uid to 0, and itself to 1, so that PID 1 knows its owner on the socket."""
    uid, gid = os.getuid(), os.getgid()
    if uid:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
        _write_maps("self", f"0 {uid} 1", f"0 {gid} 1")
        return
    ready, go = os.pipe(), os.pipe()
    helper = os.fork()
    if not helper:
        os.read(ready[0], 1)
        _write_maps(str(os.getppid()), f"0 {ROOT_WORLD_UID} 1\n1 0 1", f"0 {ROOT_WORLD_UID} 1\n1 0 1")
        os.write(go[1], b"x")
        os._exit(0)
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
    os.close(go[1])
    os.write(ready[1], b"x")
    told = os.read(go[0], 1)
    os.waitpid(helper, 0)
    wire.close_all((*ready, go[0]))
    if not told:
        raise OSError("root's uid map was refused")


def _write_maps(process: str, uids: str, gids: str) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", uids), ("gid_map", gids)):
        with open(f"/proc/{process}/{name}", "w") as file:  # noqa: PTH123
            file.write(text)


def drop_to_world_uid() -> None:
    """Give up root's own uid; nothing to do for a user, whose uid is 0 inside already."""
    if os.getuid():
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        # a change of uid makes a process undumpable, and its own map files root's; PID 1 turns it off again itself
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
