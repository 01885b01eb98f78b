"""A pod's life: namespace, CNI ADD, process; its end the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from labkit.cni.attachment import Attachment, plan_container
from labkit.cni.conf import parse_conf
from labkit.cni.errors import CniError
from labkit.cni.runtime import Runtime
from labkit.world import Machine, MachineSpec, World

# containerd runs this before the pod's network, with link lo (cri, "cni-loopback")
LOOPBACK: Final = parse_conf('{"cniVersion": "0.3.1", "name": "cni-loopback", "plugins": [{"type": "loopback"}]}')


def plan_attachment(pod: str, node: str, capabilities: Mapping[str, Any] | None = None) -> Attachment:
    """The attachment of a pod: its namespace by the node's /run/netns, the arguments that containerd passes."""
    name, _, namespace = pod.partition(".")
    container = plan_container(pod, node)
    args = {
        "IgnoreUnknown": "1", "K8S_POD_NAMESPACE": namespace or "default", "K8S_POD_NAME": name,
        "K8S_POD_INFRA_CONTAINER_ID": container,
    }  # fmt: skip
    return Attachment(container, f"/run/netns/{pod}", args=args, capabilities=capabilities or {})


def add_pod(
    world: World, pod: str, node: str, runtime: Runtime, *, capabilities: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Make the pod's namespace if there is none, and ADD it to the node's network. Returns the CNI result."""
    if pod not in {machine.name for machine in world.machines()}:
        world.add_machines([MachineSpec(pod, "pod", node)])
    attachment = plan_attachment(pod, node, capabilities)
    runtime.add(LOOPBACK, _plan_loopback(attachment))
    return runtime.add(runtime.read_network(), attachment)


def check_pod(pod: Machine, runtime: Runtime) -> None:
    """CHECK a pod's attachment. Raises CniError with what is missing."""
    runtime.check(runtime.read_network(), plan_attachment(pod.name, _find_node(pod)))


def remove_pod(world: World, pod: Machine, runtime: Runtime, *, keep: bool = False) -> None:
    """End its processes, DEL it from the network, take the namespace away (unless `keep`)."""
    attachment = plan_attachment(pod.name, _find_node(pod))
    runtime.delete(runtime.read_network(), attachment)
    runtime.delete(LOOPBACK, _plan_loopback(attachment))
    if not keep:
        world.remove_machine(pod.name)


def _plan_loopback(attachment: Attachment) -> Attachment:
    return Attachment(attachment.container, attachment.netns, "lo")


def _find_node(pod: Machine) -> str:
    if pod.node is None:
        raise CniError(f"{pod.name} is a {pod.kind}, not a pod on a node", hint="labkit ps shows the pods")
    return pod.node
