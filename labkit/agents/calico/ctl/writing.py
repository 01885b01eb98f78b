"""`calicoctl create`, `apply`, `replace`, `delete` and `patch` (calicoctl v3.20, commands/common/resources.go)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.agents.calico.ctl.checking import check_fields, check_overlap, check_spec
from labkit.agents.calico.ctl.reading import find_shown, say_missing
from labkit.agents.calico.ctl.resources import RESOURCES, VERSION, Object, Resource
from labkit.agents.calico.facts import NEVER, PREFIX
from labkit.agents.calico.objects import POOL
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
}  # fmt: skip
_NODE_FIELDS: Final = {
    "asNumber": "ASNumber", "ipv4Address": "IPv4Address", "ipv4IPIPTunnelAddr": "IPv4IPIPTunnelAddr",
    "routeReflectorClusterID": "RouteReflectorClusterID",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """An object of a file, as it is shown."""

    resource: Resource
    value: Object

    @property
    def name(self) -> str:
        return str(self.value["metadata"]["name"])

    @property
    def spec(self) -> Object:
        return dict(self.value.get("spec") or {})


def read_wanted(path: str) -> list[Wanted]:
    """A file's objects; "-": what is typed. Raises UsageError in calicoctl's words."""
    try:
        found = [parse_wanted(value) for value in _read_values(path)]
    except UsageError as error:
        raise UsageError(f"Failed to execute command: {error.message}", hint=error.hint) from error
    if not found:
        raise UsageError(
            f"No resources specified in file {path}", hint="calicoctl get KIND NAME -o yaml shows the form"
        )
    return found


def _read_values(path: str) -> list[Any]:
    """Documents, and lists of them."""
    import yaml

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        values = [value for value in yaml.safe_load_all(text) if value]
    except OSError as error:
        raise UsageError(
            f"open {path}: {(error.strerror or '').lower()}", hint="-f names a file of this machine"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(
            f"error converting YAML to JSON: {error}", hint="blanks count: how far is each line moved in?"
        ) from error
    return [each for value in values for each in (value if isinstance(value, list) else [value])]


def parse_wanted(value: Any) -> Wanted:
    """Raises UsageError: it is none, or of no kind that is known, or has a field that its kind has not."""
    if not isinstance(value, dict):
        raise UsageError("error unmarshaling JSON: an object with apiVersion and kind is expected")
    kind, version = value.get("kind", ""), value.get("apiVersion", "")
    resource = next((each for each in RESOURCES if (each.name, VERSION) == (kind, version)), None)
    if resource is None:
        raise UsageError(
            f"Unknown resource type ({kind}) and/or version ({version})",
            hint=f"here: {', '.join(each.name for each in RESOURCES)}, version {VERSION}",
        )
    if not (value.get("metadata") or {}).get("name"):
        raise UsageError(f"error with field Name = '' ({kind} has no metadata.name)")
    if not resource.namespaced:
        check_fields(kind, value.get("spec") or {})
    return Wanted(resource, value)


def carry_out(store: Store, do: str, wanted: Wanted) -> None:
    """One of DONE, but for patch. Raises LabkitError."""
    if wanted.resource.name in ("Node", "WorkloadEndpoint"):
        _change_node(store, do, wanted)
        return
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


def _create(store: Store, wanted: Wanted) -> None:
    spec = {**_DEFAULTS[wanted.resource.name], **wanted.spec}
    _check(store, wanted, spec, None)
    store.create(wanted.resource.kind, {"metadata": {"name": wanted.name}, "spec": spec})


def _replace(store: Store, wanted: Wanted) -> None:
    there = store.get(wanted.resource.kind, wanted.name)
    spec = {**_DEFAULTS[wanted.resource.name], **wanted.spec}
    _check(store, wanted, spec, there["spec"])
    version = wanted.value["metadata"].get("resourceVersion") or there["metadata"]["resourceVersion"]
    store.replace(
        wanted.resource.kind,
        {**there, "metadata": {**there["metadata"], "resourceVersion": str(version)}, "spec": spec},
    )


def _apply(store: Store, wanted: Wanted) -> None:
    do = _replace if find(store, wanted.resource.kind, wanted.name) else _create
    do(store, wanted)


def _delete(store: Store, wanted: Wanted) -> None:
    store.delete(wanted.resource.kind, wanted.name)


_WAYS: Final = {"create": _create, "apply": _apply, "replace": _replace, "delete": _delete}


def _check(store: Store, wanted: Wanted, spec: Object, before: Mapping[str, Any] | None) -> None:
    check_spec(wanted.resource.name, wanted.name, spec, before)
    if wanted.resource.kind == POOL:
        check_overlap(wanted.name, spec, {each["metadata"]["name"]: each["spec"]["cidr"] for each in store.list(POOL)})


def _change_node(store: Store, do: str, wanted: Wanted) -> None:
    """Kubernetes makes nodes and pods and takes them away; of a node calicoctl changes labels and what BIRD is told."""
    if wanted.resource.namespaced or do in ("create", "delete"):
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


def merge(value: Any, changes: Any) -> Any:
    """What `changes` has in place of what `value` has; null takes away."""
    if not isinstance(changes, dict):
        return changes
    merged = dict(value) if isinstance(value, dict) else {}
    for key, change in changes.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), change)
    return merged
