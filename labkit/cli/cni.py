"""`labkit cni`: plug pods into their node's network as a container runtime does, and show every call."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, Final

from labkit.cli.printing import print_text
from labkit.cni import Call, Network, Runtime, check_pod
from labkit.cni.conf import FOLDER
from labkit.errors import UsageError
from labkit.lab.session import attach_lab
from labkit.world import Machine

_MBIT: Final = 1_000_000
_PORTS: Final = range(1, 65536)


def run_cni(options: argparse.Namespace) -> int:
    """add, del or check one pod; what is printed can be typed again on the node."""
    capabilities = _parse_capabilities(options)
    printer = _Printer()
    with attach_lab(options.lab, having=[options.node or options.pod]) as lab:
        existing = {machine.name: machine for machine in lab.machines()}
        node = _find_node(existing, options)
        if options.action == "check":
            asked = check_pod(existing[options.pod], Runtime(node, printer.print_call))
            said = "every plugin found what it had made" if asked else "the conf says disableCheck: no plugin was asked"
            printer.print(f"# {options.pod}: {said}")
        elif options.action == "add":
            printer.print(_render_network(node.name, Runtime(node).read_network()))
            result = lab.plug_in(
                options.pod, node.name, capabilities=capabilities, tell=printer.print_call, argv=_plan_words(options)
            )
            printer.print(f"# {options.pod} has {_render_addresses(result)}")
        else:
            there = lab.unplug(
                options.pod, node.name, keep=options.keep, tell=printer.print_call, argv=_plan_words(options)
            )
            printer.print(_render_deleted(options, node.name, there=there))
    printer.close()
    return 0


def _plan_words(options: argparse.Namespace) -> list[str]:
    """The command as it was typed, for the journal."""
    words = ["labkit", "cni", options.action, options.pod, *(["--keep"] if options.keep else [])]
    words += [word for text in options.port or () for word in ("--port", text)]
    return words + (["--rate", str(options.rate)] if options.rate is not None else [])


class _Printer:
    """Prints calls as they come. A reader that goes away, as `head` does, must not interrupt an ADD: `close` tells it later."""

    def __init__(self) -> None:
        self._commands: list[str] = []
        self._gone: BrokenPipeError | None = None

    def print_call(self, call: Call) -> None:
        """One call, with its number."""
        if call.command == "DEL" and self._commands[-1:] == ["ADD"]:
            self.print("# The ADD failed: DEL of every plugin, so that nothing is left of it.\n")
        self._commands.append(call.command)
        self.print(f"### {len(self._commands)}. {call}\n{call.render()}\n")

    def print(self, text: str) -> None:
        """A line or more."""
        try:
            if not self._gone:
                print_text(text, flush=True)
        except BrokenPipeError as error:
            self._gone = error

    def close(self) -> None:
        """Raises BrokenPipeError when somebody stopped reading."""
        if self._gone:
            raise self._gone


def _render_network(node: str, network: Network) -> str:
    return (
        f"# {node} plugs into network {network.name}, from {FOLDER}/{network.file}: {', '.join(network.types)}\n"
        f"# Each call below, loopback's first, can be typed there as it stands: labkit shell {node}\n"
    )


def _render_deleted(options: argparse.Namespace, node: str, *, there: bool) -> str:
    if not there:
        return f"# there is no pod {options.pod}; what may have been left of it on {node} is gone"
    return f"# {options.pod} is unplugged{', its namespace stays' if options.keep else ' and gone'}"


def _render_addresses(result: Mapping[str, Any]) -> str:
    addresses = [ip["address"] for ip in result.get("ips") or ()]
    addresses += [result[family]["ip"] for family in ("ip4", "ip6") if family in result]  # before version 0.3.0
    return ", ".join(addresses) or "no address"


def _find_node(existing: Mapping[str, Machine], options: argparse.Namespace) -> Machine:
    """The pod's own node, the one that was named, or the only one."""
    pod = existing.get(options.pod)
    if pod and pod.node is None:
        raise UsageError(f"{pod.name} is a {pod.kind}, not a pod")
    if pod and options.node not in (None, pod.node):
        raise UsageError(f"{pod.name} is on {pod.node}, not on {options.node}")
    if not pod and options.action == "check":
        raise UsageError(f"there is no pod {options.pod}", hint="labkit ps shows what there is")
    nodes = [machine for machine in existing.values() if machine.kind == "node"]
    named = [machine for machine in nodes if machine.name == (pod.node if pod else options.node)]
    if options.node and not named:
        raise UsageError(f"there is no node {options.node}", hint=f"--node: {', '.join(each.name for each in nodes)}")
    if len(named or nodes) != 1:
        names = ", ".join(machine.name for machine in nodes)
        raise UsageError(f"on which node shall {options.pod} be?", hint=f"--node NODE; there are {names}")
    return (named or nodes)[0]


def _parse_capabilities(options: argparse.Namespace) -> dict[str, Any]:
    """What add passes on to plugins that declare it."""
    if options.action != "add" and (options.port or options.rate is not None):
        raise UsageError(
            f"--port and --rate are for add, not for {options.action}", hint="del and check know what add was told"
        )
    if options.action != "del" and options.keep:
        raise UsageError(f"--keep is for del, not for {options.action}")
    capabilities: dict[str, Any] = {}
    if options.port:
        capabilities["portMappings"] = [_parse_port(text) for text in options.port]
    if options.rate is not None:
        if options.rate < 1:
            raise UsageError(f"--rate {options.rate}", hint="Mbit/s, 1 or more")
        rate = options.rate * _MBIT
        capabilities["bandwidth"] = {
            "ingressRate": rate, "ingressBurst": rate, "egressRate": rate, "egressBurst": rate,
        }  # fmt: skip
    return capabilities


def _parse_port(text: str) -> dict[str, Any]:
    numbers = [int(part) for part in text.split(":") if part.isascii() and part.isdigit()]
    if text.count(":") != 1 or len(numbers) != 2 or not all(number in _PORTS for number in numbers):  # noqa: PLR2004
        raise UsageError(f"--port {text}", hint="HOST:POD, two numbers from 1 to 65535, as in 8080:80")
    return {"hostPort": numbers[0], "containerPort": numbers[1], "protocol": "tcp"}
