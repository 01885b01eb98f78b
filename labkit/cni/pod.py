"""A pod's life: namespace, CNI ADD, process; its end the other way round."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Final

from labkit.cni.attachment import Attachment, plan_container, plan_pod_args
from labkit.cni.conf import Network, parse_conf, plan_loopback
from labkit.cni.errors import AlreadyAddedError, CniError
from labkit.cni.runtime import Runtime
from labkit.errors import LabkitError
from labkit.world import Machine, MachineSpec, World

# a link of that name with these addresses
_SHOW: Final = 'ip link add "$0" type veth peer name gone; for address; do ip addr add "$address" dev "$0"; done'
LOOPBACK: Final = plan_loopback()


def plan_attachment(pod: str, node: str, capabilities: Mapping[str, Any] | None = None) -> Attachment:
    """The attachment of a pod: its namespace by the node's /run/netns, the arguments that containerd passes."""
    name, _, namespace = pod.partition(".")
    container = plan_container(pod, node)
    args = plan_pod_args(namespace or "default", name, container)
    return Attachment(container, f"/run/netns/{pod}", args=args, capabilities=capabilities or {})


def add_pod(
    world: World, pod: str, node: str, runtime: Runtime, *, capabilities: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Make the pod's namespace if there is none, and ADD it to the node's network. Returns the CNI result.

    When that fails, a namespace that was made here is taken away again.
    """
    network = runtime.read_network()
    attachment = plan_attachment(pod, node, capabilities)
    there = pod in {machine.name for machine in world.machines()}
    if not there:
        world.add_machines([MachineSpec(pod, "pod", node, by_name=True)])
    try:
        return _add(network, attachment, runtime)
    except AlreadyAddedError as error:
        raise AlreadyAddedError(
            f"{pod} is plugged in already, or that was broken off", hint=f"`labkit cni del {pod}` unplugs it"
        ) from error
    except LabkitError:
        if not there:
            with contextlib.suppress(LabkitError):  # the first error is the one that explains
                world.remove_machine(pod)
        raise


def _add(network: Network, attachment: Attachment, runtime: Runtime) -> Mapping[str, Any]:
    loopback = _plan_loopback(attachment)
    runtime.add(LOOPBACK, loopback)
    try:
        return runtime.add(network, attachment)
    except LabkitError:
        with contextlib.suppress(LabkitError):
            runtime.delete(LOOPBACK, loopback)
        raise


def check_pod(pod: Machine, runtime: Runtime) -> bool:
    """CHECK a pod's attachment, in the network it is in. False when its conf forbids that; raises CniError with what is missing."""
    attachment = plan_attachment(pod.name, _find_node(pod))
    kept = _find_networks(attachment, runtime)
    now = runtime.read_network()
    networks = [network for network in kept if network.name != now.name]
    return runtime.check(networks[0] if networks else now, attachment)


def remove_pod(world: World, pod: Machine, runtime: Runtime, *, keep: bool = False) -> None:
    """End its processes, DEL it from its networks, take the namespace away; with `keep` only DEL."""
    if not keep and (processes := [str(number) for number, _ in pod.list_processes()]):
        pod.run(["kill", "-KILL", *processes])
    unplug_pod(pod.name, _find_node(pod), runtime)
    if not keep:
        world.remove_machine(pod.name)


def del_pod(world: World, pod: str, node: str, runtime: Runtime, *, keep: bool = False) -> bool:
    """The same by name; False when there is no such pod: what it may have left on the node, a lease or a rule, is taken away."""
    there = [machine for machine in world.machines() if (machine.name, machine.node) == (pod, node)]
    if there:
        remove_pod(world, there[0], runtime, keep=keep)
    else:
        _unplug_gone(world, pod, node, runtime)
    return bool(there)


def _unplug_gone(world: World, pod: str, node: str, runtime: Runtime) -> None:
    """DEL a pod whose namespace is gone; what `bridge` put into the nat table goes too.

    Plugins (1.1.1) learn in the pod which addresses it has, and leave their rules where there is no pod: so they are shown a namespace
    with the link and the addresses that ADD gave.
    """
    attachment = plan_attachment(pod, node)
    kept = [each for each in runtime.list_kept(attachment.container) if each.attachment.link == attachment.link]
    addresses = [ip["address"] for each in kept for ip in (each.result or {}).get("ips", ())]
    if not addresses:
        unplug_pod(pod, node, runtime)
        return
    with world.start_machine(MachineSpec(pod, "pod", node, by_name=True)) as machine:
        machine.run(["bash", "-c", _SHOW, attachment.link, *addresses])
        unplug_pod(pod, node, runtime)


def unplug_pod(pod: str, node: str, runtime: Runtime) -> None:
    """DEL a pod, which may be gone, from the networks that ADD put it in, by the confs of then; else from the node's network."""
    attachment = plan_attachment(pod, node)
    for network in _find_networks(attachment, runtime) or [runtime.read_network()]:
        _delete(network, attachment, runtime)
    _delete(LOOPBACK, _plan_loopback(attachment), runtime)


def _delete(network: Network, attachment: Attachment, runtime: Runtime) -> None:
    """DEL, once more after an error, as kubelet repeats it: some of what a broken off ADD left makes bridge fail the first time."""
    try:
        runtime.delete(network, attachment)
    except CniError:
        runtime.delete(network, attachment)


def _find_networks(attachment: Attachment, runtime: Runtime) -> list[Network]:
    kept = [each for each in runtime.list_kept(attachment.container) if each.attachment.link == attachment.link]
    return [parse_conf(each.text) for each in kept]


def _plan_loopback(attachment: Attachment) -> Attachment:
    return Attachment(attachment.container, attachment.netns, "lo")


def _find_node(pod: Machine) -> str:
    if pod.node is None:
        raise CniError(f"{pod.name} is a {pod.kind}, not a pod on a node", hint="labkit ps shows the pods")
    return pod.node
