"""`calico-node -startup`: before a node's agents begin, what they need to know is put into the datastore (node pkg/lifecycle/startup, release-v3.20)."""

from __future__ import annotations

import os
import select
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from labkit.agents.calico.annotating import annotate_node
from labkit.agents.calico.autodetection import choose_address, find_own
from labkit.agents.calico.ctl.checking import check_spec
from labkit.agents.calico.datastore import open_datastore
from labkit.agents.calico.facts import parse_nodes
from labkit.agents.calico.felix.settings import DEFAULT
from labkit.agents.calico.felix.site import parse_listed
from labkit.agents.calico.following import find_node_name
from labkit.agents.calico.names import VERSION
from labkit.agents.calico.objects import CLUSTER, FELIX_CONFIG, NODE, POOL
from labkit.agents.calico.screen import explain, say
from labkit.agents.calico.store import Store, change, find
from labkit.agents.kit.kernel import run
from labkit.errors import LabkitError, UsageError
from labkit.kube import Api, ConflictError
from labkit.kube.events import render_time
from labkit.timing import scale

_NAME: Final = "startup"
_POOL: Final = "default-ipv4-ippool"
_CIDR: Final = "192.168.0.0/16"  # where nothing is said
_BLOCK_SIZE: Final = "26"
_SECONDS: Final = 60.0  # until the datastore has Calico's kinds
_PAUSE: Final = 0.2
_MODES: Final = {
    "": "Never", "off": "Never", "never": "Never", "crosssubnet": "CrossSubnet", "cross-subnet": "CrossSubnet", "always": "Always",
}  # fmt: skip
_NO: Final = ("false", "0", "no", "n", "f")
Environment = Mapping[str, str]


def run_startup() -> int:
    """The exit status; what was done or is wrong is said."""
    try:
        name = find_node_name()
        store = _wait_for_datastore()
        _ensure_address(store, name, os.environ)
        ensure_pool(store, os.environ)
        ensure_felix(store)
        ensure_information(store, [*os.environ.get("CLUSTER_TYPE", "").split(","), "kdd"])
        _tell_network(store, name)
    except LabkitError as error:
        say(_NAME, explain(error))
        return 1
    return 0


def _wait_for_datastore() -> Store:
    """Until it answers and has Calico's kinds, which may have come a moment ago. Raises LabkitError with its words."""
    store, until = open_datastore(), time.monotonic() + scale(_SECONDS)
    while True:
        try:
            store.list(POOL)
        except LabkitError as error:
            if time.monotonic() > until:
                raise
            last = explain(error)
        else:
            return store
        say(_NAME, f"the datastore is not ready: {last}")
        select.select([], [], [], _PAUSE)


def _ensure_address(store: Store, name: str, environment: Environment) -> None:
    """The node's address, as IP says, and its AS number. Raises LabkitError: none is found, or another node has it."""
    nodes = parse_nodes(store.list(NODE))
    own = next((node for node in nodes if node.name == name), None)
    address = plan_address(environment, own.interface if own else "")
    for node in nodes:
        if node.name != name and node.address == address.partition("/")[0]:
            raise UsageError(
                f"Calico node '{node.name}' is already using the IPv4 address {node.address}.",
                hint="IP or IP_AUTODETECTION_METHOD names another address",
            )
    number = {"ASNumber": environment["AS"]} if environment.get("AS") else {}
    if own is None or own.interface != address or number:
        annotate_node(store, name, {"IPv4Address": address, **number})
        say(_NAME, f"node {name} has the address {address}")


def plan_address(environment: Environment, before: str) -> str:
    """ADDRESS/LENGTH. `before`: what the datastore has, which stays where nothing else is said. Raises LabkitError."""
    wanted = environment.get("IP", "")
    if wanted == "none" or (not wanted and before):
        return before
    links = parse_listed(run(["ip", "-j", "-4", "addr"]))
    if wanted in ("", "autodetect"):
        return choose_address(environment.get("IP_AUTODETECTION_METHOD", ""), links, find_own)
    return wanted if "/" in wanted else choose_address("can-reach=", links, lambda _: wanted)


def ensure_pool(store: Store, environment: Environment) -> None:
    """The first pool, where there is none: CALICO_IPV4POOL_…. Raises LabkitError: a value that no pool can have."""
    if environment.get("NO_DEFAULT_POOLS", "").lower() == "true" or list(store.list(POOL)):
        return
    spec = plan_pool(environment)
    check_spec("IPPool", _POOL, spec, None)
    with suppress(ConflictError):  # another node was quicker
        store.create(POOL, {"metadata": {"name": _POOL}, "spec": spec})
        say(_NAME, f"made the pool {_POOL}: {spec['cidr']}, IPIP {spec['ipipMode']}, VXLAN {spec['vxlanMode']}")


def plan_pool(environment: Environment) -> dict[str, Any]:
    """Its spec. Raises UsageError."""
    size = environment.get("CALICO_IPV4POOL_BLOCK_SIZE") or _BLOCK_SIZE
    if not size.isdecimal():
        raise UsageError(f"CALICO_IPV4POOL_BLOCK_SIZE is {size!r}", hint="a number, 20 to 32")
    return {
        "cidr": environment.get("CALICO_IPV4POOL_CIDR") or _CIDR, "blockSize": int(size),
        "ipipMode": _parse_mode(environment, "CALICO_IPV4POOL_IPIP"), "vxlanMode": _parse_mode(environment, "CALICO_IPV4POOL_VXLAN"),
        "natOutgoing": environment.get("CALICO_IPV4POOL_NAT_OUTGOING", "true").lower() not in _NO,
        "nodeSelector": environment.get("CALICO_IPV4POOL_NODE_SELECTOR") or "all()",
    }  # fmt: skip


def _parse_mode(environment: Environment, key: str) -> str:
    told = environment.get(key, "")
    if told.lower() not in _MODES:
        raise UsageError(f"Unrecognized mode specified in {key} '{told}'", hint="Always, CrossSubnet, Off")
    return _MODES[told.lower()]


def ensure_felix(store: Store) -> None:
    """FelixConfiguration `default`, where there is none, with what Calico says in it. Raises KubeError."""
    spec = {"logSeverityScreen": "Info", "reportingInterval": "0s"}
    if find(store, FELIX_CONFIG, DEFAULT) is None:
        with suppress(ConflictError):
            store.create(FELIX_CONFIG, {"metadata": {"name": DEFAULT}, "spec": spec})


def ensure_information(store: Store, kinds: Sequence[str]) -> None:
    """ClusterInformation: Calico's version, and what kind of cluster this is, which several programs add to. Raises KubeError."""
    if find(store, CLUSTER, "default") is None:
        spec = {"clusterGUID": uuid.uuid4().hex, "datastoreReady": True, "clusterType": ""}
        with suppress(ConflictError):
            store.create(CLUSTER, {"metadata": {"name": "default"}, "spec": spec})
    change(store, CLUSTER, "default", lambda spec: _plan_information(spec, kinds))


def _plan_information(spec: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any] | None:
    """None where all of it is said already."""
    known = [each for each in str(spec.get("clusterType") or "").split(",") if each]
    added = [each for each in kinds if each and each not in known]
    new = {**spec, "calicoVersion": VERSION, "clusterType": ",".join([*known, *added])}
    return None if new == dict(spec) else new


def _tell_network(store: Store, name: str) -> None:
    """A condition of the Node, for who reads `kubectl describe node`."""
    now = render_time()
    condition = {
        "type": "NetworkUnavailable", "status": "False", "reason": "CalicoIsUp", "message": "Calico is running on this node",
        "lastHeartbeatTime": now, "lastTransitionTime": now,
    }  # fmt: skip
    if isinstance(store, Api):
        value = {"metadata": {"name": name}, "status": {"conditions": [condition]}}
        store.apply(NODE, value, "calico-node", action="status")
