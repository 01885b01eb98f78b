"""What a client may ask of PID 1: each request checked, answered, never trusted.

A request is {"op": NAME, …} with descriptors; the answer {"ok": {…}} or {"error": TEXT, "kind": "usage" | "world"}.
A command's end comes later on the same connection: {"exit": STATUS, "seconds": S}.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Final

from labkit.world import kernel, maker, wire
from labkit.world.commands import Order
from labkit.world.fields import (
    RequestError,
    parse_machine,
    require_text,
    require_variable,
    take,
    take_arguments,
    take_environment,
)
from labkit.world.jobs import Jobs
from labkit.world.registry import Held, Registry, list_processes, read_arguments

Reply = Callable[..., None]
Answer = tuple[dict[str, Any] | None, Sequence[int]]
_MAX_MACHINES: Final = 20_000
_MAX_META: Final = 150 * 1024


class Requests:
    """The operations. `spec`: what the world was started with; `drain`: takes over the reading end of a pipe."""

    def __init__(self, registry: Registry, jobs: Jobs, spec: dict[str, Any], journal: int | None) -> None:
        self.spec = spec
        self.ending = False
        self.drain: Callable[[int], None] = os.close
        self._registry = registry
        self._jobs = jobs
        self._journal = journal
        self._meta: dict[str, Any] = take(spec, "meta", dict, {})
        self._refusing = False
        self._temporary: dict[int, list[str]] = {}

    def end(self) -> None:
        """The loop stops after this turn."""
        self.ending = True

    def hang_up(self, connection: int) -> None:
        """A connection closed: what it started ends, what it made for itself goes."""
        self._jobs.stop(connection)
        for name in self._temporary.pop(connection, ()):
            with suppress(OSError):  # the world goes on with one machine too many
                if self._registry.find(name):
                    self._registry.remove(name)

    def answer(self, message: wire.Message, descriptors: list[int], reply: Reply, connection: int) -> None:
        """Carry out one request. Whatever is wrong with it becomes an error reply: PID 1 must not end of one."""
        passed: Sequence[int] = ()
        try:
            result, passed = self._find_handler(message)(message, descriptors, reply, connection)
            if result is not None:
                reply({"ok": result}, passed)
        except RequestError as error:
            reply({"error": str(error), "kind": "usage"})
        except (OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
            reply({"error": _describe(error), "kind": "world"})
        finally:
            wire.close_all((*passed, *descriptors))

    def _find_handler(self, message: wire.Message) -> Callable[..., Answer]:
        name = take(message, "op", str)
        handler: Callable[..., Answer] | None = getattr(self, f"_op_{name}", None)
        if handler is None:
            raise RequestError(f"unknown operation {name[:40]!r}")
        return handler

    # --- the world

    def _op_hello(self, *_: Any) -> Answer:
        return {"name": self.spec["name"], "pid": self.spec["pid"], "version": 1}, ()

    def _op_count(self, *_: Any) -> Answer:
        """How many descriptors PID 1 has open: nobody else may look."""
        return {"descriptors": len(os.listdir("/proc/self/fd"))}, ()  # noqa: PTH208 - the number is wanted

    def _op_keep(self, *_: Any) -> Answer:
        return {}, ()

    def _op_meta(self, message: wire.Message, *_: Any) -> Answer:
        meta = self._meta | take(message, "changes", dict, {})
        if len(json.dumps(meta)) > _MAX_META:
            raise RequestError(f"meta: more than {_MAX_META} bytes")
        self._meta = meta
        return {"meta": self._meta}, ()

    def _op_end(self, *_: Any) -> Answer:
        self.end()
        return {}, ()

    def _op_refuse(self, *_: Any) -> Answer:
        """From now on no process is started: the proof asks what checks say then."""
        self._refusing = True
        return {}, ()

    def _op_journal(self, message: wire.Message, *_: Any) -> Answer:
        self._write_journal(take(message, "entry", dict))
        return {}, ()

    def _write_journal(self, entry: dict[str, Any]) -> None:
        if self._journal is not None:
            line = json.dumps(entry | {"time": time.time()}).encode() + b"\n"
            with suppress(OSError):  # a full disk: the lab goes on without
                os.write(self._journal, line)

    # --- machines

    def _op_add(self, message: wire.Message, _: Any, __: Any, connection: int) -> Answer:
        """`temporary`: they go with the connection, also when its client is killed."""
        known = {held.name: held.kind for held in self._registry.list_held()}
        orders: list[maker.Order] = []
        for each in take(message, "machines", list):
            orders.append(parse_machine(each, known))
            known[orders[-1].name] = orders[-1].kind
        if len(known) > _MAX_MACHINES:
            raise RequestError(f"more than {_MAX_MACHINES} machines")
        self._registry.add(orders)
        if take(message, "temporary", bool, default=False):
            self._temporary.setdefault(connection, []).extend(order.name for order in orders)
        return {}, ()

    def _op_remove(self, message: wire.Message, *_: Any) -> Answer:
        held = self._machine(message)
        if held.kind == "fabric":
            raise RequestError("the switches stay as long as the world")
        self._registry.remove(held.name)
        return {}, ()

    def _op_list(self, message: wire.Message, *_: Any) -> Answer:
        """At most 1,000 from number `first` on: an answer is one packet."""
        first = take(message, "first", int, 0)
        held = self._registry.list_held()
        return {"machines": [[each.name, each.kind, each.node] for each in held[first : first + 1000]]}, ()

    def _op_processes(self, message: wire.Message, *_: Any) -> Answer:
        """At most 40 from number `first` on, their command lines cut."""
        first = take(message, "first", int, 0)
        processes = list_processes(self._machine(message).inode)[first : first + 40]
        return {"processes": [[process, read_arguments(process)] for process in processes]}, ()

    def _machine(self, message: wire.Message) -> Held:
        return self._find(take(message, "machine", str))

    def _find(self, name: str) -> Held:
        held = self._registry.find(name)
        if held is None:
            raise RequestError(f"no machine {name[:80]!r}")
        return held

    def _op_netns(self, message: wire.Message, *_: Any) -> Answer:
        return {}, (os.dup(self._machine(message).namespaces.net),)

    def _op_sockets(self, message: wire.Message, *_: Any) -> Answer:
        """One on each machine. It lives in the namespace it was opened in, whoever holds it: PID 1 steps there and back."""
        family, kind, protocol = (take(message, key, int) for key in ("family", "type", "protocol"))
        names = take(message, "machines", list)
        if len(names) > wire.MAX_DESCRIPTORS:
            raise RequestError(f"machines: more than {wire.MAX_DESCRIPTORS}")
        held = [self._find(require_text(name, "machines")) for name in names]
        with ExitStack() as stack:
            opened = []
            for each in held:
                with kernel.visit_network(each.namespaces.net):
                    opened.append(stack.enter_context(socket.socket(family, kind, protocol)))
            return {}, [each.detach() for each in opened]

    # --- commands

    def _op_run(self, message: wire.Message, descriptors: list[int], reply: Reply, connection: int) -> Answer:
        if self._refusing:
            raise OSError("the world refuses to start processes")
        entry = take(message, "journal", dict) if message.get("journal") else {}

        def ended(status: int, seconds: float) -> None:
            if entry:
                self._write_journal(entry | {"status": status, "seconds": round(seconds, 3)})
            reply({"exit": status, "seconds": seconds})

        with ExitStack() as stack:
            master: tuple[int, ...] = ()
            if take(message, "terminal", bool, default=False):
                ours, theirs = os.openpty()
                for descriptor in (ours, theirs):
                    stack.callback(os.close, descriptor)
                master, descriptors = (ours,), [theirs, theirs, theirs, *descriptors]
            process = self._jobs.start(self._plan_command(message, descriptors), connection, ended)
            reply({"ok": {"process": process}}, master)
        return None, ()

    def _plan_command(self, message: wire.Message, descriptors: list[int]) -> Order:
        """`descriptors`: stdin, stdout, stderr, then one for each of the message's `names`."""
        environment = take_environment(message)
        names = [require_variable(name) for name in take(message, "names", list, [])]
        if len(descriptors) != 3 + len(names):
            raise RequestError(f"{len(descriptors)} descriptors for stdin, stdout, stderr and {len(names)} names")
        inherit = descriptors[3:]
        environment |= {name: str(number) for name, number in zip(names, inherit, strict=True)}
        if take(message, "namespaces", bool, default=False):
            inherit += self._show_namespaces(environment)
        return Order(
            self._machine(message),
            take_arguments(message),
            environment,
            judge=take(message, "judge", bool, default=False),
            standard=(descriptors[0], descriptors[1], descriptors[2]),
            inherit=inherit,
            terminal=take(message, "terminal", bool, default=False),
        )

    def _show_namespaces(self, environment: dict[str, str]) -> list[int]:
        """For scripts: LK_worker1="7,8,9", descriptors of the machine's network, mount and UTS namespace."""
        shown = []
        for held in self._registry.list_held():
            names = held.namespaces
            environment["LK_" + re.sub(r"[^A-Za-z0-9]", "_", held.name)] = f"{names.net},{names.mounts},{names.uts}"
            shown += [names.net, names.mounts, names.uts]
        return shown

    def _op_signal(self, message: wire.Message, _: Any, __: Any, connection: int) -> Answer:
        self._jobs.signal(connection, take(message, "number", int))
        return {}, ()

    def _op_stop(self, _: Any, __: Any, ___: Any, connection: int) -> Answer:
        self._jobs.stop(connection)
        return {}, ()

    def _op_drain(self, _: Any, descriptors: list[int], *__: Any) -> Answer:
        """Pipes that background processes still write to: their output is read and thrown away, so that they can go on."""
        if not all(_is_reading_end(descriptor) for descriptor in descriptors):
            raise RequestError("reading ends of pipes expected")
        for descriptor in descriptors:
            self.drain(os.dup(descriptor))
        return {}, ()


def _is_reading_end(descriptor: int) -> bool:
    mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode) and mode == os.O_RDONLY


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}" if error.filename else error.strerror
    return str(error) or type(error).__name__
