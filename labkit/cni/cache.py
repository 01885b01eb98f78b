"""The result cache on a node: what ADD gave, for a later CHECK, DEL and GC (libcni's files and form, cniCacheV1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.cni.attachment import Attachment
from labkit.cni.conf import Network
from labkit.cni.errors import IO_FAILURE, CniError
from labkit.cni.plugin import Node

FOLDER: Final = "/var/lib/cni/results"


@dataclass(frozen=True)
class Cached:
    """An attachment that ADD made: its network's name and conf, and the result."""

    network: str
    attachment: Attachment
    result: Mapping[str, Any]
    text: str = field(default="", repr=False)


def plan_path(network: str, attachment: Attachment) -> str:
    """Where libcni puts it: network, container and link in one name."""
    return f"{FOLDER}/{network}-{attachment.container}-{attachment.link}"


def write_cached(node: Node, network: Network, attachment: Attachment, result: Any) -> None:
    """Written to a neighbouring name first: a node that is killed half-way keeps no half file."""
    path = plan_path(network.name, attachment)
    data = {
        "kind": "cniCacheV1",
        "containerId": attachment.container,
        "config": base64.b64encode(network.text.encode()).decode(),
        "ifName": attachment.link,
        "networkName": network.name,
        "netns": attachment.netns,
        "cniArgs": [[key, value] for key, value in attachment.args.items()],
        "capabilityArgs": dict(attachment.capabilities),
        "result": result,
    }
    script = 'mkdir -p "${1%/*}" && cat >"$1.new" && mv "$1.new" "$1"'
    done = node.run(["sh", "-c", script, "sh", path], stdin=json.dumps(data))
    if done.status:
        raise CniError(f"{path} on {node.name} can't be written: {done.stderr.strip()}", code=IO_FAILURE)


def read_cached(node: Node, network: str, attachment: Attachment) -> Cached | None:
    """What ADD left; None when there is nothing, or nothing that can be read."""
    done = node.run(["cat", plan_path(network, attachment)])
    return None if done.status else parse_cached(done.stdout)


def list_cached(node: Node) -> list[Cached]:
    """Every attachment that the node remembers."""
    names = node.run(["sh", "-c", f"ls {FOLDER} 2>/dev/null"]).stdout.split()
    found = [parse_cached(node.run(["cat", f"{FOLDER}/{name}"]).stdout) for name in names]
    return [cached for cached in found if cached]


def remove_cached(node: Node, network: str, attachment: Attachment) -> None:
    """Forget it; there may be nothing to forget."""
    node.run(["rm", "-f", plan_path(network, attachment)])


def parse_cached(text: str) -> Cached | None:
    """One file."""
    try:
        data = json.loads(text)
        attachment = Attachment(
            data["containerId"], data["netns"], data["ifName"],
            {str(key): str(value) for key, value in data.get("cniArgs") or []}, data.get("capabilityArgs") or {},
        )  # fmt: skip
        conf = base64.b64decode(data["config"]).decode()
        return Cached(str(data["networkName"]), attachment, dict(data["result"]), conf)
    except (ValueError, KeyError, TypeError, CniError):
        return None
