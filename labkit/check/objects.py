"""Kubernetes' objects as a check sees them: read from the API by the judge, and written down as the kubectl that shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.check.probes import Probes
from labkit.check.record import SHOWN
from labkit.check.verdict import Evidence, Failed
from labkit.kube import Api, KubeError, MissingError, find_kind
from labkit.lab.kube import open_lab_api, require_control

Object = Mapping[str, Any]
EVERYWHERE = "*"


class Objects(Probes):
    """Nouns of a cluster. Kinds by their names ("Pod", "Deployment", see labkit/kube/kinds.py); objects are plain dicts."""

    _control = "control"

    def objects(self, kind: str, namespace: str = "default", *, labels: str = "") -> list[Object]:
        """All of a kind in a namespace ("*": in all); `labels`: key=value,key=value."""
        words = ["kubectl", "get", find_kind(kind).plural, *_place(kind, namespace)]
        words += [f"--selector={labels}"] if labels else []
        found = self._ask(
            words, lambda api: api.list(kind, "" if namespace == EVERYWHERE else namespace, labels=labels)
        )
        self.note(Evidence(self._control, tuple(words), "\n".join(map(render_line, found))[:SHOWN], 0))
        return list(found)

    def find_object(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        """One object; None when there is none of this name."""
        words = ["kubectl", "get", kind.lower(), name, *_place(kind, namespace), "-o", "json"]
        try:
            found: dict[str, Any] = self._ask(words, lambda api: api.get(kind, name, namespace))
        except MissingError as error:
            self.note(Evidence(self._control, tuple(words), error.message, 1))
            return None
        found["metadata"].pop("managedFields", None)
        self.note(Evidence(self._control, tuple(words), json.dumps(found, indent=2)[:SHOWN], 0))
        return found

    def object(self, kind: str, name: str, namespace: str = "default") -> Object:
        """The same; the check is red when there is none."""
        found = self.find_object(kind, name, namespace)
        if found is None:
            where = "" if not find_kind(kind).namespaced or namespace == "default" else f" in namespace {namespace}"
            raise Failed(expected=f"a {kind} {name}{where}", observed="there is none")
        return found

    def pods(self, namespace: str = "default", *, labels: str = "") -> list[Object]:
        """Pods as the API has them, those that are being deleted left out."""
        return [each for each in self.objects("Pod", namespace, labels=labels) if not is_leaving(each)]

    def _ask(self, words: Sequence[str], ask: Any) -> Any:
        control = require_control(self._lab.world)
        self._control = control.name
        try:
            return ask(self._open(control))
        except MissingError:
            raise
        except KubeError as error:
            if not isinstance(_find_root(error), ConnectionRefusedError):
                raise
            evidence = self.note(Evidence(control.name, tuple(words), error.message, 1))
            raise Failed(
                expected="an API server that answers", observed=f"nobody listens: {error.message}", evidence=evidence
            ) from error

    def _open(self, control: Any) -> Api:
        return open_lab_api(control, self.limit)


def is_leaving(found: Object) -> bool:
    """Whether it is being deleted (kubectl: Terminating)."""
    return "deletionTimestamp" in found["metadata"]


def is_ready(found: Object) -> bool:
    """Whether the condition Ready of a pod or a node is True."""
    return find_condition(found, "Ready") == "True"


def find_condition(found: Object, name: str) -> str:
    """True, False, Unknown; empty when nobody said."""
    conditions = found.get("status", {}).get("conditions") or ()
    return next((str(each["status"]) for each in conditions if each["type"] == name), "")


def find_owner(found: Object) -> str:
    """Who made it and looks after it, as Kind/name; empty when nobody does."""
    owners = found["metadata"].get("ownerReferences") or ()
    return next((f"{each['kind']}/{each['name']}" for each in owners if each.get("controller")), "")


def render_line(found: Object) -> str:
    """One object in a line: of a pod also its phase, address and node."""
    meta, status, spec = found["metadata"], found.get("status") or {}, found.get("spec") or {}
    name = "/".join(filter(None, (meta.get("namespace"), meta["name"])))
    more = (status.get("phase"), status.get("podIP"), spec.get("nodeName"), "Terminating" if is_leaving(found) else "")
    return " ".join([name, *(str(each) for each in more if each)])


def _place(kind: str, namespace: str) -> list[str]:
    if not find_kind(kind).namespaced:
        return []
    if namespace == EVERYWHERE:
        return ["--all-namespaces"]
    return [] if namespace == "default" else ["-n", namespace]


def _find_root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def name_machine(pod: Object) -> str:
    """The machine that a pod is: called as the pod, with its namespace where that is not default."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    return str(name) if namespace == "default" else f"{name}.{namespace}"
