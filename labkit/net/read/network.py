"""The network of many machines as one value: links, addresses, routes, and which link is cabled to which."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from labkit.errors import LabkitError, UsageError
from labkit.net.machine import Readable, Writable
from labkit.net.read.addresses import Address, parse_addresses
from labkit.net.read.agents import Agent, read_agents
from labkit.net.read.command import read_lists
from labkit.net.read.links import Link, parse_link
from labkit.net.read.peers import read_namespace_numbers
from labkit.net.read.routes import Route, parse_route

End = tuple[str, str]  # machine, link
_AT_ONCE: Final = 4  # machines read at the same time
_TRIES: Final = 5
_QUESTIONS: Final = ("link", "addr", "route show table main")


class Placed(Readable, Writable, Protocol):
    """A machine that knows what it is and which node it is on."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def node(self) -> str | None: ...


@dataclass(frozen=True)
class MachineNetwork:
    """One machine's links (without lo), addresses (without IPv6's link-local ones), routes of the main table, and agents."""

    name: str
    kind: str
    node: str | None
    links: tuple[Link, ...]
    addresses: tuple[Address, ...]
    routes: tuple[Route, ...]
    agents: tuple[Agent, ...] = ()


@dataclass(frozen=True)
class Network:
    """`cables`: pairs of veth ends, each pair once."""

    machines: tuple[MachineNetwork, ...]
    cables: tuple[tuple[End, End], ...]


def read_network(machines: Sequence[Placed]) -> Network:
    """Read all of them, by one command of the judge on each; of a node also which programs carry its packets.

    A pod that has gone since `machines` were listed is left out. Raises CannotTell for one that is there and can't be read.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        states = tuple(state for state in pool.map(_find_machine, machines) if state is not None)
    with _open_all(machines) as descriptors:
        numbers = {
            machine.name: _find_numbers(machine, descriptors)
            for machine, state in _pair(machines, states)
            if any(link.netns_id is not None for link in state.links)
        }
    return Network(states, tuple(plan_cables(states, numbers)))


def _find_machine(machine: Placed) -> MachineNetwork | None:
    """Read one; None when it has gone. Its name may be another pod's meanwhile: then that one is read."""
    for left in reversed(range(_TRIES)):
        try:
            return read_machine(machine)
        except LabkitError:
            with _open_all([machine]) as there:
                if there and not left:
                    raise
                if not there:
                    return None
    return None


def _find_numbers(machine: Placed, others: Sequence[tuple[str, int]]) -> dict[int, str]:
    """As read_namespace_numbers; nothing of a machine that has gone meanwhile."""
    try:
        return read_namespace_numbers(machine, others)
    except UsageError:  # PID 1 does not know it any more
        return {}


def _pair(machines: Sequence[Placed], states: Sequence[MachineNetwork]) -> Iterator[tuple[Placed, MachineNetwork]]:
    by_name = {state.name: state for state in states}
    return ((machine, by_name[machine.name]) for machine in machines if machine.name in by_name)


def read_machine(machine: Placed) -> MachineNetwork:
    """Read one, from `ip -j -d -batch -`. Raises CannotTell."""
    links, addresses, routes = read_lists(machine, ("ip", "-j", "-d"), _QUESTIONS)
    found = parse_addresses(addresses)
    return MachineNetwork(
        machine.name,
        machine.kind,
        machine.node,
        tuple(link for link in map(parse_link, links) if link.name != "lo"),
        tuple(each for each in found if each.link != "lo" and (each.is_ipv4 or each.scope != "link")),
        tuple(parse_route(entry, "main") for entry in routes),
        tuple(read_agents(machine)) if machine.kind == "node" else (),
    )


@contextlib.contextmanager
def _open_all(machines: Iterable[Placed]) -> Iterator[list[tuple[str, int]]]:
    """Descriptors of the namespaces of those that are there."""
    with contextlib.ExitStack() as stack:
        opened = []
        for machine in machines:
            with contextlib.suppress(LabkitError):
                descriptor = machine.open_netns()
                stack.callback(os.close, descriptor)
                opened.append((machine.name, descriptor))
        yield opened


def plan_cables(states: Sequence[MachineNetwork], numbers: dict[str, dict[int, str]]) -> Iterator[tuple[End, End]]:
    """Join veth ends by index; `numbers`: for each machine, the names of the namespaces it knows by number."""
    index = {(state.name, link.index): link.name for state in states for link in state.links}
    seen: set[End] = set()
    for state in states:
        for link in state.links:
            end, other = (state.name, link.name), _find_peer(state, link, numbers, index)
            if other and end not in seen and other not in seen:
                seen |= {end, other}
                yield end, other


def _find_peer(
    state: MachineNetwork, link: Link, numbers: dict[str, dict[int, str]], index: dict[tuple[str, int], str]
) -> End | None:
    if link.kind != "veth":
        return None
    if link.netns_id is None:
        return (state.name, link.lower) if link.lower else None
    machine = numbers.get(state.name, {}).get(link.netns_id, "")
    name = index.get((machine, link.peer_index or 0))
    return (machine, name) if name else None


def list_objects(network: Network) -> frozenset[str]:
    """Every machine, link, address and route by a name: `link worker1 cni0`. Two of these sets tell what has been added."""
    return frozenset(name for machine in network.machines for name in _list_machine_objects(machine))


def _list_machine_objects(machine: MachineNetwork) -> Iterator[str]:
    yield name_machine(machine)
    yield from (name_link(machine, link) for link in machine.links)
    yield from (name_address(machine, address) for address in machine.addresses)
    yield from (name_route(machine, route) for route in machine.routes)


def name_machine(machine: MachineNetwork) -> str:
    """`machine worker1`."""
    return f"machine {machine.name}"


def name_link(machine: MachineNetwork, link: Link) -> str:
    """`link worker1 cni0`."""
    return f"link {machine.name} {link.name}"


def name_address(machine: MachineNetwork, address: Address) -> str:
    """`address worker1 cni0 10.244.1.1/24`."""
    return f"address {machine.name} {address.link} {address.prefix}"


def name_route(machine: MachineNetwork, route: Route) -> str:
    """`route worker1 10.244.2.0/24 192.168.50.12 eth0`."""
    return f"route {machine.name} {route.destination} {route.via or '-'} {route.dev or '-'}"
