"""What a check adds to the network and takes away again: a pod, plugged in as the node's container runtime would do it, a Service."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from labkit.check.objects import Object
from labkit.check.verdict import Failed, expect
from labkit.check.view import Place, View
from labkit.cni import LEASES, Attachment, Cached, CniError, Network, Runtime, parse_conf
from labkit.errors import CannotTell, LabkitError
from labkit.net import Batch
from labkit.probe import announce
from labkit.world import Machine, MachineSpec, World

# A bridge takes the lowest MAC of its ports: a check's own cable must not become it (libvirt's trick, virnetdevtap.c).
HIGHEST_MAC = "fe:ff:ff:ff:ff:fe"
KUBECTL: Final = 15.0  # seconds that it may take on a busy machine
OURS = re.compile(
    r"check-[0-9a-f]{8}"
)  # pods of checks; their container ids are like everybody's: plugins name links by them
PATIENCE = 5.0  # seconds for one call of a plugin when what was plugged in by hand is taken away


@dataclass(frozen=True)
class Plugged(Place):
    """`network`: the name of the network it was put into; `result`: what ADD gave."""

    network: str
    result: Mapping[str, Any]


@contextlib.contextmanager
def plug_in_pod(
    view: View, node: str, *, network: Network | None = None, capabilities: Mapping[str, Any] | None = None
) -> Iterator[Plugged]:
    """ADD to `network`, by default to that of the conf which the node takes; DEL at the end.

    The check is red when a plugin says no, or gives no address. The pod tells the others its MAC: they may know its address
    from a pod that had it before.
    """
    name = draw_name()
    runtime = Runtime(view.machine(node).handle)
    attachment = Attachment(secrets.token_hex(32), f"/run/netns/{name}", capabilities=capabilities or {})
    with view.add_pod(node, name) as pod:
        chosen, result = _add(runtime, network, attachment, node)
        try:
            addresses = [str(each["address"]).partition("/")[0] for each in result.get("ips", [])]
            expect(addresses, expected=f"an address for a new pod on {node}", observed="the plugins gave it none")
            announce(pod.handle, addresses[0], attachment.link)
            yield Plugged(name, addresses[0], chosen.name, result)
        finally:
            runtime.delete(chosen, attachment)


@contextlib.contextmanager
def plan_pods(
    view: View, node: str, network: Network, *, count: int = 1, link: str = "eth0"
) -> Iterator[list[Attachment]]:
    """Pods without any link, for a check that calls ADD itself, as often as it likes; DEL of each at the end, whatever it says.

    They are written down as a runtime does it: when the check is killed, the next one finds them.
    """
    runtime = Runtime(view.machine(node).handle, timeout=PATIENCE)
    names = [draw_name() for _ in range(count)]
    planned = [Attachment(secrets.token_hex(32), f"/run/netns/{name}", link) for name in names]
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        for name in names:
            stack.enter_context(view.add_pod(node, name))
        try:
            list(pool.map(functools.partial(runtime.remember, network), planned))
            yield planned
        finally:
            list(pool.map(functools.partial(_clear, runtime, network), planned))


def find_pod(attachment: Attachment) -> str:
    """The name of the pod that it is for."""
    return attachment.netns.rpartition("/")[2]


def draw_name() -> str:
    """What a check's own pod is called; `OURS` knows it again."""
    return f"check-{secrets.token_hex(4)}"


def _clear(runtime: Runtime, network: Network, attachment: Attachment) -> None:
    try:
        runtime.delete(network, attachment)
    except CniError:  # what DEL has to do, the check asks for itself
        runtime.forget(network, attachment)


def _add(
    runtime: Runtime, network: Network | None, attachment: Attachment, node: str
) -> tuple[Network, Mapping[str, Any]]:
    try:
        chosen = network or runtime.read_network()
        return chosen, runtime.add(chosen, attachment)
    except CniError as error:
        raise Failed(expected=f"{node} plugs in a new pod", observed=error.message) from error


@contextlib.contextmanager
def wire_in_pod(view: View, node: str, bridge: str, interface: str, gateway: str | None = None) -> Iterator[Place]:
    """A pod with a cable to a bridge of the node, by hand: `interface` is its address with the length. Gone at the end.

    Without looking at what the learner uses for that. The cable is pulled first: a namespace's own end takes the kernel a while.
    """
    name = draw_name()
    cable = f"ve{name}"[:15]
    with view.add_pod(node, name) as pod:
        host = view.machine(node)
        plug, pull, inside = Batch(host), Batch(host), Batch(pod)
        plug.add_link(cable, kind="veth", mac=HIGHEST_MAC, peer="eth0", peer_machine=pod)
        plug.set_link(cable, master=bridge, up=True)
        pull.del_link(cable)
        inside.set_link("lo", up=True)
        inside.set_link("eth0", up=True)
        inside.add_address(interface, "eth0")
        if gateway:
            inside.add_route("default", via=gateway)
        plug.commit()
        try:
            inside.commit()
            address = interface.partition("/")[0]
            announce(pod.handle, address, "eth0")
            yield Place(name, address)
        finally:
            pull.commit()


def wire_in_beside(view: View, pod: Place) -> contextlib.AbstractContextManager[Place]:
    """The same for the next pod of a node: on cni0 beside a pod of lab.toml, with a free address of its /24 and its gateway."""
    table = next(each for each in view.values.values() if isinstance(each, Mapping) and each.get("name") == pod.name)
    prefix = ipaddress.IPv4Network(f"{pod.address}/24", strict=False)
    return wire_in_pod(view, table["node"], "cni0", draw_host(str(prefix), pod.address), table["gateway"])


def make_service(view: View, service: Object, *others: Object) -> contextlib.AbstractContextManager[str]:
    """A Service, and what belongs to it, such as an EndpointSlice: its ClusterIP. Gone at the end; CannotTell when none could be made."""
    return make_objects(view, service, *others, told="{.spec.clusterIP}")


@contextlib.contextmanager
def make_objects(view: View, *objects: Object, told: str = "{.metadata.name}", wait: bool = False) -> Iterator[str]:
    """Objects of a check's own in the API: what kubectl tells of them by this jsonpath. Gone at the end, with `wait` for that.

    CannotTell when they could not be made.
    """
    control = view.machine("control")
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    create = ["kubectl", "create", "--validate=false", "-f", "-", "-o", f"jsonpath={told}"]
    delete = ["kubectl", "delete", "-f", "-", "--ignore-not-found", f"--wait={str(wait).lower()}"]
    try:
        made = control.run(create, stdin=text, timeout=KUBECTL)
        if made.status:
            said = made.stderr.strip()
            if "webhook" in said:  # somebody who was asked, and whom the learner has brought
                raise Failed(expected="the API server accepts new objects", observed=said)
            raise CannotTell(f"no {objects[0]['kind']} could be made: {said}", hint="does `kubectl get nodes` answer?")
        yield made.stdout.strip()
    finally:
        control.run(delete, stdin=text, timeout=KUBECTL)


def draw_host(prefix: str, *taken: str) -> str:
    """An address of a prefix with its length, by chance, high up where nobody has one yet."""
    network = ipaddress.IPv4Network(prefix)
    free = [str(network[-number]) for number in range(6, min(60, network.num_addresses // 2))]
    return f"{secrets.choice([each for each in free if each not in taken])}/{network.prefixlen}"


def collect_stale(world: World, machines: Iterable[Machine]) -> None:
    """DEL what a check that was killed had plugged in: its leases and rules would stay for ever."""
    for node in (machine for machine in machines if machine.kind == "node"):
        with contextlib.suppress(LabkitError):  # the check that needs the node says what is wrong with it
            _collect_from(world, node)


def _collect_from(world: World, node: Machine) -> None:
    runtime = Runtime(node, timeout=PATIENCE)
    runtime.sweep()
    kept = [each for each in runtime.list_kept() if OURS.fullmatch(find_pod(each.attachment))]
    there = {machine.name for machine in world.machines()} if kept else set()  # another check's, which runs now
    stale = [each for each in kept if find_pod(each.attachment) not in there]
    with ThreadPoolExecutor(len(stale) or 1) as pool:
        list(pool.map(functools.partial(_collect, world, runtime, node), stale))


def _collect(world: World, runtime: Runtime, node: Machine, kept: Cached) -> None:
    attachment = kept.attachment
    with (
        contextlib.suppress(CniError),  # the others' DEL does not wait for a plugin that refuses; it is asked again
        world.start_machine(MachineSpec(find_pod(attachment), "pod", node.name)) as pod,
    ):
        _pretend(pod, attachment.link, _find_addresses(node, kept))
        runtime.delete(parse_conf(kept.text), attachment)


def _find_addresses(node: Machine, kept: Cached) -> list[str]:
    """What ADD gave; what host-local had written down when ADD was broken off."""
    if kept.result is not None:
        return [str(each["address"]) for each in kept.result.get("ips", [])]
    leases = node.run(["grep", "-rlF", kept.attachment.container, LEASES]).stdout.split()
    return [f"{lease.rpartition('/')[2]}/32" for lease in leases]


def _pretend(pod: Machine, link: str, addresses: Iterable[str]) -> None:
    """Plugins read in the pod which addresses it had (bridge 1.1.1: whose masquerade goes), and the pod is gone."""
    batch = Batch(pod)
    batch.add_link(link, kind="veth", peer="other")
    for address in addresses:
        batch.add_address(address, link)
    batch.commit()
