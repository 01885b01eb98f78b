"""The CNI plugin `calico-ipam`: an address for a pod. A stand-in, named as Calico's (cni-plugin pkg/ipamplugin, release-v3.20)."""

from __future__ import annotations

import sys
from typing import Any, Final

from labkit.agents.calico.cnilog import write_line
from labkit.agents.calico.ipam import Request, assign_address, release_addresses
from labkit.agents.calico.store import open_store
from labkit.agents.calico.upgrade import run_upgrade
from labkit.agents.calico.workload import parse_workload_of
from labkit.agents.kit.plugin import Arguments, Plugin

VERSIONS: Final = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0")
_SOURCE: Final = "ipam_plugin.go"


def add(arguments: Arguments) -> dict[str, Any]:
    """One IPv4 address, as /32."""
    workload, conf = parse_workload_of(arguments), arguments.conf
    pools = tuple((conf.get("ipam") or {}).get("ipv4_pools") or ())
    request = Request(workload.handle, workload.list_attributes(), pools)
    write_line(conf, _SOURCE, "Auto assigning IP", HandleID=workload.handle, Workload=workload.endpoint)
    address = assign_address(open_store(conf), workload.node, request)
    write_line(
        conf, _SOURCE, f"Calico CNI IPAM assigned addresses IPv4=[{address}/32] IPv6=[]", HandleID=workload.handle
    )
    given = {"address": f"{address}/32"}
    if arguments.version < "1":
        given["version"] = "4"
    return {"cniVersion": arguments.version, "ips": [given], "dns": {}}


def delete(arguments: Arguments) -> None:
    """What the attachment's handle holds; nothing may be left."""
    handle = parse_workload_of(arguments).handle
    write_line(arguments.conf, _SOURCE, "Releasing address using handleID", HandleID=handle)
    if release_addresses(open_store(arguments.conf), handle):
        write_line(arguments.conf, _SOURCE, "Released address using handleID", HandleID=handle)
    else:
        write_line(arguments.conf, _SOURCE, "Asked to release address but it doesn't exist. Ignoring", HandleID=handle)


def check(_: Arguments) -> None:
    """Calico's says nothing either."""


PLUGIN: Final = Plugin("calico-ipam", VERSIONS, add, delete, check)


def main() -> int:
    """A call of CNI's, or the container upgrade-ipam's."""
    return run_upgrade() if sys.argv[1:] == ["-upgrade"] else PLUGIN.main()
