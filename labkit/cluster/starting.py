"""Bringing a cluster up on the machines of a world: what can begin at once begins at once, and each part is watched until it serves."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from labkit.cluster.calico import FILES, KINDS
from labkit.cluster.manifests import COREDNS
from labkit.cluster.outfit import ADDONS, MANIFESTS, NODES
from labkit.cluster.values import Cluster
from labkit.daemons.daemon import Wish
from labkit.daemons.felix import READY
from labkit.daemons.kube_proxy import METRICS, WRITTEN
from labkit.errors import LabkitError
from labkit.timing import scale
from labkit.world import Machine, World

Tell = Callable[[str], None]
_AT_ONCE: Final = 16
_PAUSE: Final = 0.1  # seconds between two looks at kube-proxy
_SECONDS: Final = 60.0  # until nodes, kube-proxy and CoreDNS are ready


def start_cluster(
    world: World, cluster: Cluster, address: str, tell: Tell = lambda _: None, beside: Callable[[], None] = lambda: None
) -> None:
    """From machines with their files to a cluster that is ready. Raises LabkitError with what did not come up, in its own words.

    `beside`: what else has to be made, as soon as the API takes pods; it goes on while nodes, kube-proxy and CoreDNS become ready.
    """
    control = world.machine(cluster.control)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tell("etcd, API server …")
        store = pool.submit(start_daemon, control, Wish("etcd", "etcd"))
        kubelets = [
            pool.submit(start_daemon, world.machine(name), Wish("kubelet", "kubelet")) for name in cluster.kubelets
        ]
        start_daemon(
            control, Wish("kube-apiserver", "kube-apiserver", {"address": address, "services": cluster.services})
        )
        store.result()
        addons = [pool.submit(_apply_calico, control)] if cluster.addon == "calico" else []
        if cluster.kubelets:
            _apply_nodes(control)
        tell("controllers, scheduler, nodes …")
        prefixes = {"pods": cluster.pods, "services": cluster.services}
        names = pool.submit(_start_names, world, cluster)
        others = [
            pool.submit(start_daemon, control, Wish("kube-controller-manager", "kube-controller-manager", prefixes)),
            pool.submit(start_daemon, control, Wish("kube-scheduler", "kube-scheduler")),
            pool.submit(_apply, control),
            *(pool.submit(start_daemon, world.machine(name), Wish("ipip", "ipip")) for name in plan_wrapping(cluster)),
        ]
        for each in (*addons, *kubelets, *others):
            each.result()
        tell(_say_last(cluster))
        waits = [pool.submit(_run, control, words) for words in plan_waits(cluster)]
        _run(control, ["kubectl", "wait", "serviceaccount/default", "--for=create", _plan_patience()])
        beside()
        for done in (*waits, names):
            done.result()


def start_daemon(machine: Machine, wish: Wish) -> None:
    """Until it serves."""
    _run(machine, ["daemon", "start", *wish.render_words()])


def plan_waits(cluster: Cluster) -> list[list[str]]:
    """Commands of which each ends when a part of the cluster is ready."""
    if not cluster.kubelets or cluster.addon == "none":
        return []
    waits = [["kubectl", "wait", "node", "--all", "--for=condition=Ready", _plan_patience()]]
    return [*waits, plan_rollout("daemonset/kube-proxy")] if cluster.proxy != "none" else waits


def plan_wrapping(cluster: Cluster) -> tuple[str, ...]:
    """Nodes that need IP in IP: a program of theirs where the kernel has it not, and so none of Calico's pod, with which it would end."""
    return cluster.kubelets if (cluster.addon, cluster.backend) == ("calico", "bird") else ()


def plan_rollout(what: str) -> list[str]:
    """The command that ends when all pods of an add-on are ready."""
    return ["kubectl", "-n", "kube-system", "rollout", "status", _plan_patience(), what]


def _plan_patience() -> str:
    return f"--timeout={scale(_SECONDS):g}s"


def _say_last(cluster: Cluster) -> str:
    parts = [f"{len(cluster.kubelets)} nodes", *(["kube-proxy"] if cluster.proxy != "none" else [])]
    return ", ".join([*parts, *(["CoreDNS"] if cluster.dns else [])]) + " …"


def _apply_nodes(control: Machine) -> None:
    """Each with its own prefix: before a controller could choose one, and also where its kubelet was faster."""
    _run(control, f"kubectl apply --server-side --force-conflicts --validate=false -f /{NODES}")


def _apply(control: Machine) -> None:
    """The objects that the cluster begins with, all at once but for CoreDNS's."""
    files = " ".join(f"-f /{ADDONS}/{name}" for name in control.list_folder(f"/{ADDONS}") or () if name != COREDNS)
    if files:
        _run(control, f"kubectl create --validate=false {files}")


def _apply_calico(control: Machine) -> None:
    """As kubespray does it: the objects say what they were applied as. Its kinds first, which take their time."""
    files = " ".join(f"-f /{MANIFESTS}/{name}" for name in (KINDS, *FILES))
    _run(control, f"kubectl create --save-config --validate=false {files}")


def _start_names(world: World, cluster: Cluster) -> None:
    """CoreDNS asks the API server by its ClusterIP: before kube-proxy's and Felix's rules are there that fails, and is tried again seconds later."""
    control, plugged = world.machine(cluster.control), cluster.addon != "none" and bool(cluster.kubelets)
    if not cluster.dns:
        return
    if plugged:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: _wait_for_rules(world.machine(name), plan_signs(cluster)), cluster.kubelets))
    _run(control, f"kubectl create --validate=false -f /{ADDONS}/{COREDNS}")
    if plugged:
        _run(control, plan_rollout("deployment/coredns"))


def plan_signs(cluster: Cluster) -> list[str]:
    """Commands of a node that succeed when a pod's packets get to the API server, and back; what is asked for cheaply first."""
    written = f"curl -s http://127.0.0.1:{METRICS}/metrics | grep -Eq '{WRITTEN}'"
    wanted = {f"[ -e {READY} ]": cluster.addon == "calico", written: cluster.proxy != "none"}
    return [command for command, is_wanted in wanted.items() if is_wanted]


def _wait_for_rules(node: Machine, signs: Sequence[str]) -> None:
    for sign in signs:
        _run(node, f"for n in $(seq {scale(_SECONDS) / _PAUSE:.0f}); do {sign} && break; sleep {_PAUSE}; done")


def _run(machine: Machine, command: str | Sequence[str]) -> None:
    patience = {key: os.environ[key] for key in ("LABKIT_TIMEOUT_SCALE",) if key in os.environ}
    result = machine.run(command, env=patience)
    if result.status:
        typed = command if isinstance(command, str) else shlex.join(command)
        raise LabkitError(
            f"the cluster does not come up: {machine.name}: {typed}: status {result.status}: {result.stderr.strip()}",
            hint="labkit start tries it anew; LABKIT_TIMEOUT_SCALE=3 gives a slow machine more time",
        )
