"""The CNI plugin `calico`: a pod's cable without a bridge (cni-plugin pkg/dataplane/linux, release-v3.20). A stand-in, named as Calico's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from labkit.agents.calico.annotating import annotate_pod
from labkit.agents.calico.cnilog import write_line
from labkit.agents.calico.ipam_plugin import VERSIONS
from labkit.agents.calico.store import open_store
from labkit.agents.calico.workload import Workload, parse_workload_of
from labkit.agents.kit.delegate import call_delegate
from labkit.agents.kit.kernel import run_batch
from labkit.agents.kit.plugin import Arguments, Plugin
from labkit.cni.errors import INTERNAL, INVALID_CONFIG, INVALID_ENVIRONMENT, CniError
from labkit.errors import LabkitError
from labkit.world import run_program

GATEWAY: Final = "169.254.1.1"
MAC: Final = "ee:ee:ee:ee:ee:ee"  # of every cali… link: nobody is to compare it, and pods may keep it
MTU_FILE: Final = "/var/lib/calico/mtu"
_MTU: Final = 1500
_SYSCTLS: Final = {"neigh/{}/proxy_delay": "0", "conf/{}/proxy_arp": "1", "conf/{}/forwarding": "1"}


def add(arguments: Arguments) -> dict[str, Any]:
    """Address, cable, the node's route. What was begun is taken back when a later part fails."""
    workload = parse_workload_of(arguments)
    if not os.path.exists(arguments.netns):  # noqa: PTH110
        raise CniError(f"there is no network namespace {arguments.netns}", code=INVALID_ENVIRONMENT)
    write_line(
        arguments.conf, "k8s.go", "Extracted identifiers for CmdAddK8s", ContainerID=arguments.container,
        Namespace=workload.namespace, Pod=workload.pod, WorkloadEndpoint=workload.endpoint,
    )  # fmt: skip
    given = call_delegate(_plan_ipam(arguments), arguments)
    try:
        addresses = [str(each["address"]).partition("/")[0] for each in given.get("ips") or ()]
        if not addresses:
            raise CniError("the IPAM plugin gave no address", code=INTERNAL)
        write_line(
            arguments.conf, "k8s.go", f"Calico CNI using IPs: [{addresses[0]}/32]", WorkloadEndpoint=workload.endpoint
        )
        # Before the cable is there: Felix takes away routes to addresses that no pod has, as far as it knows.
        _annotate(arguments, workload, {"containerID": arguments.container, **plan_addresses(addresses[0])})
        _wire(arguments, workload.link, addresses[0])
    except LabkitError:
        run_program(["ip", "link", "del", workload.link])
        call_delegate(_plan_ipam(arguments), _as_delete(arguments))
        raise
    write_line(arguments.conf, "k8s.go", "Wrote updated endpoint to datastore", WorkloadEndpoint=workload.endpoint)
    return _plan_result(arguments, workload.link, addresses)


def plan_addresses(address: str) -> dict[str, str]:
    """What is noted at the pod; empty after DEL."""
    told = f"{address}/32" if address else ""
    return {"podIP": told, "podIPs": told}


def _annotate(arguments: Arguments, workload: Workload, changes: Mapping[str, str]) -> None:
    """Where the conf names an API server; without one nobody keeps pods."""
    if (arguments.conf.get("kubernetes") or {}).get("kubeconfig"):
        annotate_pod(open_store(arguments.conf), workload.namespace, workload.pod, changes)


def _plan_result(arguments: Arguments, link: str, addresses: Sequence[str]) -> dict[str, Any]:
    """Whatever prefix and gateway the IPAM plugin gave: here an address is alone, and the gateway is nobody's."""
    family = {"version": "4"} if arguments.version < "1" else {}
    ips = [{**family, "address": f"{address}/32"} for address in addresses]
    return {"cniVersion": arguments.version, "interfaces": [{"name": link}], "ips": ips, "dns": {}}


def _plan_ipam(arguments: Arguments) -> dict[str, Any]:
    """The whole conf goes to the IPAM plugin that it names. Raises CniError."""
    name = (arguments.conf.get("ipam") or {}).get("type")
    if not isinstance(name, str) or not name:
        raise CniError("ipam.type is missing", code=INVALID_CONFIG)
    return {**arguments.conf, "type": name}


def _as_delete(arguments: Arguments) -> Arguments:
    return replace(arguments, environment={**arguments.environment, "CNI_COMMAND": "DEL"})


def _wire(arguments: Arguments, link: str, address: str) -> None:
    write_line(
        arguments.conf,
        "dataplane_linux.go",
        f"Setting the host side veth name to {link}",
        ContainerID=arguments.container,
    )
    run_program(["ip", "link", "del", link])  # of a pod of this name that was here before
    inside = f"tmp{link.removeprefix('cali')}"
    try:
        run_batch(plan_cable(link, inside, read_mtu(arguments.conf)))
        run_batch([f"link set {inside} netns {arguments.netns}"])
        run_batch(plan_pod(inside, arguments.link, address), netns=arguments.netns)
    except LabkitError:
        run_program(["ip", "link", "del", link])
        raise
    for path, value in _SYSCTLS.items():
        Path("/proc/sys/net/ipv4", path.format(link)).write_text(value, encoding="ascii")
    run_batch([f"link set {link} up", f"route replace {address} dev {link} scope link"])


def plan_cable(link: str, inside: str, mtu: int) -> list[str]:
    """Both ends on the node, in lines of `ip`."""
    return [f"link add {link} mtu {mtu} address {MAC} type veth peer name {inside} mtu {mtu}"]


def plan_pod(inside: str, name: str, address: str) -> list[str]:
    """In the pod: an address that nobody shares a prefix with, and everything by a gateway that is nobody's address."""
    return [
        f"link set {inside} name {name}",
        f"link set {name} up",
        f"address add {address}/32 dev {name}",
        f"route add {GATEWAY} dev {name} scope link",
        f"route add default via {GATEWAY} dev {name}",
    ]


def read_mtu(conf: Any) -> int:
    """As the conf says, or as Felix found out."""
    told = conf.get("mtu")
    if isinstance(told, int) and told > 0:
        return told
    try:
        return int(Path(MTU_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _MTU


def delete(arguments: Arguments) -> None:
    """Address and cable, with its route; nothing may be left to take away."""
    workload: Workload = parse_workload_of(arguments)
    call_delegate(_plan_ipam(arguments), arguments)
    run_program(["ip", "link", "del", workload.link])
    write_line(arguments.conf, "k8s.go", "Teardown processing complete.", WorkloadEndpoint=workload.endpoint)


def check(arguments: Arguments) -> None:
    """The cable and the node's route are still there."""
    workload = parse_workload_of(arguments)
    wanted: Sequence[str] = [str(each["address"]) for each in (arguments.conf.get("prevResult") or {}).get("ips") or ()]
    routes = run_program(["ip", "-4", "route", "show", "dev", workload.link])
    if routes.status:
        raise CniError(f"{workload.link} is gone", code=INTERNAL)
    for address in wanted:
        if address.partition("/")[0] not in routes.stdout.split():
            raise CniError(f"the route to {address} by {workload.link} is gone", code=INTERNAL)


PLUGIN: Final = Plugin("calico", VERSIONS, add, delete, check)
main: Final = PLUGIN.main
