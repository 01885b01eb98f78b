"""Making machines: a short-lived child of PID 1 enters the inner user namespace, makes namespaces, and sends descriptors back.

A machine is a network, a mount and a UTS namespace held by PID 1's descriptors; no process belongs to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from labkit.world import kernel, wire
from labkit.world.inside.skeleton import Skeleton, open_sysctls, write_links, write_skeleton, write_sysctls
from labkit.world.places import MACHINE

PODS: Final = f"{MACHINE}/run/netns"
_SECONDS: Final = 20.0
_TRIES: Final = 5
_NETNS_FILES: Final = ("hosts", "resolv.conf")
_LONGEST_FILE: Final = 1 << 16  # bytes


@dataclass(frozen=True)
class Inner:
    """The inner user namespace and the mount namespace every machine's is copied from."""

    user: int
    mounts: int


@dataclass(frozen=True)
class Shelf:
    """Where a node's pods stand: its /run/netns, and the mount namespace that this lies in. Both are descriptors."""

    mounts: int
    pods: int


@dataclass(frozen=True)
class Namespaces:
    """A machine as PID 1 holds it: descriptors of its namespaces and of its /run/netns folder."""

    net: int
    mounts: int
    uts: int
    pods: int

    @property
    def descriptors(self) -> tuple[int, int, int, int]:
        """All of them, in the order that makes one again."""
        return self.net, self.mounts, self.uts, self.pods

    @property
    def shelf(self) -> Shelf:
        """Of a node."""
        return Shelf(self.mounts, self.pods)

    def close(self) -> None:
        """Let the kernel have them back."""
        wire.close_all(self.descriptors)


@dataclass(frozen=True)
class NewMachine:
    """One machine to be made. `shelf`: of its node, which is there already; `adopt`: a network namespace that exists already.

    `found`: the name in its node's /run/netns that alone decides what it is; the node's /etc/netns/NAME has files for it, as for
    `ip netns exec`.
    """

    name: str
    kind: str
    node: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    shelf: Shelf | None = None
    adopt: int | None = None
    found: str | None = None


def make_inner() -> Inner:
    """Make the inner user namespace. Called once, before PID 1 becomes undumpable (its map files belong to root after that)."""
    with _start_child(_send_inner) as sock:
        _, descriptors = _receive(sock)
    return Inner(*descriptors)


def _send_inner(sock: socket.socket) -> None:
    kernel.unshare(kernel.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", "0 0 1")
    _write("/proc/self/gid_map", "0 0 1")
    kernel.unshare(kernel.CLONE_NEWNS)
    wire.send_message(sock, {}, [_open_own("user"), _open_own("mnt")])


def make_machines(inner: Inner | None, machines: list[NewMachine], skeleton: Skeleton) -> dict[str, Namespaces]:
    """Make the machines in this order; without `inner` they belong to PID 1, and nobody inside can enter them.

    Raises OSError naming the machine that failed; what was made before it is given up.
    """
    made: dict[str, Namespaces] = {}
    try:
        with _start_child(lambda sock: _send_machines(sock, inner, machines, skeleton)) as sock:
            while "done" not in (received := _receive(sock))[0]:
                made[received[0]["name"]] = Namespaces(*received[1])
    except OSError:
        for namespaces in made.values():
            namespaces.close()
        raise
    return made


def _send_machines(sock: socket.socket, inner: Inner | None, machines: list[NewMachine], skeleton: Skeleton) -> None:
    sysctls = open_sysctls()
    if inner:
        kernel.setns(inner.user)
    shelves: dict[str, Shelf] = {}
    shown: list[tuple[Shelf, str]] = []
    for machine in machines:
        try:
            if inner:
                kernel.setns(inner.mounts)
            if machine.found is not None and machine.shelf is not None:
                machine = replace(machine, files=_read_files(machine.shelf, machine.found))  # noqa: PLW2901
                kernel.setns(_required_inner(inner).mounts)
            made = _make_one(machine, skeleton, sysctls)
            if machine.node is not None and machine.adopt is None:
                shelf = _required(shelves.get(machine.node) or machine.shelf)
                _show_in_node(shelf, machine.name, made.net)
                shown.append((shelf, machine.name))
            wire.send_message(sock, {"name": machine.name}, made.descriptors)
        except OSError as error:
            for shelf, name in shown:
                _hide_in_node(shelf, name)
            raise OSError(error.errno, f"making {machine.name}: {_describe(error)}") from error
        if machine.kind == "node":
            shelves[machine.name] = made.shelf
            wire.close_all((made.net, made.uts))
        elif machine.adopt is None:
            made.close()
    wire.send_message(sock, {"done": True})


def _read_files(shelf: Shelf, name: str) -> dict[str, str]:
    """What `ip netns exec` would put into the pod's /etc: as the learner, who may have put anything there."""
    kernel.setns(shelf.mounts)
    found = {}
    for file in _NETNS_FILES:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            opened = os.open(f"/etc/netns/{name}/{file}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(opened, "rb") as text:
                if stat.S_ISREG(os.fstat(opened).st_mode):
                    found[f"etc/{file}"] = text.read(_LONGEST_FILE).decode()
    return found


def _required_inner(inner: Inner | None) -> Inner:
    if inner is None:
        raise OSError("a pod that was found belongs to the learner")
    return inner


def _make_one(machine: NewMachine, skeleton: Skeleton, sysctls: int) -> Namespaces:
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | (kernel.CLONE_NEWNET if machine.adopt is None else 0))
    if machine.adopt is not None:
        kernel.setns(machine.adopt, kernel.CLONE_NEWNET)
    socket.sethostname(machine.name)
    write_skeleton(machine.name, machine.files, skeleton)
    kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    if machine.kind == "node":
        _prepare_node(skeleton.node_links)
    if machine.adopt is None:
        write_sysctls(machine.sysctls, sysctls)
    pods = os.open(PODS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return Namespaces(_open_own("net"), _open_own("mnt"), _open_own("uts"), pods)


def _prepare_node(links: Mapping[str, str]) -> None:
    write_links(links)
    # its own, shared mount: `ip netns add` would otherwise put one on top, out of PID 1's sight
    kernel.bind(PODS, PODS)
    kernel.mount("", PODS, flags=kernel.MS_SHARED)


def _show_in_node(shelf: Shelf, name: str, net: int) -> None:
    """Show a pod in its node's /run/netns, as `ip netns add` would have.

    By descriptors only: what a path leads to in that mount namespace is the learner's to say.
    """
    tree = kernel.open_tree(net)
    try:
        kernel.setns(shelf.mounts)
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0, dir_fd=shelf.pods))
        kernel.attach_tree(tree, name, shelf.pods)
    finally:
        os.close(tree)


def _hide_in_node(shelf: Shelf, name: str) -> None:
    """Take it away again, as `ip netns del` does; what the learner has done with the name meanwhile does not matter."""
    kernel.setns(shelf.mounts)
    os.fchdir(shelf.pods)
    with contextlib.suppress(OSError):
        kernel.unmount(name, kernel.MNT_DETACH | kernel.UMOUNT_NOFOLLOW)
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=shelf.pods)


def _required(shelf: Shelf | None) -> Shelf:
    if shelf is None:
        raise OSError("its node does not exist")
    return shelf


def remove_name(inner: Inner, shelf: Shelf, name: str) -> None:
    """Take a pod's name out of its node's /run/netns."""

    def hide(sock: socket.socket) -> None:
        kernel.setns(inner.user)
        _hide_in_node(shelf, name)
        wire.send_message(sock, {"done": True})

    _ask_child(hide)


def open_path(inner: Inner, machine: Namespaces, path: str) -> int:
    """A descriptor of a regular file or a folder as the machine's own processes find it; no link is followed at its end."""

    def show(sock: socket.socket) -> None:
        kernel.setns(inner.user)
        kernel.setns(machine.mounts)
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        kind = os.fstat(opened).st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise OSError(errno.EINVAL, f"{path} is no file and no folder")
        wire.send_message(sock, {"done": True}, [opened])

    return _ask_child(show)[0]


def _ask_child(work: Callable[[socket.socket], None]) -> list[int]:
    """What a child that does `work` hands back; a child that a learner's `kill -KILL -1` met is followed by another."""
    for _ in range(_TRIES):
        with _start_child(work) as sock, contextlib.suppress(_EndedEarlyError):
            return _receive(sock)[1]
    raise _EndedEarlyError


class _EndedEarlyError(OSError):
    def __init__(self) -> None:
        super().__init__(errno.EIO, "a helper of PID 1 ended early")


@contextlib.contextmanager
def _start_child(work: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """A forked child that does `work`, and the socket it answers on. It is gone in the end, even if a learner's `kill` met it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            child = os.fork()
            if not child:
                _in_child(work, theirs)
        ours.settimeout(_SECONDS)
        try:
            yield ours
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _in_child(work: Callable[[socket.socket], None], sock: socket.socket) -> None:
    """Do the work and end, whatever happens: a child must never return into PID 1's loop."""
    try:
        work(sock)
    except OSError as error:
        wire.send_message(sock, {"error": _describe(error), "errno": error.errno or 0})
    finally:
        os._exit(0)


def _receive(sock: socket.socket) -> tuple[wire.Message, list[int]]:
    try:
        received = wire.receive_message(sock)
    except wire.WireError as error:
        raise OSError(errno.EMFILE, "too many open files: fewer machines, or a higher `ulimit -n`") from error
    if received is None:
        raise _EndedEarlyError
    if "error" in received[0]:
        raise OSError(received[0]["errno"], received[0]["error"])
    return received


def _describe(error: OSError) -> str:
    words = error.strerror or str(error)
    return f"{words}: {error.filename}" if error.filename else words


def _open_own(kind: str) -> int:
    return os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)
