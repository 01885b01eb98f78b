"""Bringing a cluster up on the machines of a world: what can begin at once begins at once, and each part is watched until it serves."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from labkit.cluster.outfit import ADDONS, NODES
from labkit.cluster.values import Cluster
from labkit.daemons.daemon import Wish
from labkit.errors import LabkitError
from labkit.timing import scale
from labkit.world import Machine, World

Tell = Callable[[str], None]
_AT_ONCE: Final = 16
_SECONDS: Final = 60.0  # until nodes, kube-proxy and CoreDNS are ready


def start_cluster(world: World, cluster: Cluster, address: str, tell: Tell = lambda _: None) -> None:
    """From machines with their files to a cluster that is ready. Raises LabkitError with what did not come up, in its own words."""
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
        if cluster.kubelets:
            _apply_nodes(control)
        tell("controllers, scheduler, nodes …")
        prefixes = {"pods": cluster.pods, "services": cluster.services}
        others = [
            pool.submit(start_daemon, control, Wish("kube-controller-manager", "kube-controller-manager", prefixes)),
            pool.submit(start_daemon, control, Wish("kube-scheduler", "kube-scheduler")),
            pool.submit(_apply, control),
        ]
        for each in (*kubelets, *others):
            each.result()
        tell(_say_last(cluster))
        for done in [pool.submit(_run, control, words) for words in plan_waits(cluster)]:
            done.result()


def start_daemon(machine: Machine, wish: Wish) -> None:
    """Until it serves."""
    _run(machine, ["daemon", "start", *wish.render_words()])


def plan_waits(cluster: Cluster) -> list[list[str]]:
    """Commands of which each ends when a part of the cluster is ready."""
    patience = f"--timeout={scale(_SECONDS):g}s"
    waits = [["kubectl", "wait", "serviceaccount/default", "--for=create", patience]]  # before it no pod is admitted
    if not cluster.kubelets or cluster.addon == "none":
        return waits
    waits += [["kubectl", "wait", "node", "--all", "--for=condition=Ready", patience]]
    rollout = ["kubectl", "-n", "kube-system", "rollout", "status", patience]
    if cluster.proxy != "none":
        waits.append([*rollout, "daemonset/kube-proxy"])
    if cluster.dns:
        waits.append([*rollout, "deployment/coredns"])
    return waits


def _say_last(cluster: Cluster) -> str:
    parts = [f"{len(cluster.kubelets)} nodes", *(["kube-proxy"] if cluster.proxy != "none" else [])]
    return ", ".join([*parts, *(["CoreDNS"] if cluster.dns else [])]) + " …"


def _apply_nodes(control: Machine) -> None:
    """Each with its own prefix: before a controller could choose one, and also where its kubelet was faster."""
    _run(control, f"kubectl apply --server-side --force-conflicts --validate=false -f /{NODES}")


def _apply(control: Machine) -> None:
    """The objects that the cluster begins with, all at once."""
    _run(control, f"! test -d /{ADDONS} || kubectl create --validate=false -f /{ADDONS}")


def _run(machine: Machine, command: str | Sequence[str]) -> None:
    patience = {key: os.environ[key] for key in ("LABKIT_TIMEOUT_SCALE",) if key in os.environ}
    result = machine.run(command, env=patience)
    if result.status:
        typed = command if isinstance(command, str) else shlex.join(command)
        raise LabkitError(
            f"the cluster does not come up: {machine.name}: {typed}: status {result.status}: {result.stderr.strip()}",
            hint="labkit start tries it anew; LABKIT_TIMEOUT_SCALE=3 gives a slow machine more time",
        )
