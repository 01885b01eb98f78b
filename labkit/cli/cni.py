"""`labkit cni`: plug pods into their node's network as a container runtime does, and show every call."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.cli.running import find_world
from labkit.cni import Call, Runtime, add_pod, check_pod, remove_pod
from labkit.errors import UsageError
from labkit.world import Machine, World

_MBIT = 1_000_000


def run_cni(options: argparse.Namespace) -> int:
    """add, del or check one pod; what is printed can be typed again on the node."""
    with find_world(options.lab) as world:
        existing = {machine.name: machine for machine in world.machines()}
        node = _find_node(world, existing, options)
        runtime = Runtime(node, _print_call)
        if options.action == "add":
            result = add_pod(world, options.pod, node.name, runtime, capabilities=_parse_capabilities(options))
            print(f"# {options.pod} has {', '.join(ip['address'] for ip in result.get('ips', ())) or 'no address'}")
        elif options.pod not in existing:
            raise UsageError(f"there is no pod {options.pod}", hint="labkit ps shows what there is")
        elif options.action == "del":
            remove_pod(world, existing[options.pod], runtime, keep=options.keep)
        else:
            check_pod(existing[options.pod], runtime)
            print(f"# {options.pod}: every plugin found what it had made")
    return 0


def _print_call(call: Call) -> None:
    print(f"### on {call.node}\n{call.render()}\n")


def _find_node(world: World, existing: Mapping[str, Machine], options: argparse.Namespace) -> Machine:
    """The pod's own node, the one that was named, or the only one."""
    if options.pod in existing and existing[options.pod].node:
        return world.machine(str(existing[options.pod].node))
    if options.node:
        return world.machine(options.node)
    nodes = [machine for machine in existing.values() if machine.kind == "node"]
    if len(nodes) != 1:
        raise UsageError(f"on which node shall {options.pod} be?", hint="--node NODE")
    return nodes[0]


def _parse_capabilities(options: argparse.Namespace) -> dict[str, Any]:
    capabilities: dict[str, Any] = {}
    if options.port:
        capabilities["portMappings"] = [_parse_port(text) for text in options.port]
    if options.rate:
        rate = options.rate * _MBIT
        capabilities["bandwidth"] = {
            "ingressRate": rate, "ingressBurst": rate, "egressRate": rate, "egressBurst": rate,
        }  # fmt: skip
    return capabilities


def _parse_port(text: str) -> dict[str, Any]:
    parts: Sequence[str] = text.split(":")
    if len(parts) != 2 or not all(part.isdigit() and 0 < int(part) < 65536 for part in parts):  # noqa: PLR2004
        raise UsageError(f"--port {text}", hint="HOST:POD, two numbers from 1 to 65535, as in 8080:80")
    return {"hostPort": int(parts[0]), "containerPort": int(parts[1]), "protocol": "tcp"}
