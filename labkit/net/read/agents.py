"""Programs that carry a node's packets: they take frames off a link and send them on as datagrams, in user space."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labkit.net.machine import Readable
from labkit.net.read.command import read_text

# by the UDP port that wrapped packets come by; a program's own name says little (`python`)
_NAMES: Final = {6783: "weave", 8285: "flanneld"}
_USER: Final = re.compile(r'\("([^"]*)",pid=(\d+),')
_ALL: Final = "*"  # ETH_P_ALL: takes every frame of its link


@dataclass(frozen=True, slots=True)
class Agent:
    """`name`; the UDP `port` by which it gets wrapped packets; `links` whose frames it takes (packet(7))."""

    name: str
    port: int
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """A socket that a process of this world has; `end` is `LINK` or a port, `of` a packet socket's protocol or an address."""

    process: str
    program: str
    kind: str
    of: str
    end: str


def read_agents(machine: Readable) -> list[Agent]:
    """Processes with a UDP port of their own that take a link's frames, or whose port is known for wrapping; from `ss`.

    That a program holds a tunnel device (tun) is not told by `ss`.
    """
    held = list(parse_sockets(read_text(machine, ["ss", "-H", "-n", "-a", "-p", "-0", "-u"])))
    processes = dict.fromkeys(each.process for each in held)
    found = (_find_agent([each for each in held if each.process == process]) for process in processes)
    return [agent for agent in found if agent]


def parse_sockets(text: str) -> Iterator[_Held]:
    """Read the lines of `ss -Hnap`: kind, state, two queues, `OF:END`, the peer, who has it (nobody: the kernel's own)."""
    for row in (line.split() for line in text.splitlines()):
        users = _USER.search(row[-1])
        if users:
            of, _, end = row[4].rpartition(":")
            yield _Held(users[2], users[1], row[0], of, end)


def _find_agent(held: list[_Held]) -> Agent | None:
    links = tuple(each.end for each in held if each.kind == "p_raw" and each.of == _ALL and each.end != "*")
    ports = sorted(int(each.end) for each in held if each.kind == "udp" and each.end.isdecimal())
    known = [port for port in ports if port in _NAMES]
    if not known and not (links and ports):
        return None
    port = [*known, *ports][0]
    return Agent(_NAMES.get(port, held[0].program), port, links)
