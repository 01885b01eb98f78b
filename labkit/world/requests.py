"""What a client may ask of PID 1: each request checked, answered, never trusted.

A request is {"op": NAME, …} with descriptors; the answer {"ok": {…}} or {"error": TEXT, "kind": "usage" | "world"}.
A command's end comes later on the same connection: {"exit": STATUS, "seconds": S}.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from labkit.world import commands, kernel, wire
from labkit.world.maker import Inner, Order
from labkit.world.registry import KINDS, Held, Registry, list_processes, read_arguments

Reply = Callable[..., None]
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}")
_PATH: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.][A-Za-z0-9_./-]*")
_MAX_MACHINES: Final = 20_000


class RequestError(Exception):
    """The request itself is wrong."""


def take(message: wire.Message, key: str, kind: type, default: Any = None) -> Any:
    """message[key], which must be of this type; the default when it is absent."""
    value = message.get(key, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        msg = f"{key}: {kind.__name__} expected, {type(value).__name__} given"
        raise RequestError(msg)
    return value


def take_strings(message: wire.Message, key: str, default: Any = None) -> dict[str, str]:
    """A mapping of strings to strings."""
    value = take(message, key, dict, default)
    if not all(isinstance(each, str) for pair in value.items() for each in pair):
        msg = f"{key}: strings expected"
        raise RequestError(msg)
    return dict(value)


class Requests:
    """The operations. `spec` is what the world was started with; `running` every command not yet reaped."""

    def __init__(self, registry: Registry, inner: Inner, spec: dict[str, Any], journal: int | None) -> None:
        self.spec = spec
        self.ending = False
        self.running: dict[int, commands.Running] = {}
        self._registry = registry
        self._inner = inner
        self._journal = journal
        self._meta: dict[str, Any] = take(spec, "meta", dict, {})
        self._owned: dict[int, set[int]] = {}
        self._refusing = False

    def end(self) -> None:
        """The loop stops after this turn."""
        self.ending = True

    def answer(self, message: wire.Message, descriptors: list[int], reply: Reply, connection: int) -> None:
        """Carry out one request. Whatever is wrong with it becomes an error reply: PID 1 must not end of one."""
        try:
            handler = getattr(self, f"_op_{take(message, 'op', str)}", None)
            if handler is None:
                msg = f"unknown operation {message['op']!r}"
                raise RequestError(msg)
            result, passed = handler(message, descriptors, reply, connection)
            if result is not None:
                reply({"ok": result}, passed)
        except RequestError as error:
            reply({"error": str(error), "kind": "usage"})
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            reply({"error": _describe(error), "kind": "world"})
        else:
            wire.close_all(passed)
        finally:
            wire.close_all(descriptors)

    def hang_up(self, connection: int) -> None:
        """A connection closed: what it started ends."""
        for process in self._owned.pop(connection, ()):
            if process in self.running:
                self.running[process].stop()

    # --- the world

    def _op_hello(self, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        shown = {key: self.spec[key] for key in ("name", "pid") if key in self.spec}
        return shown | {"meta": self._meta, "version": 1}, ()

    def _op_keep(self, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        return {}, ()

    def _op_meta(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        self._meta = self._meta | take(message, "changes", dict, {})
        return {"meta": self._meta}, ()

    def _op_end(self, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        self.end()
        return {}, ()

    def _op_refuse(self, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        """From now on no process is started: the proof asks what checks say then."""
        self._refusing = True
        return {}, ()

    def _op_journal(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        self._write_journal(take(message, "entry", dict))
        return {}, ()

    def _write_journal(self, entry: dict[str, Any]) -> None:
        if self._journal is not None:
            os.write(self._journal, json.dumps(entry | {"time": time.time()}).encode() + b"\n")

    # --- machines

    def _op_add(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        known = {held.name: held.kind for held in self._registry.list_held()}
        orders: list[tuple[Order, str]] = []
        for each in take(message, "machines", list):
            order, kind = _parse_machine(each, known)
            known[order.name] = kind
            orders.append((order, kind))
        if len(known) > _MAX_MACHINES:
            msg = f"more than {_MAX_MACHINES} machines"
            raise RequestError(msg)
        self._registry.add(orders)
        return {}, ()

    def _op_remove(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        self._registry.remove(self._machine(message).name)
        return {}, ()

    def _op_list(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        """At most 1,000 from number `first` on: an answer is one packet."""
        first = take(message, "first", int, 0)
        held = self._registry.list_held()
        return {"machines": [[each.name, each.kind, each.node] for each in held[first : first + 1000]]}, ()

    def _op_processes(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        inode = self._machine(message).inode
        return {"processes": [[process, read_arguments(process)] for process in list_processes(inode)]}, ()

    def _machine(self, message: wire.Message) -> Held:
        name = take(message, "machine", str)
        held = self._registry.find(name)
        if held is None:
            msg = f"no machine {name!r}"
            raise RequestError(msg)
        return held

    def _op_netns(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        return {}, (os.dup(self._machine(message).namespaces.net),)

    def _op_socket(self, message: wire.Message, *_: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
        """A socket lives in the namespace it was opened in, whoever holds it: PID 1 steps there and back."""
        family, kind, protocol = (take(message, key, int) for key in ("family", "type", "protocol"))
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            kernel.setns(self._machine(message).namespaces.net, kernel.CLONE_NEWNET)
            try:
                opened = socket.socket(family, kind, protocol)
            finally:
                kernel.setns(home, kernel.CLONE_NEWNET)
        finally:
            os.close(home)
        return {}, (opened.detach(),)

    # --- commands

    def _op_run(
        self, message: wire.Message, descriptors: list[int], reply: Reply, connection: int
    ) -> tuple[dict[str, Any] | None, tuple[int, ...]]:
        if self._refusing:
            raise OSError("the world refuses to start processes")
        order, master = self._plan_command(message, descriptors)
        entry = order.journal

        def ended(status: int, seconds: float) -> None:
            self._owned.get(connection, set()).discard(running.process)
            if entry is not None:
                self._write_journal(dict(entry) | {"status": status, "seconds": round(seconds, 3)})
            reply({"exit": status, "seconds": seconds})

        try:
            running = commands.start_command(order, self._inner, ended)
        finally:
            if order.terminal:
                os.close(order.standard[0])
        self.running[running.process] = running
        self._owned.setdefault(connection, set()).add(running.process)
        reply({"ok": {"process": running.process}}, master)
        wire.close_all(master)
        return None, ()

    def _plan_command(self, message: wire.Message, descriptors: list[int]) -> tuple[commands.Order, tuple[int, ...]]:
        argv = take(message, "argv", list)
        if not argv or not all(isinstance(each, str) and "\0" not in each for each in argv):
            msg = "argv: a list of strings expected"
            raise RequestError(msg)
        terminal = take(message, "terminal", bool, default=False)
        machine = self._machine(message)
        environment = take_strings(message, "environment", {})
        master: tuple[int, ...] = ()
        if terminal:
            ours, theirs = os.openpty()
            master, standard, rest = (ours,), (theirs, theirs, theirs), descriptors
        elif len(descriptors) < 3:  # noqa: PLR2004 - stdin, stdout, stderr
            msg = "three descriptors expected"
            raise RequestError(msg)
        else:
            standard, rest = (descriptors[0], descriptors[1], descriptors[2]), descriptors[3:]
        inherit = list(rest)
        for number, name in zip(rest, take(message, "names", list, []), strict=False):
            environment[str(name)] = str(number)
        if take(message, "namespaces", bool, default=False):
            inherit += self._show_namespaces(environment)
        journal = message.get("journal")
        order = commands.Order(
            machine, argv, environment, take(message, "judge", bool, default=False), standard, inherit, terminal,
            journal if isinstance(journal, dict) else None,
        )  # fmt: skip
        return order, master

    def _show_namespaces(self, environment: dict[str, str]) -> list[int]:
        """For scripts: LK_worker1="7,8,9", descriptors of the machine's network, mount and UTS namespace."""
        shown = []
        for held in self._registry.list_held():
            names = held.namespaces
            environment["LK_" + re.sub(r"[^A-Za-z0-9]", "_", held.name)] = f"{names.net},{names.mounts},{names.uts}"
            shown += [names.net, names.mounts, names.uts]
        return shown

    def _op_signal(self, message: wire.Message, _: Any, __: Any, connection: int) -> tuple[dict[str, Any], tuple[int, ...]]:
        number = take(message, "number", int)
        for process in self._owned.get(connection, ()):
            self.running[process].signal(number)
        return {}, ()

    def _op_stop(self, _: Any, __: Any, ___: Any, connection: int) -> tuple[dict[str, Any], tuple[int, ...]]:
        for process in self._owned.get(connection, ()):
            self.running[process].stop()
        return {}, ()


def _parse_machine(message: Any, known: dict[str, str]) -> tuple[Order, str]:
    if not isinstance(message, dict):
        msg = "machines: objects expected"
        raise RequestError(msg)
    name, kind = take(message, "name", str), take(message, "kind", str)
    if not _NAME.fullmatch(name) or name in known:
        raise RequestError(f"{name!r} is a machine already" if name in known else f"not a machine's name: {name!r}")
    if kind not in KINDS:
        raise RequestError(f"{name}: kind {kind!r} is none of {', '.join(KINDS)}")
    node = message.get("node")
    if node is not None and known.get(node) != "node":
        raise RequestError(f"{name}: there is no node {node!r}")
    files = take_strings(message, "files", {})
    for path in files:
        if not _PATH.fullmatch(path):
            raise RequestError(f"{name}: not a path inside a machine: {path!r}")
    return Order(name, node, files, take_strings(message, "sysctls", {})), kind


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}" if error.filename else error.strerror
    return str(error) or type(error).__name__
