"""`calicoctl get`: objects as columns, YAML or JSON (calicoctl v3.20, commands/get.go, commands/common/printer.go)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.agents.calico.ctl.resources import VERSION, Object, Resource
from labkit.agents.calico.objects import BGP_CONFIG
from labkit.agents.calico.store import Store, find
from labkit.agents.calico.tables import render_columns
from labkit.errors import LabkitError, UsageError
from labkit.kube import MissingError

FORMATS: Final = ("ps", "wide", "yaml", "yml", "json")


def list_shown(store: Store, resource: Resource, namespace: str = "") -> list[Object]:
    """All of a kind, by name; of a namespace, if one is said."""
    inside = [each for each in resource.list_shown(store) if namespace in ("", each["metadata"].get("namespace"))]
    return sorted(inside, key=lambda each: (each["metadata"].get("namespace", ""), each["metadata"]["name"]))


def find_shown(store: Store, resource: Resource, name: str, namespace: str = "") -> Object:
    """One. Raises LabkitError in calicoctl's words."""
    if resource.namespaced:
        found = next(
            (each for each in list_shown(store, resource, namespace) if each["metadata"]["name"] == name), None
        )
        if found:
            return found
        raise say_missing(resource, f"{namespace}/{name}", f'{resource.kind.plural} "{name}" not found')
    try:
        return resource.show(store.get(resource.kind, resource.prefix + name)) or {}
    except MissingError as error:
        raise say_missing(resource, name, error.message) from error


def say_missing(resource: Resource, name: str, told: str) -> LabkitError:
    """libcalico-go's ErrorResourceDoesNotExist."""
    return LabkitError(
        f"resource does not exist: {resource.name}({name}) with error: {told}",
        hint=f"calicoctl get {resource.names[0]} lists those that exist",
    )


def read_as_number(store: Store) -> str:
    """Of nodes that have none of their own; empty where nothing else is said than usual."""
    found = find(store, BGP_CONFIG, "default")
    return str((found or {"spec": {}})["spec"].get("asNumber") or "")


def render_shown(
    resource: Resource, shown: Sequence[Object] | Object, how: str, *, as_number: str = "", namespaced: bool = False
) -> str:
    """A list, or one object. `as_number`: in place of the usual one; `namespaced`: with a column for it. Raises UsageError."""
    if how in ("yaml", "yml", "json"):
        return _render_data(resource, shown, how)
    if how not in FORMATS:
        raise UsageError(f"unrecognized output format '{how}'", hint=f"here: {', '.join(FORMATS)}")
    heads = (
        *(("NAMESPACE",) if namespaced and resource.namespaced else ()),
        *(resource.wide if how == "wide" else resource.short),
    )
    columns = dict(resource.columns)
    if as_number and "ASN" in columns and resource.name == "Node":
        usual = columns["ASN"]
        columns["ASN"] = lambda each: f"({as_number})" if usual(each).startswith("(") else usual(each)
    rows = [[columns[head](each) for head in heads] for each in ([shown] if isinstance(shown, Mapping) else shown)]
    return render_columns(heads, rows) + "\n"


def _render_data(resource: Resource, shown: Sequence[Object] | Object, how: str) -> str:
    whole: Any = shown
    if not isinstance(shown, Mapping):
        newest = max((int(each["metadata"]["resourceVersion"]) for each in shown), default=0)
        whole = {
            "apiVersion": VERSION,
            "items": list(shown),
            "kind": f"{resource.name}List",
            "metadata": {"resourceVersion": str(newest)},
        }
    if how == "json":
        return json.dumps(whole, indent=2) + "\n"
    return _render_yaml(whole)


def _render_yaml(value: Any) -> str:
    """As Go's yaml has it: in double quotes what needs some."""
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # pyyaml has no types
        def choose_scalar_style(self) -> str:
            chosen = str(super().choose_scalar_style())
            return '"' if chosen == "'" else chosen

    return str(yaml.dump(value, Dumper=Dumper, default_flow_style=False))
