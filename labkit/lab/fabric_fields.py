"""The part of lab.toml that describes machines and cables, as a fabric topology."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labkit.errors import UsageError
from labkit.fabric.topology import Kind, Link, Machine, Port, Route, Switch, Topology
from labkit.lab.fields import Table
from labkit.lab.templates import render_text

KINDS: tuple[Kind, ...] = ("node", "pod", "router", "host")


def parse_topology(table: Table, files: Path, values: Mapping[str, Any]) -> Topology:
    """Take [[node]] [[pod]] [[router]] [[host]] [[switch]] [[link]] out of the table."""
    machines = tuple(
        _parse_machine(row, kind, lambda name, machine: read_file(files / name, {**values, "machine": machine}))
        for kind in KINDS
        for row in table.take_tables(kind)
    )
    rows = table.take_tables("switch")
    switches = [_parse_switch(row) for row in rows]
    plugs = _Plugs({switch.name for switch, _ in switches})
    links: list[Link] = []
    for row, (switch, ends) in zip(rows, switches, strict=True):
        with row:
            links += [Link(plugs.parse_port(end), plugs.parse_port(switch.name)) for end in ends]
    links += [_parse_link(row, plugs) for row in table.take_tables("link")]
    return Topology(machines, tuple(switch for switch, _ in switches), tuple(links))


def _parse_machine(table: Table, kind: Kind, read: Callable[[str, str], str]) -> Machine:
    with table:
        name = table.take("name", str)
        return Machine(
            name=name,
            kind=kind,
            node=table.take_optional("node", str),
            routes=tuple(_parse_route(text) for text in table.take_texts("routes")),
            files={path.lstrip("/"): read(file, name) for path, file in table.take_map("files").items()},
            sysctls=table.take_map("sysctls"),
        )


def _parse_switch(table: Table) -> tuple[Switch, tuple[str, ...]]:
    """A switch and what is plugged in."""
    with table:
        return Switch(table.take("name", str)), table.take_texts("ports")


def _parse_link(table: Table, plugs: _Plugs) -> Link:
    with table:
        ends = table.take_texts("ends")
        up = table.take("up", bool, True)
        if len(ends) != 2:  # noqa: PLR2004
            raise UsageError(f"{len(ends)} ends", hint='ends = ["worker1:eth0 192.168.50.11/24", "s1"]')
        a, b = (plugs.parse_port(end, up=up) for end in ends)
        return Link(
            a,
            b,
            mtu=table.take("mtu", int, 1500),
            rate=table.take_optional("rate", float),
            delay=table.take_optional("delay", float),
            loss=table.take_optional("loss", float),
        )


class _Plugs:
    """Gives the ports of switches their names, in the order of the links: s1-eth1, s1-eth2, as Mininet does."""

    def __init__(self, switches: set[str]) -> None:
        self._used = dict.fromkeys(switches, 0)

    def parse_port(self, text: str, *, up: bool = True) -> Port:
        """`worker1:eth0 192.168.50.11/24` (any number of addresses) or the name of a switch."""
        end, *addresses = text.split() or [""]
        machine, _, name = end.partition(":")
        if machine in self._used and not name:
            self._used[machine] += 1
            name = f"{machine}-eth{self._used[machine]}"
        if not name:
            raise UsageError(
                f"link end {text!r} has no port", hint="MACHINE:PORT ADDRESS/LENGTH, or the name of a switch"
            )
        return Port(machine, name, tuple(addresses), up)


def _parse_route(text: str) -> Route:
    """`default via 10.0.0.1`, `10.244.2.0/24 via 192.168.50.12 dev eth0`: the words of `ip route`."""
    match text.split():
        case [to, "via", via]:
            return Route(to, via)
        case [to, "dev", dev]:
            return Route(to, dev=dev)
        case [to, "via", via, "dev", dev]:
            return Route(to, via, dev)
    raise UsageError(f"route {text!r}", hint="PREFIX|default via ADDRESS dev LINK, one of the two or both")


def read_file(path: Path, values: Mapping[str, Any]) -> str:
    """A file of the lab's, with the student's values. Raises UsageError."""
    where = f"labs/{path.parent.parent.name}/files/{path.name}"
    try:
        return render_text(path.read_text(encoding="utf-8"), values, where=where)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{where} can't be read: {error}", hint="files = { path = name in the lab's files/ }"
        ) from error
