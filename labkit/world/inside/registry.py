"""The machines PID 1 holds, and the pods it finds: a name in a node's /run/netns that it did not make is a pod of the learner's."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from labkit.world import kernel, wire
from labkit.world.inside import maker
from labkit.world.inside.maker import Inner, Namespaces, NewMachine
from labkit.world.inside.skeleton import Skeleton
from labkit.world.places import FABRIC

_NS_GET_NSTYPE: Final = 0xB703  # linux/nsfs.h
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_ARGUMENTS: Final = 500
KINDS: Final = ("node", "pod", "router", "host", "fabric")
# A learner's folder may be full of names: what is looked at, and taken in at a time and in all, is limited.
_LOOKED_AT: Final = 4096
_AT_ONCE: Final = 250
_FOUND: Final = 1000


@dataclass(frozen=True)
class Held:
    """A machine and its namespaces. `inode` identifies the network namespace.

    What PID 1 made keeps the namespaces it was made with, whatever becomes of its name in the node's /run/netns. Only what was
    `found` there, by this name, goes with the name.
    """

    name: str
    kind: str
    node: str | None
    namespaces: Namespaces
    inode: int
    found: str | None = None

    @property
    def row(self) -> tuple[str, str, str | None, int]:
        """What clients are told of it."""
        return self.name, self.kind, self.node, self.inode

    @property
    def bound(self) -> str:
        """A pod's name in its node's /run/netns; pods of the same name on two nodes are told apart by @NODE."""
        return self.found or self.name


class Registry:
    """Every machine of the world by name, in the order it came."""

    def __init__(self, inner: Inner, skeleton: Skeleton) -> None:
        self._inner = inner
        self._skeleton = skeleton
        self._held: dict[str, Held] = {}
        self.open_switches = False
        self._device = Path("/proc/self/ns/net").stat().st_dev  # of all namespaces: nsfs is one file system

    def add(self, machines: list[NewMachine]) -> list[Held]:
        """Make machines. All or none: OSError leaves the registry as it was."""
        made = maker.make_machines(self._inner, [self._resolve(machine) for machine in machines], self._skeleton)
        return [self._hold(machine, made[machine.name]) for machine in machines]

    def add_switches(self, *, open_: bool) -> None:
        """The machine whose bridges are the switches; `open_` to the learner where Mininet, which runs as the learner, builds them."""
        switches = NewMachine(FABRIC, "fabric")
        made = maker.make_machines(self._inner if open_ else None, [switches], self._skeleton)
        self._hold(switches, made[FABRIC])
        self.open_switches = open_

    def _resolve(self, machine: NewMachine) -> NewMachine:
        node = self._held.get(machine.node or "")
        return replace(machine, shelf=node.namespaces.shelf if node else None)

    def _hold(self, machine: NewMachine, namespaces: Namespaces) -> Held:
        inode = os.fstat(namespaces.net).st_ino
        self._held[machine.name] = Held(machine.name, machine.kind, machine.node, namespaces, inode, machine.found)
        return self._held[machine.name]

    def find(self, name: str) -> Held | None:
        """The machine of this name; looks for new pods when it is not known, or no longer there."""
        held = self._held.get(name)
        if held is None or not self._is_there(held):
            self.scan()
        return self._held.get(name)

    def list_held(self) -> list[Held]:
        """All machines, pods the learner made included."""
        self.scan()
        return list(self._held.values())

    def remove(self, name: str) -> None:
        """Kill what runs in the machine and let it go; with a node go its pods."""
        held = self._held.pop(name)
        for pod in [each for each in self._held.values() if each.node == name]:
            self.remove(pod.name)
        for process in list_processes(held.inode):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        held.namespaces.close()
        node = self._held.get(held.node or "")
        if node and self._read_inode(node, held.bound) in (held.inode, None):  # otherwise the name is another one's
            maker.remove_name(self._inner, node.namespaces.shelf, held.bound)

    def open_path(self, held: Held, path: str) -> int:
        """A descriptor of a file or a folder as the machine's own processes find it."""
        return maker.open_path(self._inner, held.namespaces, path)

    def scan(self) -> None:
        """Let go of pods whose name is gone or means another one now, take in those that appeared in a node's /run/netns."""
        for pod in [held for held in self._held.values() if not self._is_there(held)]:
            self._held.pop(pod.name).namespaces.close()
        room = min(_AT_ONCE, _FOUND - sum(held.found is not None for held in self._held.values()))
        new = [each for node in list(self._held.values()) if node.kind == "node" for each in self._list_new(node)]
        self._take_in(new[:room])

    def _is_there(self, held: Held) -> bool:
        """Whether a name that a pod was found by still stands for it; true for whatever PID 1 made."""
        node = self._held.get(held.node or "")
        return held.found is None or (node is not None and self._read_inode(node, held.found) == held.inode)

    def _read_inode(self, node: Held, name: str) -> int | None:
        """What is bound to a name in a node's /run/netns, if it is a namespace."""
        with contextlib.suppress(OSError):
            there = os.stat(name, dir_fd=node.namespaces.pods, follow_symlinks=False)
            if there.st_dev == self._device and stat.S_ISREG(there.st_mode):
                return there.st_ino
        return None

    def _list_new(self, node: Held) -> Iterator[tuple[Held, str]]:
        known = {(held.bound, held.inode) for held in self._held.values() if held.node == node.name}
        with os.scandir(node.namespaces.pods) as entries:
            names = [entry.name for entry in itertools.islice(entries, _LOOKED_AT + len(known))]
        for name in sorted(filter(NAME.fullmatch, names)):
            inode = self._read_inode(node, name)
            if inode is not None and (name, inode) not in known:
                yield node, name

    def _take_in(self, new: list[tuple[Held, str]]) -> None:
        pods: list[NewMachine] = []
        taken = set(self._held)
        for node, name in new:
            unique = f"{name}@{node.name}" if name in taken else name
            net = None if unique in taken else open_netns(name, node.namespaces.pods)
            if net is not None:
                taken.add(unique)
                shelf = node.namespaces.shelf
                pods.append(NewMachine(unique, "pod", node.name, shelf=shelf, adopt=net, found=name))
        try:
            self._adopt(pods)
        except OSError:  # one of them at least is of no use: the others are
            for pod in pods:
                with contextlib.suppress(OSError):
                    self._adopt([pod])
        finally:
            wire.close_all([pod.adopt for pod in pods if pod.adopt is not None])

    def _adopt(self, pods: list[NewMachine]) -> None:
        made = maker.make_machines(self._inner, pods, self._skeleton) if pods else {}
        for pod in pods:
            self._hold(pod, made[pod.name])


def open_netns(name: str, folder: int) -> int | None:
    """The network namespace bound at `name`; None while it is something else (`ip netns add` makes the file first)."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        if fcntl.ioctl(descriptor, _NS_GET_NSTYPE) == kernel.CLONE_NEWNET:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def list_processes(inode: int) -> list[int]:
    """Processes whose network namespace has this inode, PID 1 left out."""
    found = []
    for process in list_all_processes():
        with contextlib.suppress(OSError):  # it ended meanwhile
            if Path("/proc", str(process), "ns/net").stat().st_ino == inode:
                found.append(process)
    return found


def list_all_processes() -> list[int]:
    """Every process of the world but PID 1."""
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and entry != "1"]  # noqa: PTH208 - names are wanted


def count_tasks() -> int:
    """Processes and threads of the world, those of PID 1 left out."""
    tasks = 0
    for process in list_all_processes():
        with contextlib.suppress(OSError):  # it ended meanwhile
            tasks += os.stat(f"/proc/{process}/task").st_nlink - 2  # noqa: PTH116 - there may be thousands
    return tasks


def read_arguments(process: int) -> list[str]:
    """Its command line, the first 500 bytes of it; empty when it has ended."""
    try:
        with Path("/proc", str(process), "cmdline").open("rb") as file:
            return file.read(_ARGUMENTS).decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []
