"""The network of many machines as one value: links, addresses, routes, and which link is cabled to which."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from labkit.net.machine import Readable, Writable
from labkit.net.read.addresses import Address, read_addresses
from labkit.net.read.links import Link, read_links
from labkit.net.read.peers import read_namespace_numbers
from labkit.net.read.routes import Route, read_routes

End = tuple[str, str]  # machine, link


class Placed(Readable, Writable, Protocol):
    """A machine that knows what it is and which node it is on."""

    @property
    def kind(self) -> str: ...
    @property
    def node(self) -> str | None: ...


@dataclass(frozen=True)
class MachineNetwork:
    """One machine's links (without lo), addresses and routes of the main table."""

    name: str
    kind: str
    node: str | None
    links: tuple[Link, ...]
    addresses: tuple[Address, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class Network:
    """`cables`: pairs of veth ends, each pair once."""

    machines: tuple[MachineNetwork, ...]
    cables: tuple[tuple[End, End], ...]


def read_network(machines: Sequence[Placed]) -> Network:
    """Read all of them; three commands of the judge on each machine."""
    with ThreadPoolExecutor(4) as pool:
        states = tuple(pool.map(read_machine, machines))
    with _open_all(machines) as descriptors:
        numbers = {
            machine.name: read_namespace_numbers(machine, descriptors)
            for machine, state in zip(machines, states, strict=True)
            if any(link.netns_id is not None for link in state.links)
        }
    return Network(states, tuple(plan_cables(states, numbers)))


def read_machine(machine: Placed) -> MachineNetwork:
    """Read one."""
    links = tuple(link for link in read_links(machine) if link.name != "lo")
    addresses = tuple(address for address in read_addresses(machine) if address.link != "lo")
    return MachineNetwork(machine.name, machine.kind, machine.node, links, addresses, tuple(read_routes(machine)))


@contextlib.contextmanager
def _open_all(machines: Iterable[Placed]) -> Iterator[list[tuple[str, int]]]:
    with contextlib.ExitStack() as stack:
        opened = []
        for machine in machines:
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
