"""What a file asks of `calicoctl create`, `apply`, `replace` and `delete`: objects as they are shown (calicoctl v3.20, resourcemgr/resourcemgr.go)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.agents.calico.ctl.checking import FIELDS, check_fields
from labkit.agents.calico.ctl.resources import RESOURCES, VERSION, Object, Resource
from labkit.errors import UsageError


@dataclass(frozen=True)
class Wanted:
    """An object of a file, as it is shown."""

    resource: Resource
    value: Object

    @property
    def name(self) -> str:
        return str(self.value["metadata"]["name"])

    @property
    def kept(self) -> str:
        """The name under which it is kept."""
        return self.resource.prefix + self.name

    @property
    def namespace(self) -> str:
        """Of a kind that lives in some."""
        return str(self.value["metadata"].get("namespace") or "default") if self.resource.namespaced else ""

    @property
    def about(self) -> Object:
        """Its metadata as they are kept."""
        labels = self.value["metadata"].get("labels")
        place = {"namespace": self.namespace} if self.namespace else {}
        return {"name": self.kept, **place, **({} if labels is None else {"labels": labels})}

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
    if kind in FIELDS:
        check_fields(kind, value.get("spec") or {})
    return Wanted(resource, value)


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
