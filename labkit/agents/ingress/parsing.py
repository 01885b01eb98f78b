"""An Ingress object as values: what can be served of it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.ingress.annotations import Annotations, parse_annotations
from labkit.agents.ingress.backends import Backend, parse_backend
from labkit.agents.ingress.checking import find_fault
from labkit.agents.ingress.model import DEFAULT_SERVER, EXACT, PREFIX, ROOT, Trouble

Object = Mapping[str, Any]
INVALID: Final = ("Rejected", "InvalidAnnotation")  # reasons for which the webhook says no


@dataclass(frozen=True)
class Path:
    """One path of a rule; without a backend it leads to no Service."""

    path: str
    kind: str
    backend: Backend | None


@dataclass(frozen=True)
class Rule:
    """A host, `_` for all, and its paths."""

    host: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Parsed:
    """`tls`: (hosts, name of the Secret) each."""

    about: tuple[str, str, str, str]
    annotations: Annotations
    default: Backend | None
    rules: tuple[Rule, ...]
    tls: tuple[tuple[tuple[str, ...], str], ...]

    @property
    def namespace(self) -> str:
        """Services and Secrets are looked for there."""
        return self.about[1]

    @property
    def name(self) -> str:
        """The Ingress's."""
        return self.about[2]

    def list_backends(self) -> Iterator[Backend]:
        """Every Service's port that it names."""
        paths = (path.backend for rule in self.rules for path in rule.paths)
        yield from (each for each in (self.default, *paths) if each)


def name_object(found: Object, kind: str = "Ingress") -> tuple[str, str, str, str]:
    """Kind, namespace, name and uid, as an Event refers to it."""
    metadata = found["metadata"]
    return kind, metadata.get("namespace", ""), metadata["name"], metadata.get("uid", "")


def parse_ingress(found: Object) -> tuple[Parsed | None, tuple[Trouble, ...]]:
    """None where one of its rules must not be rendered: it is served as a whole or not at all."""
    about, spec = name_object(found), found["spec"]
    annotations, unknown, wrong = parse_annotations(found["metadata"].get("annotations") or {})
    troubles = tuple(Trouble(about, "InvalidAnnotation", each) for each in wrong)
    troubles += tuple(Trouble(about, "UnknownAnnotation", each) for each in unknown)
    rules = spec.get("rules") or ()
    regex = bool(annotations.use_regex or annotations.rewrite_target)
    faults = [fault for fault in (find_fault(rule, regex=regex) for rule in rules) if fault]
    if faults:
        return None, (*troubles, Trouble(about, "Rejected", faults[0]))
    namespace = about[1]
    default = parse_backend(namespace, spec.get("defaultBackend"))
    tls = tuple((tuple(each.get("hosts") or ()), each.get("secretName") or "") for each in spec.get("tls") or ())
    return Parsed(about, annotations, default, tuple(_parse_rule(namespace, rule) for rule in rules), tls), troubles


def _parse_rule(namespace: str, rule: Object) -> Rule:
    paths = (rule.get("http") or {}).get("paths") or ()
    return Rule(str(rule.get("host") or DEFAULT_SERVER), tuple(_parse_path(namespace, each) for each in paths))


def _parse_path(namespace: str, path: Object) -> Path:
    """ImplementationSpecific means Prefix here (1.5.1, k8s.SetDefaultNGINXPathType)."""
    kind = EXACT if path.get("pathType") == EXACT else PREFIX
    return Path(path.get("path") or ROOT, kind, parse_backend(namespace, path.get("backend")))
