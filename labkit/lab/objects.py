"""Objects of the API as things that somebody made, each with the kubectl that takes it away and the one that brings it back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from labkit.kube import Api, MissingError
from labkit.kube.kinds import KINDS, Kind
from labkit.net.snapshot.item import Item, Lines

# what others write while nobody does anything, or derive from what is listed
_DERIVED: Final = (
    "Event", "Endpoints", "EndpointSlice", "Lease", "Node",
    "BlockAffinity", "ClusterInformation", "IPAMBlock", "IPAMConfig", "IPAMHandle",
)  # fmt: skip
# with every namespace, or by the control plane sooner or later
_BORN: Final = (
    "ConfigMap */kube-root-ca.crt", "ServiceAccount */default", "ConfigMap kube-system/*apiserver*",
    *(f"ServiceAccount kube-system/*-{each}" for each in ("autoscaler", "binder", "cleaner", "collector", "controller", "publisher")),
)  # fmt: skip
_DEFAULTS: Final = "kubernetes.io/bootstrapping"  # a label of RBAC's
# kubectl's, controllers' and Calico's plugin's, which notes at each pod what it gave it
_NOTES: Final = (
    "kubectl.kubernetes.io/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset",
    "cni.projectcalico.org/",
)
_OF_NODES: Final = "node.kubernetes.io/"  # labels and taints that kubelet and the node controller write
Object = Mapping[str, Any]


def list_object_items(api: Api, busy: Collection[str]) -> Iterator[Item]:
    """What somebody made: nothing that has an owner, that the cluster writes by itself, or that is being deleted.

    `busy`: nodes whose kubelet runs, which says whether they are ready.
    """
    for kind in (*KINDS.values(), *_list_custom_kinds(api)):
        if kind.name not in _DERIVED:
            yield from (_plan_item(kind, found) for found in _list_all(api, kind) if _is_made(kind, found))
    for node in api.list("Node"):
        yield _plan_node(node)
        if node["metadata"]["name"] in busy:
            yield _plan_readiness(node)


def _list_custom_kinds(api: Api) -> Iterator[Kind]:
    """Those that KINDS does not name: Calico's."""
    for spec in (each["spec"] for each in api.list("CustomResourceDefinition")):
        name, version = spec["names"]["kind"], next(each["name"] for each in spec["versions"] if each["served"])
        if name not in KINDS or KINDS[name].group != spec["group"]:
            yield Kind(spec["group"], version, name, spec["names"]["plural"], spec["scope"] == "Namespaced")


def _list_all(api: Api, kind: Kind) -> Iterable[Object]:
    """None of a kind that this cluster has not been taught."""
    try:
        return api.list(kind)
    except MissingError:
        return ()


def _is_made(kind: Kind, found: Object) -> bool:
    meta = found["metadata"]
    born = _DEFAULTS in (meta.get("labels") or ()) or any(fnmatchcase(_name(kind, meta), each) for each in _BORN)
    return not born and not meta.get("ownerReferences") and not meta.get("deletionTimestamp")


def _name(kind: Kind, meta: Mapping[str, Any]) -> str:
    return " ".join((kind.name, "/".join(filter(None, (meta.get("namespace"), meta["name"])))))


def _plan_item(kind: Kind, found: Object) -> Item:
    name, namespace = found["metadata"]["name"], found["metadata"].get("namespace", "")
    slot = _name(kind, found["metadata"])
    text = json.dumps(_strip(kind, found), sort_keys=True)
    create = ("sh", "-c", f"printf %s {shlex.quote(text)} | kubectl create -f -")
    return Item(slot, text, slot, (create,), _plan_deletion(kind, name, namespace))


def _plan_deletion(kind: Kind, name: str, namespace: str) -> Lines:
    """At once; a pod on a node without a kubelet would never be gone."""
    place = f" -n {namespace}" if namespace else ""
    delete = f"kubectl delete {kind.plural} {name}{place}"
    if kind.name != "Pod":
        return ((*delete.split(),),)
    return (("sh", "-c", f"{delete} --now --timeout=4s || {delete} --force --grace-period=0"),)


def _strip(kind: Kind, found: Object) -> dict[str, Any]:
    """What a person would have to write, as far as that can be told."""
    meta = found["metadata"]
    kept = {key: meta[key] for key in ("name", "namespace", "labels") if meta.get(key)}
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if not key.startswith(_NOTES)}
    rest = {
        key: value for key, value in found.items() if key not in ("metadata", "status", "apiVersion", "kind") and value
    }
    if kind.name == "Namespace":
        rest.pop("spec", None)
    return {
        "apiVersion": kind.api_version, "kind": kind.name,
        "metadata": kept | ({"annotations": notes} if notes else {}), **rest,
    }  # fmt: skip


def _plan_node(node: Object) -> Item:
    """What somebody may change of a node: labels, taints, whether pods may come."""
    name = node["metadata"]["name"]
    spec = {
        "taints": [each for each in node["spec"].get("taints") or () if not each["key"].startswith(_OF_NODES)] or None,
        "unschedulable": node["spec"].get("unschedulable") or None,
    }
    text = json.dumps({"metadata": {"labels": node["metadata"].get("labels") or {}}, "spec": spec}, sort_keys=True)
    patch = ("kubectl", "patch", "node", name, "--type=merge", "-p", text)
    return Item(f"Node {name}", text, f"Node {name}", (patch,))


def _plan_readiness(node: Object) -> Item:
    """Nobody's to change, and a sign that all is as it was."""
    conditions = node.get("status", {}).get("conditions") or ()
    ready = next((str(each["status"]) for each in conditions if each["type"] == "Ready"), "")
    slot = f"Ready of Node {node['metadata']['name']}"
    return Item(slot, ready, slot)
