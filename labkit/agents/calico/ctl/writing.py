"""`calicoctl create`, `apply`, `replace`, `delete` and `patch` (calicoctl v3.20, commands/common/resources.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.calico.ctl.checking import check_overlap, check_spec
from labkit.agents.calico.ctl.reading import find_shown, say_missing
from labkit.agents.calico.ctl.resources import Object, Resource
from labkit.agents.calico.ctl.wanted import Wanted, merge, parse_wanted
from labkit.agents.calico.facts import NEVER, PREFIX
from labkit.agents.calico.objects import POOL
from labkit.agents.calico.policy import kubernetes, native
from labkit.agents.calico.store import Store, find
from labkit.errors import LabkitError, UsageError, parse_json
from labkit.kube import ConflictError, MissingError

DONE: Final = {
    "create": "created", "apply": "applied", "replace": "replaced", "delete": "deleted", "patch": "patched",
}  # fmt: skip
_DEFAULTS: Final[Mapping[str, Object]] = {
    "IPPool": {"blockSize": 26, "ipipMode": NEVER, "nodeSelector": "all()", "vxlanMode": NEVER},
    "BGPPeer": {},
    "BGPConfiguration": {},
    "FelixConfiguration": {},
    "NetworkPolicy": {},
    "GlobalNetworkPolicy": {},
    "GlobalNetworkSet": {},
}  # fmt: skip
_NODE_FIELDS: Final = {
    "asNumber": "ASNumber", "ipv4Address": "IPv4Address", "ipv4IPIPTunnelAddr": "IPv4IPIPTunnelAddr",
    "routeReflectorClusterID": "RouteReflectorClusterID",
}  # fmt: skip


def carry_out(store: Store, do: str, wanted: Wanted) -> None:
    """One of DONE, but for patch. Raises LabkitError."""
    if wanted.resource.name in ("Node", "WorkloadEndpoint"):
        _change_node(store, do, wanted)
        return
    if wanted.resource.name == "NetworkPolicy" and wanted.name.startswith(kubernetes.PREFIX):
        raise LabkitError(
            f"operation {do} is not supported on NetworkPolicy({wanted.namespace}/{wanted.name}): kubernetes network policies must be managed through the kubernetes API",
            hint="kubectl",
        )
    try:
        _WAYS[do](store, wanted)
    except MissingError as error:
        raise say_missing(wanted.resource, wanted.name, error.message) from error
    except ConflictError as error:
        known = f"{wanted.resource.name}({wanted.name})"
        what = "resource already exists" if do == "create" else "update conflict"
        raise LabkitError(
            f"{what}: {known}", hint="calicoctl apply changes one that is there" if do == "create" else "again"
        ) from error


def _complete(wanted: Wanted) -> Object:
    """With what is so where nothing is said; of a policy the types that its rules are of."""
    spec = {**_DEFAULTS[wanted.resource.name], **wanted.spec}
    policy = wanted.resource.name in ("NetworkPolicy", "GlobalNetworkPolicy") and not spec.get("types")
    return {**spec, "types": [each.capitalize() for each in native.list_types(spec)]} if policy else spec


def _create(store: Store, wanted: Wanted) -> None:
    spec = _complete(wanted)
    _check(store, wanted, spec, None)
    store.create(wanted.resource.kind, {"metadata": wanted.about, "spec": spec}, wanted.namespace)


def _replace(store: Store, wanted: Wanted) -> None:
    there = store.get(wanted.resource.kind, wanted.kept, wanted.namespace)
    spec = _complete(wanted)
    _check(store, wanted, spec, there["spec"])
    version = wanted.value["metadata"].get("resourceVersion") or there["metadata"]["resourceVersion"]
    store.replace(
        wanted.resource.kind,
        {**there, "metadata": {**there["metadata"], **wanted.about, "resourceVersion": str(version)}, "spec": spec},
        wanted.namespace,
    )


def _apply(store: Store, wanted: Wanted) -> None:
    do = _replace if find(store, wanted.resource.kind, wanted.kept, wanted.namespace) else _create
    do(store, wanted)


def _delete(store: Store, wanted: Wanted) -> None:
    store.delete(wanted.resource.kind, wanted.kept, wanted.namespace)


_WAYS: Final = {"create": _create, "apply": _apply, "replace": _replace, "delete": _delete}


def _check(store: Store, wanted: Wanted, spec: Object, before: Mapping[str, Any] | None) -> None:
    check_spec(wanted.resource.name, wanted.name, spec, before)
    if wanted.resource.kind == POOL:
        check_overlap(wanted.name, spec, {each["metadata"]["name"]: each["spec"]["cidr"] for each in store.list(POOL)})


def _change_node(store: Store, do: str, wanted: Wanted) -> None:
    """Kubernetes makes nodes and pods and takes them away; of a node calicoctl changes labels and what BIRD is told."""
    if wanted.resource.name == "WorkloadEndpoint" or do in ("create", "delete"):
        raise LabkitError(
            f"operation {do.capitalize()} is not supported on {wanted.resource.name}({wanted.name})",
            hint="Kubernetes' own object is meant: kubectl",
        )
    there = find(store, wanted.resource.kind, wanted.name)
    if there is None:
        raise say_missing(wanted.resource, wanted.name, f'nodes "{wanted.name}" not found')
    about, bgp = there["metadata"], wanted.spec.get("bgp") or {}
    others = {
        key: value
        for key, value in (about.get("annotations") or {}).items()
        if key.removeprefix(PREFIX) not in _NODE_FIELDS.values()
    }
    told = {PREFIX + _NODE_FIELDS[key]: str(value) for key, value in bgp.items() if key in _NODE_FIELDS}
    labels = wanted.value["metadata"].get("labels", about.get("labels") or {})
    store.replace(
        wanted.resource.kind, {**there, "metadata": {**about, "labels": labels, "annotations": {**others, **told}}}
    )


def patch(store: Store, resource: Resource, name: str, text: str) -> None:
    """A merge patch (RFC 7386). Raises LabkitError."""
    shown = find_shown(store, resource, name)
    try:
        changes = parse_json(text, "the patch")
    except UsageError as error:
        raise UsageError(f"permorming strategic merge patch: {error.message}", hint=error.hint) from error
    carry_out(store, "replace", parse_wanted(merge(shown, changes)))
