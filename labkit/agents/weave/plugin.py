"""The CNI plugin `weave-net`: a pod's cable to the bridge `weave`, with an address that this node's agent gives. A stand-in, named as Weave's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.kit.kernel import run_batch
from labkit.agents.kit.plugin import Arguments, Plugin
from labkit.agents.weave import kernel
from labkit.agents.weave.options import DOOR
from labkit.cni.errors import DECODE_FAILURE, INTERNAL, INVALID_ENVIRONMENT, CniError
from labkit.errors import LabkitError
from labkit.world import run_program

_ID: Final = 7  # characters of the container's id that fit into a link's name


def plan_host_link(container: str) -> str:
    """`vethwepl` and the first seven characters of the container's id."""
    return f"vethwepl{container[:_ID]}"


def add(arguments: Arguments) -> dict[str, Any]:
    """Address, cable, route. What was begun is taken back when a later part fails."""
    container, netns = arguments.container, arguments.netns
    if not os.path.exists(netns):  # noqa: PTH110
        raise CniError(f"there is no network namespace {netns}", code=INVALID_ENVIRONMENT)
    given = DOOR.ask("allocate", container=container)
    host, inside = plan_host_link(container), f"vethwepg{container[:_ID]}"
    try:
        run_batch(kernel.plan_cable(host, inside, given["mac"], given["mtu"]))
        run_batch([f"link set {inside} netns {netns}"])
        run_batch(kernel.plan_pod(inside, arguments.link, given["address"], given["gateway"]), netns=netns)
        if arguments.conf.get("hairpinMode"):
            run_batch([f"link set dev {host} hairpin on"], program="bridge")
    except LabkitError:
        run_program(["ip", "link", "del", host])
        DOOR.ask("release", container=container)
        raise
    return _plan_result(arguments, host, given)


def _plan_result(arguments: Arguments, host: str, given: Mapping[str, Any]) -> dict[str, Any]:
    inside = {"name": arguments.link, "mac": given["mac"], "sandbox": arguments.netns}
    address = {"address": given["address"], "gateway": given["gateway"], "interface": 1}
    if arguments.version < "1":
        address["version"] = "4"
    return {
        "cniVersion": arguments.version,
        "interfaces": [{"name": host}, inside],
        "ips": [address],
        "routes": [{"dst": "0.0.0.0/0", "gw": given["gateway"]}],
        "dns": {},
    }


def delete(arguments: Arguments) -> None:
    """Cable and address; nothing may be left to take away. Without an agent the address can't be given back: try later."""
    run_program(["ip", "link", "del", plan_host_link(arguments.container)])
    DOOR.ask("release", container=arguments.container)


def check(arguments: Arguments) -> None:
    """The cable, the address and the default route of ADD are still there."""
    host, inside = plan_host_link(arguments.container), f"--net={arguments.netns}"
    wanted = [(["ip", "link", "show", host], kernel.BRIDGE, f"{host} is no port of {kernel.BRIDGE}")]
    for ip in _list_addresses(arguments.conf):
        link = arguments.link
        wanted.append(
            (["nsenter", inside, "ip", "-o", "addr", "show", link], ip["address"], f"{link} has not {ip['address']}")
        )
        wanted.append((["nsenter", inside, "ip", "route"], f"default via {ip['gateway']}", "the default route is gone"))
    for argv, sign, missing in wanted:
        if sign not in run_program(argv).stdout:
            raise CniError(missing, code=INTERNAL)


def _list_addresses(conf: Mapping[str, Any]) -> list[dict[str, str]]:
    try:
        addresses = conf["prevResult"]["ips"]
        return [{"address": str(each["address"]), "gateway": str(each["gateway"])} for each in addresses]
    except (KeyError, TypeError) as error:
        raise CniError(f"prevResult is not that of an ADD: {error!r}", code=DECODE_FAILURE) from error


PLUGIN: Final = Plugin("weave-net", ("0.3.0", "0.3.1", "0.4.0", "1.0.0"), add, delete, check)
main: Final = PLUGIN.main
