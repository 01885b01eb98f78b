"""From an ordinary process to the PID 1 of a new world. Runs once, in a fresh single-threaded interpreter (`python3 -IS`).

The client's socket pair end comes as argument; its first message says what world to make. The launcher ends as soon as PID 1 exists.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from typing import Any

from labkit.world import kernel, wire
from labkit.world.inside import limits
from labkit.world.inside.outer import enter_outer_user_namespace
from labkit.world.inside.stages import StageError, stage
from labkit.world.inside.work import Work


def main() -> None:
    """Entry point: `launch.main()` with the socket's descriptor in sys.argv[1]."""
    _reset_signals()
    client = socket.socket(fileno=int(sys.argv[1]))
    client.set_inheritable(False)  # it was, for this process; a command that had it would speak as PID 1
    received = wire.receive_message(client)
    if received is None:
        return
    spec, descriptors = received
    try:
        child = _start(spec, descriptors, client)
    except StageError as error:
        wire.send_message(client, error.message)
        return
    if child:
        os._exit(0)


def _reset_signals() -> None:
    """Back from what Python makes of them and what our parents ignored or blocked (nohup: SIGHUP); commands inherit this.

    PID 1 receives only signals it has a handler for: it shall have none but SIGCHLD's.
    """
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _start(spec: dict[str, Any], descriptors: list[int], client: socket.socket) -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with stage("socket"):
        listener.bind(spec["address"].encode())
        listener.listen(64)
    with stage("user namespace"):
        work = Work(*spec["work"]) if spec["work"] else None
        spec["limits"], counts = limits.make_limits(), limits.plan_counts()
        spec |= {"work": work, "work_tree": enter_outer_user_namespace(work)}
        limits.write_counts(counts)
    with stage("namespaces"):
        kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET)
        child = os.fork()
    if child:
        return child
    from labkit.world.inside import pid1  # the launcher itself needs none of it

    pid1.run(spec, descriptors, client, listener)
    return 0
