"""The agent of one node: the process behind `weave launch`. One event loop; what it does with a frame is in datapath.py and forward.py."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from labkit.agents.kit.answering import Answer, serve_door
from labkit.agents.kit.background import hold_pid_file
from labkit.agents.weave import kernel, vxlan
from labkit.agents.weave.connection import ETHERTYPE, SLEEVE_MACS, Connection
from labkit.agents.weave.datapath import Datapath, open_datagrams, open_frames
from labkit.agents.weave.ipam import Ipam
from labkit.agents.weave.memory import read_memory
from labkit.agents.weave.mesh import Mesh
from labkit.agents.weave.names import parse_name, plan_bridge_mac, plan_name, render_name
from labkit.agents.weave.options import DOOR, LOG, PID, Options
from labkit.agents.weave.report import plan_report
from labkit.agents.weave.space import EXPOSE
from labkit.errors import LabkitError

_FORGETTING: Final = 60.0  # seconds between two looks for MACs that are too old
_LARGEST: Final = 65536
_JOINING: Final = 5.0
_AGAIN: Final = 0.05
_SHORT: Final = 12  # digits of a container's id


class Agent:
    """Everything one peer has."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.me = options.me
        self.mesh = Mesh(options)
        self.ipam = Ipam(read_memory(options.me, options.plan_ring()), self.mesh)
        self._frames, self._datagrams = open_frames(), open_datagrams()
        self.datapath = Datapath(self.me, self._frames, self._datagrams)
        self._probes = _open_probes() if options.fastdp else None
        self._tries = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tries.setblocking(False)
        self._vxlan_peers: set[str] = set()
        self._gateway = ""
        self._ended = asyncio.Event()
        self.datapath.heard = lambda peer, frame: self.mesh.take_heartbeat(peer, frame, "sleeve")
        self.mesh.changed, self.mesh.beat = self._follow, self._beat
        self.datapath.guest_log = LOG
        self.ipam.lost = self._lose
        self._moving: asyncio.Task[None] | None = None
        if options.forward:
            self.datapath.set_guest(Path(options.forward))

    async def run(self, ready: Callable[[], None]) -> None:
        """Until somebody says stop."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._frames, self.datapath.take_frames)
        loop.add_reader(self._datagrams, self.datapath.take_datagrams)
        if self._probes:
            loop.add_reader(self._probes, self._take_probes)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        await self.mesh.serve()
        await serve_door(DOOR, self._plan_answers())
        tasks = [asyncio.create_task(each) for each in (self.mesh.keep_time(), self._forget())]
        await self._move()
        ready()
        await self._ended.wait()
        for task in tasks:
            task.cancel()
        self.datapath.drop_guest("")
        DOOR.socket.unlink(missing_ok=True)

    async def _move(self) -> None:
        """Give the bridge the address that is its own now."""
        gateway = await self._expose()
        if self._gateway not in ("", gateway):
            kernel.del_address(self._gateway)
        self._gateway = gateway
        kernel.ensure_address(gateway)

    def _lose(self, containers: list[str]) -> None:
        """Other peers removed this one while it was away, and its addresses are theirs."""
        names = ", ".join(name[:_SHORT] for name in containers if name != EXPOSE)
        print(
            f"weave: this peer was removed and is back; its addresses are other peers'{f', those of {names} too' if names else ''}",
            file=sys.stderr, flush=True,
        )  # fmt: skip
        if EXPOSE in containers and self._gateway:
            self._moving = asyncio.create_task(self._move())

    async def _expose(self) -> str:
        """The bridge's own address. A peer that was given no part of the pool has to meet another one first."""
        until = time.monotonic() + _JOINING
        while True:
            try:
                return await self.ipam.allocate(EXPOSE)
            except LabkitError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(_AGAIN)

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(_FORGETTING)
            self.datapath.macs.forget(time.monotonic())

    # --- the two overlays

    def _follow(self) -> None:
        """Let frames go by the ways that are open now: sleeve's peers to the datapath, the others into the kernel's table."""
        connections = self.mesh.connections.values()
        self.datapath.addresses = {each.peer: each.address for each in connections}
        self.datapath.nicknames |= {each.peer: each.nickname for each in connections}
        peers = tuple(sorted(each.peer for each in connections if each.uses == "sleeve"))
        for gone in set(self.datapath.peers) - set(peers):
            self.datapath.macs.forget(time.monotonic(), gone)
        self.datapath.peers = peers
        self._set_vxlan_peers({each.address for each in connections if each.uses == "fastdp"})

    def _set_vxlan_peers(self, wanted: set[str]) -> None:
        before, self._vxlan_peers = self._vxlan_peers, wanted
        if before != wanted:
            for line in kernel.ensure_entries(sorted(before - wanted), sorted(wanted - before)):
                print(line, file=sys.stderr)

    def _beat(self, connection: Connection) -> None:
        """A heartbeat by each way: for VXLAN a whole datagram as the peer's kernel takes it, as long as frames get."""
        now = time.monotonic()
        self.datapath.addresses.setdefault(connection.peer, connection.address)
        self.datapath.send(connection.peer, connection.pack_heartbeat(SLEEVE_MACS, now))
        if self.options.fastdp:
            macs = (plan_bridge_mac(connection.peer), plan_bridge_mac(self.me))
            frame = connection.pack_heartbeat(macs, now, length=self.options.bridge_mtu)
            try:
                self._tries.sendto(vxlan.pack_datagram(frame), (connection.address, vxlan.PORT))
            except OSError:
                self.datapath.counts["unsent"] += 1

    def _take_probes(self) -> None:
        assert self._probes
        try:
            frame = self._probes.recv(_LARGEST)
        except OSError:
            return
        for peer in self.mesh.connections:
            if plan_bridge_mac(peer) == frame[6:12]:
                self.mesh.take_heartbeat(peer, frame, "fastdp")

    # --- what is asked on this node

    def _plan_answers(self) -> dict[str, Answer]:
        return {
            "report": self._report, "allocate": self._allocate, "release": self._release,
            "forward": self._forward, "rmpeer": self._rmpeer, "connect": self._connect, "stop": self._stop,
        }  # fmt: skip

    async def _report(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return plan_report(self.mesh, self.ipam, self.datapath, self._gateway)

    async def _allocate(self, words: Mapping[str, Any]) -> dict[str, Any]:
        container = str(words["container"])
        return {
            "address": await self.ipam.allocate(container),
            "gateway": self._gateway.partition("/")[0],
            "mtu": self.options.bridge_mtu,
            "mac": render_name(plan_name(container)),
        }

    async def _release(self, words: Mapping[str, Any]) -> dict[str, Any]:
        self.ipam.release(str(words["container"]))
        return {}

    async def _forward(self, words: Mapping[str, Any]) -> dict[str, Any]:
        if words["file"]:
            self.datapath.set_guest(Path(words["file"]))
        else:
            self.datapath.drop_guest("")
        return {}

    async def _rmpeer(self, words: Mapping[str, Any]) -> dict[str, Any]:
        return {"addresses": await self.ipam.remove_peer(self._find_peer(str(words["peer"])))}

    def _find_peer(self, text: str) -> bytes:
        named = [peer.name for peer in self.mesh.known.values() if peer.nickname == text]
        return parse_name(named[0] if named else text)

    async def _connect(self, words: Mapping[str, Any]) -> dict[str, Any]:
        address = str(words["address"])
        self.mesh.targets.setdefault(address, "connecting")
        self.mesh.dial(address)
        return {}

    async def _stop(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._ended.set()
        return {}


def _open_probes() -> socket.socket:
    """Heartbeats that came by VXLAN: frames to the bridge's own MAC with a type of their own."""
    probes = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    probes.bind((kernel.BRIDGE, ETHERTYPE))
    probes.setblocking(False)
    return probes


def run_agent(options: Options, ready: Callable[[], None]) -> None:
    """The process of one peer, until somebody says stop."""
    with hold_pid_file(PID):
        asyncio.run(Agent(options).run(ready))
