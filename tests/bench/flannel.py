"""flannel's backend vxlan between two pods on two nodes, beside a bare kernel VXLAN between two others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from labkit.cni import Attachment, Runtime, parse_conf
from labkit.fabric import Link, Machine, Port, Switch, Topology, build_netlink
from labkit.lab.outfit import find_outfit
from labkit.world import MachineSpec, World
from tests.bench.overlay import BARE, KERNEL_GOAL, MTU, RUNS, plan_transfer, run, wait_answer
from tests.bench.row import Row, compare

NODES = (2, 3)
CONF = parse_conf(
    json.dumps(
        {"name": "cbr0", "cniVersion": "0.3.1", "type": "flannel", "delegate": {"isDefaultGateway": True, "mtu": MTU}}
    )
)
NET_CONF = json.dumps({"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}})
NODE_LIST = json.dumps(
    {
        "items": [
            {
                "metadata": {"name": f"worker{number}"},
                "spec": {"podCIDR": f"10.244.{number}.0/24"},
                "status": {"addresses": [{"type": "InternalIP", "address": f"192.168.50.1{number}"}]},
            }
            for number in NODES
        ]
    }
)


def measure_flannel() -> list[Row]:
    """Time for 100 MB, in turn with the bare VXLAN."""
    with start_network() as world:
        medians, runs = compare(
            plan_transfer(world, "pod2", "pod3", "10.244.3.2"), plan_transfer(world, "bare2", "bare3", "10.99.0.3"),
            runs=RUNS, budget=60,
        )  # fmt: skip
        return [Row("overlay-flannel-vxlan", *medians["100 MB"], "ms", KERNEL_GOAL, runs)]


@contextmanager
def start_network() -> Iterator[World]:
    """Two nodes on a switch, each with a pod of flannel's and one on a VXLAN of its own."""
    files = {"etc/kube-flannel/net-conf.json": NET_CONF, "etc/kube-flannel/nodes.json": NODE_LIST}
    nodes = tuple(Machine(f"worker{number}", "node", files=files) for number in NODES)
    links = tuple(
        Link(Port(f"worker{each}", "eth0", (f"192.168.50.1{each}/24",)), Port("s1", f"s1-eth{each}")) for each in NODES
    )
    with World.start(f"bench-flannel-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        build_netlink(world, Topology(nodes, (Switch("s1"),), links))
        for number, other in ((2, 3), (3, 2)):
            node = f"worker{number}"
            run(world, node, "flanneld --ip-masq >/var/log/flanneld.log 2>&1 </dev/null &")
            run(world, node, "timeout 10 bash -c 'until [ -e /run/flannel/subnet.env ]; do sleep 0.05; done'")
            run(world, node, "cp /.labkit/bin/flannel /opt/cni/bin/")
            world.add_machines([MachineSpec(f"pod{number}", "pod", node)])
            Runtime(world.machine(node)).add(CONF, Attachment(f"pod{number}", f"/run/netns/pod{number}"))
            run(world, node, BARE.format(n=number, o=other, mtu=MTU))
        for src, address in (("pod2", "10.244.3.2"), ("bare2", "10.99.0.3")):
            wait_answer(world, src, address)
        yield world
        world.end()
