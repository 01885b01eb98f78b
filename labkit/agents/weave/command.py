"""`weave`: Weave's command line, as far as the course needs it; a thin client of this node's agent."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from labkit.agents.kit.door import NoAgentError
from labkit.agents.weave import status
from labkit.agents.weave.kernel import del_bridge, del_vxlan, list_overlaps
from labkit.agents.weave.names import parse_name, plan_name, render_name
from labkit.agents.weave.options import DOOR, Options
from labkit.errors import LabkitError
from labkit.world import run_program

POOL = "10.32.0.0/12"
_SMALLEST = 30  # bits of a pool's prefix: a bridge and a pod
_STATUS: dict[str, Callable[[status.Report], str]] = {
    "": status.render_status,
    "connections": status.render_connections,
    "peers": status.render_peers,
    "ipam": status.render_ipam,
}


def main() -> int:
    """One command; 1 when it failed, with a line that says why."""
    options = _plan_parser().parse_args()
    try:
        options.run(options)
    except LabkitError as error:
        print(f"weave: {error.message}" + (f" ({error.hint})" if error.hint else ""), file=sys.stderr)
        return 1
    return 0


def _plan_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="weave", description="labkit's stand-in for Weave Net's command: the same words, its own agent"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    launch = _add(commands, "launch", _launch, "the bridge, this node's agent, the CNI plugin")
    launch.add_argument("peers", nargs="*", metavar="ADDRESS", help="peers to begin with; others are discovered")
    launch.add_argument("--name", help="this peer's name, six bytes; ::1 for short")
    launch.add_argument("--nickname", default=socket.gethostname())
    launch.add_argument("--ipalloc-range", metavar="CIDR", help=f"the pool of pod addresses ({POOL})")
    launch.add_argument(
        "--ipalloc-init", metavar="seed=NAME,NAME", help="peers that share the pool at first (this one)"
    )
    launch.add_argument("--no-fastdp", action="store_true", help="sleeve only")
    launch.add_argument("--mtu", type=int, default=0, help="of the bridge and the pods (1376; 1438 without fastdp)")
    launch.add_argument(
        "--forward", default="", metavar="FILE", help="labkit's: a function of yours decides from the start"
    )
    kube = _add(commands, "kube-launch", _launch_in_cluster, "launch, with the nodes that the API server knows")
    kube.add_argument("--ipalloc-range", default=POOL, metavar="CIDR")
    shown = _add(commands, "status", _status, "what the agent knows")
    shown.add_argument("what", nargs="?", default="", choices=list(_STATUS))
    _add(
        commands, "ps", lambda _: print(status.render_containers(DOOR.ask("report"))), "containers and their addresses"
    )
    _add(commands, "report", lambda _: print(json.dumps(DOOR.ask("report"), indent=4)), "everything, as JSON")
    _add(commands, "connect", _connect, "one more peer").add_argument("address")
    _add(commands, "rmpeer", _rmpeer, "take over the addresses of a peer that is gone for good").add_argument("peer")
    forward = _add(
        commands, "forward", _forward, "labkit's: let your function decide; without a file: the agent's own rules"
    )
    forward.add_argument("file", nargs="?", default="")
    _add(commands, "stop", lambda _: DOOR.ask("stop"), "end the agent; bridge and pods stay")
    _add(commands, "reset", _reset, "end the agent, take the bridge away, forget all addresses")
    return parser


def _add(commands: Any, name: str, run: Callable[[argparse.Namespace], object], about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    parser.set_defaults(run=run)
    return parser


def _launch(options: argparse.Namespace) -> None:
    try:
        running = DOOR.ask("report")
    except NoAgentError:
        running = None
    if running:
        raise LabkitError("weave is running already", hint="weave stop ends it")
    name = parse_name(options.name) if options.name else plan_name(socket.gethostname())
    kind, _, names = (options.ipalloc_init or f"seed={render_name(name)}").partition("=")
    if kind != "seed" or not names:
        raise LabkitError(f"--ipalloc-init {options.ipalloc_init}", hint="seed=NAME,NAME: consensus is not played here")
    pool = _choose_pool(options.ipalloc_range)
    from labkit.agents.weave.launch import run_launch  # the agent, which the other commands need not load

    run_launch(
        Options(
            render_name(name), options.nickname, pool,
            tuple(render_name(parse_name(each)) for each in names.split(",")), tuple(options.peers),
            fastdp=not options.no_fastdp, mtu=options.mtu, forward=options.forward and _plan_path(options.forward),
        )
    )  # fmt: skip


def _choose_pool(said: str | None) -> str:
    """The pool of pod addresses. A range that overlaps with a route of this node is warned of; Weave's own default is refused then."""
    text = said or POOL
    try:
        pool = IPv4Network(text)
    except ValueError as error:
        raise LabkitError(f"--ipalloc-range {text}: {error}", hint=f"an IPv4 prefix such as {POOL}") from None
    if pool.prefixlen > _SMALLEST:
        raise LabkitError(
            f"--ipalloc-range {text} is too small", hint=f"a prefix of at most {_SMALLEST} bits, such as {POOL}"
        )
    if overlaps := list_overlaps(pool):
        where = f"--ipalloc-range {pool} overlaps with existing route {', '.join(overlaps)} on host"
        if said is None:
            raise LabkitError(f"Default {where}", hint="pick another range and set it on all hosts")
        print(
            f"WARNING: Specified {where}\nUnless this is deliberate, pick another range and set it on all hosts",
            file=sys.stderr,
        )
    return str(pool)


def _launch_in_cluster(options: argparse.Namespace) -> None:
    """As weave-kube: its peers are the nodes, which share the pool at first."""
    from labkit.agents.weave.launch import run_launch
    from labkit.kube import open_api

    nodes = open_api(os.environ.get("KUBECONFIG", "")).list("Node")
    names = {each["metadata"]["name"]: render_name(plan_name(each["metadata"]["name"])) for each in nodes}
    own = socket.gethostname()
    peers = [
        address["address"] for each in nodes if each["metadata"]["name"] != own
        for address in each["status"].get("addresses") or () if address["type"] == "InternalIP"
    ]  # fmt: skip
    seed = tuple(names[name] for name in sorted(names))
    pool = _choose_pool(options.ipalloc_range)
    run_launch(Options(render_name(plan_name(own)), own, pool, seed, tuple(peers)))


def _status(options: argparse.Namespace) -> None:
    print(_STATUS[options.what](DOOR.ask("report")))


def _connect(options: argparse.Namespace) -> None:
    DOOR.ask("connect", address=options.address)


def _rmpeer(options: argparse.Namespace) -> None:
    print(f"{DOOR.ask('rmpeer', peer=options.peer)['addresses']} IPs taken over from {options.peer}")


def _forward(options: argparse.Namespace) -> None:
    path = options.file and _plan_path(options.file)
    DOOR.ask("forward", file=path)
    print(f"{path} decides now" if path else "the agent's own rules decide now")


def _plan_path(name: str) -> str:
    """As the shell sees it: its folder may be a link."""
    return str(Path(os.environ.get("PWD", "."), name))


def _reset(_: argparse.Namespace) -> None:
    with contextlib.suppress(NoAgentError):
        DOOR.ask("stop")
    del_vxlan()
    del_bridge()
    run_program(["rm", "-rf", "/var/lib/weave", "/etc/cni/net.d/10-weave.conflist", "/opt/cni/bin/weave-net"])
