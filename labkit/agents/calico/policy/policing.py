"""All that Felix has to know about who may talk to whom, read out of the datastore: policies in their order, endpoints with all their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from labkit.agents.calico.facts import WorkloadFacts
from labkit.agents.calico.objects import (
    ACCOUNT,
    GLOBAL_NETWORK_POLICY,
    GLOBAL_NETWORK_SET,
    KUBERNETES_POLICY,
    NAMESPACE,
    NETWORK_POLICY,
)
from labkit.agents.calico.policy import kubernetes, native, selecting
from labkit.agents.calico.policy.model import Endpoint, Policy
from labkit.agents.calico.policy.parsing import BROKEN, say_broken
from labkit.agents.calico.store import Store

Object = Mapping[str, Any]
T = TypeVar("T")
KINDS: Final = (NAMESPACE, ACCOUNT, KUBERNETES_POLICY, NETWORK_POLICY, GLOBAL_NETWORK_POLICY, GLOBAL_NETWORK_SET)
_NAME: Final = "projectcalico.org/name"


@dataclass(frozen=True)
class Policing:
    """`policies`: in the order in which they are asked; `endpoints`: pods and network sets of the whole cluster; `refused`: what could not be read."""

    policies: tuple[Policy, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    spaces: frozenset[str] = field(default_factory=frozenset)
    refused: tuple[str, ...] = ()


def read_policing(store: Store, workloads: Iterable[WorkloadFacts]) -> Policing | None:
    """As it is now; None in a datastore without namespaces: there is no Kubernetes in it whose pods could be told apart. Raises KubeError."""
    spaces = {each["metadata"]["name"]: each for each in store.list(NAMESPACE)}
    if not spaces:
        return None
    refused: list[str] = []
    policies = [
        *_parse_each(store.list(KUBERNETES_POLICY), kubernetes.parse_policy, refused),
        *_parse_each(store.list(NETWORK_POLICY), native.parse_policy, refused),
        *_parse_each(store.list(GLOBAL_NETWORK_POLICY), native.parse_policy, refused),
    ]
    sets = _parse_each(store.list(GLOBAL_NETWORK_SET), lambda each: (native.parse_network_set(each), []), refused)
    accounts = {(_place(each), each["metadata"]["name"]): each for each in store.list(ACCOUNT)}
    endpoints = [plan_endpoint(each, spaces, accounts) for each in workloads]
    ordered = sorted(policies, key=lambda each: (each.order, each.name))
    return Policing(tuple(ordered), (*endpoints, *sets), frozenset(spaces), tuple(refused))


def _parse_each(
    objects: Iterable[Object], parse: Callable[[Object], tuple[T, list[str]]], refused: list[str]
) -> list[T]:
    """Those that can be read; of the others a line each."""
    found: list[T] = []
    for each in objects:
        try:
            value, lines = _remember(each, parse)
        except BROKEN as error:
            refused.append(f"{_name(each)} is not read: {say_broken(error)}")
        else:
            found.append(value)
            refused += [f"{_name(each)}: {line}" for line in lines]
    return found


_known: dict[str, tuple[str, Any]] = {}
_KNOWN: Final = 10_000


def _remember(value: Object, parse: Callable[[Object], T]) -> T:
    """What became of an object of this version; there are few that change."""
    about = value.get("metadata") or {}
    uid, version = str(about.get("uid") or ""), str(about.get("resourceVersion") or "")
    known, parsed = _known.get(uid, ("", None))
    if not uid or not version or known != version:
        parsed = parse(value)
        if len(_known) > _KNOWN:
            _known.clear()
        _known[uid] = (version, parsed)
    return cast("T", parsed)


def _name(value: Object) -> str:
    about = value.get("metadata") or {}
    return f"{value.get('kind', 'object')} {'/'.join(filter(None, (str(about.get('namespace') or ''), str(about.get('name')))))}"


def _place(value: Object) -> str:
    return str(value["metadata"].get("namespace") or "default")


def plan_endpoint(
    pod: WorkloadFacts, spaces: Mapping[str, Object], accounts: Mapping[tuple[str, str], Object]
) -> Endpoint:
    """A pod with the labels that it has by itself, by its namespace (pcns.) and by its service account (pcsa.)."""
    space, account = spaces.get(pod.namespace), accounts.get((pod.namespace, pod.account))
    labels = {
        **_inherit(space, selecting.NAMESPACE_PREFIX), **_inherit(account, selecting.ACCOUNT_PREFIX),
        **{key: str(each) for key, each in pod.labels.items()},
        selecting.NAMESPACE: pod.namespace, selecting.ORCHESTRATOR: "k8s", selecting.ACCOUNT: pod.account,
    }  # fmt: skip
    profiles, nets = tuple(pod.profiles), (f"{pod.address}/32",)
    return Endpoint(f"{pod.namespace}/{pod.pod}", labels, nets, pod.link, pod.node, pod.ports, profiles)


def _inherit(value: Object | None, prefix: str) -> dict[str, str]:
    if value is None:
        return {}
    labels = value["metadata"].get("labels") or {}
    return {**{prefix + key: str(each) for key, each in labels.items()}, f"{prefix}{_NAME}": value["metadata"]["name"]}
