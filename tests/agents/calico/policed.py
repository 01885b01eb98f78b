"""A node with pods and Felix, without an API server: what stands in the datastore is written at once, and Felix says when the kernel is like it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.calico.names import name_link
from labkit.lab.outfit import find_outfit
from labkit.world import Machine, MachineSpec, World
from tests.waiting import wait_until
from tests.worlds import run_well

Object = dict[str, Any]
NODE: Final = "node1"
ADDRESS: Final = "10.0.0.1"
FOLDER: Final = "/.labkit/run/calico"
# objects of a folder are replaced as a whole; the version is written last, as FileStore does it
_WRITE: Final = f"""
import json, pathlib, shutil, sys
root = pathlib.Path("{FOLDER}")
for kind, objects in json.load(sys.stdin).items():
    shutil.rmtree(root / kind, ignore_errors=True)
    (root / kind).mkdir()
    for value in objects:
        about = value["metadata"]
        name = "%".join(filter(None, (about.get("namespace"), about["name"])))
        (root / kind / (name + ".json")).write_text(json.dumps(value))
version = int((root / "version").read_text()) + 1
(root / "version.new").write_text(str(version))
(root / "version.new").replace(root / "version")
print(version)
"""
_BEGIN: Final = f"""
kind: Node
metadata: {{name: {NODE}, annotations: {{projectcalico.org/IPv4Address: {ADDRESS}/24}}}}
---
kind: IPPool
metadata: {{name: default-pool}}
spec: {{cidr: 10.1.0.0/16}}
"""


_UPLINK: Final = f"""link set lo up
link add eth0 type veth peer name uplink
addr add {ADDRESS}/24 dev eth0
link set eth0 up
link set uplink up
route add default via 10.0.0.254"""
_INSIDE: Final = "link set lo up\nlink set eth0 up\nroute add 169.254.1.1 dev eth0\nroute add default via 169.254.1.1\n"


@dataclass(frozen=True)
class PodSpec:
    """A pod of a test; `ports`: name, protocol, number."""

    name: str
    namespace: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[tuple[str, str, int]] = ()

    @property
    def machine(self) -> str:
        """Its name among the world's machines."""
        return f"{self.namespace}-{self.name}"


@dataclass(frozen=True)
class PolicedNode:
    """`addresses`: machine of a pod -> its address."""

    world: World
    addresses: Mapping[str, str]

    @property
    def node(self) -> Machine:
        return self.world.machine(NODE)

    def write(self, objects: Mapping[str, Sequence[Object]]) -> None:
        """By kind in plural with its group; waits until Felix is done with it."""
        version = run_well(self.node, ["python3", "-Ic", _WRITE], stdin=json.dumps(objects)).strip()
        wait_until(lambda: self.read_version() >= int(version), every=0.01)

    def read_version(self) -> int:
        """The version that the kernel is like."""
        return int(self.node.run("cat /run/calico/felix.ready").stdout.strip() or 0)

    def set_pods(self, pods: Sequence[PodSpec]) -> Mapping[str, Sequence[Object]]:
        """Objects of pods, which have their links already."""
        return {"pods": [render_pod(each, self.addresses[each.machine]) for each in pods]}


def render_pod(pod: PodSpec, address: str) -> Object:
    ports = [{"name": name, "protocol": protocol, "containerPort": number} for name, protocol, number in pod.ports]
    return {
        "kind": "Pod", "metadata": {"name": pod.name, "namespace": pod.namespace, "labels": dict(pod.labels), "resourceVersion": "1"},
        "spec": {"nodeName": NODE, "containers": [{"name": "main", "ports": ports}]}, "status": {"podIP": address},
    }  # fmt: skip


def render_namespace(name: str, labels: Mapping[str, str] | None = None) -> Object:
    return {
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **(labels or {})}},
    }


@contextmanager
def start_policed(name: str, pods: Sequence[tuple[str, str]]) -> Iterator[PolicedNode]:
    """`pods`: namespace and name; from 10.1.0.2 on, in that order."""
    addresses = {f"{namespace}-{pod}": f"10.1.0.{number}" for number, (namespace, pod) in enumerate(pods, 2)}
    links = {f"{namespace}-{pod}": name_link(namespace, pod) for namespace, pod in pods}
    with World.start(f"{name}-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        world.add_machines([
            MachineSpec(NODE, "node", files={"etc/calico/begin.yaml": _BEGIN}, sysctls={"net.ipv4.ip_forward": "1"}),
            *(MachineSpec(machine, "pod", NODE) for machine in addresses),
        ])  # fmt: skip
        node = world.machine(NODE)
        cables = (
            f"link add {link} type veth peer name eth0 netns {machine}\nlink set {link} up"
            for machine, link in links.items()
        )
        run_well(node, ["ip", "-batch", "-"], stdin="\n".join((_UPLINK, *cables)))
        for machine, address in addresses.items():
            run_well(world.machine(machine), ["ip", "-batch", "-"], stdin=f"addr add {address}/32 dev eth0\n{_INSIDE}")
        run_well(node, "daemon start felix", timeout=30)
        yield PolicedNode(world, addresses)
        world.end()
