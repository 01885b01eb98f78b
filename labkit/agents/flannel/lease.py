"""Which node has which part of the pods' network, from a list of Node objects as the Kubernetes API gives it."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from labkit.errors import UsageError, parse_json

NODES: Final = "/etc/kube-flannel/nodes.json"
PREFIX: Final = "flannel.alpha.coreos.com/"


@dataclass(frozen=True)
class Lease:
    """A node's part: `subnet` of the pods' network, at `address` in the nodes' network; `mac` of its flannel.1."""

    node: str
    subnet: ipaddress.IPv4Network
    address: ipaddress.IPv4Address
    mac: str


class Source(Protocol):
    """Where the leases come from. `changed` is cheap: it is asked every second."""

    def read(self) -> tuple[Lease, ...]: ...
    def changed(self) -> bool: ...


class FileSource:
    """A file in place of the API server: what `kubectl get nodes -o json` would print."""

    def __init__(self, path: str = NODES) -> None:
        self._path = Path(path)
        self._seen: tuple[int, int] | None = None

    def read(self) -> tuple[Lease, ...]:
        """All leases. Raises UsageError when the file is missing or wrong."""
        self._seen = self._read_stamp()
        try:
            return parse_nodes(self._path.read_text(encoding="utf-8"), file=str(self._path))
        except OSError as error:
            raise UsageError(
                f"{self._path}: {error.strerror}", hint="it lists the nodes, as kubectl get nodes -o json"
            ) from error

    def changed(self) -> bool:
        """Whether it was written since it was read."""
        return self._read_stamp() != self._seen

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def parse_nodes(text: str, *, file: str = NODES) -> tuple[Lease, ...]:
    """Read a NodeList. Nodes without a podCIDR have no lease yet. Raises UsageError that names file and node."""
    data = parse_json(text, file)
    try:
        return tuple(_parse_node(node) for node in data["items"] if node.get("spec", {}).get("podCIDR"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{file}: {what}", hint="the form is that of kubectl get nodes -o json") from error


def _parse_node(node: Mapping[str, Any]) -> Lease:
    name, annotations = node["metadata"]["name"], node["metadata"].get("annotations", {})
    address = (
        annotations.get(f"{PREFIX}public-ip")
        or {each["type"]: each["address"] for each in node["status"]["addresses"]}["InternalIP"]
    )
    backend = parse_json(annotations.get(f"{PREFIX}backend-data", "{}") or "{}", f"{PREFIX}backend-data of {name}")
    mac = (backend or {}).get("VtepMAC") or plan_mac(name)
    return Lease(name, ipaddress.IPv4Network(node["spec"]["podCIDR"]), ipaddress.IPv4Address(address), mac)


def plan_mac(node: str) -> str:
    """The MAC of a node's flannel.1 where no annotation says it: from the name, so that every node knows every other's.

    flannel takes one by chance and publishes it as an annotation on its Node.
    """
    digest = hashlib.sha256(f"flannel.1 {node}".encode()).digest()
    return bytes([digest[0] & 0xFC | 0x02, *digest[1:6]]).hex(":")
