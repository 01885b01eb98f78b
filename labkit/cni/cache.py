"""The result cache on a node: what ADD gave, for a later CHECK, DEL and GC (libcni's files and form, cniCacheV1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.cni.attachment import Attachment
from labkit.cni.call import Node
from labkit.cni.conf import Network
from labkit.cni.errors import IO_FAILURE, CniError
from labkit.cni.result import parse_result
from labkit.errors import parse_json

FOLDER: Final = "/var/lib/cni/results"
LEASES: Final = "/var/lib/cni/networks"  # host-local's: a file an address, in it the container and the link
# To a neighbouring name first, and moved only when all of it has come: who is killed half-way leaves no half file.
_WRITE: Final = """umask 077; [ -d "${1%/*}" ] || mkdir -p "${1%/*}"
cat >"$1.new" && [ "$(wc -c <"$1.new")" = "$2" ] && mv "$1.new" "$1\""""
# Neighbouring names whose writers are gone.
_SWEEP: Final = """for file in "$1"/*.new; do pgrep -f -- "${file%.new}" >/dev/null || rm -f -- "$file"; done"""
_THERE: Final = 17  # EEXIST
_RESERVE: Final = f'[ ! -e "$1" ] || exit {_THERE}; {_WRITE}'


@dataclass(frozen=True)
class Cached:
    """An attachment: its network's name, the text of its conf, and what ADD gave; None when ADD was begun and has not ended."""

    network: str
    attachment: Attachment
    result: Mapping[str, Any] | None
    text: str = field(default="", repr=False)


def plan_path(network: str, attachment: Attachment) -> str:
    """Where libcni puts it: network, container and link in one name."""
    return f"{FOLDER}/{network}-{attachment.container}-{attachment.link}"


def render_cached(network: Network, attachment: Attachment, result: Mapping[str, Any] | None) -> str:
    """One file: JSON in one line; without a result it has none, as libcni leaves out what is empty."""
    data = {
        "kind": "cniCacheV1",
        "containerId": attachment.container,
        "config": base64.b64encode(network.text.encode()).decode(),
        "ifName": attachment.link,
        "networkName": network.name,
        "netns": attachment.netns,
        "cniArgs": [[key, value] for key, value in attachment.args.items()],
        "capabilityArgs": dict(attachment.capabilities),
    }
    return json.dumps(data | ({} if result is None else {"result": dict(result)}))


def parse_cached(text: str) -> Cached | None:
    """One file; None when it is none that can be used."""
    try:
        data = parse_json(text, "a kept result")
        attachment = Attachment(
            data["containerId"], data.get("netns", ""), data["ifName"],
            {str(key): str(value) for key, value in data.get("cniArgs") or []}, data.get("capabilityArgs") or {},
        )  # fmt: skip
        conf = base64.b64decode(data["config"]).decode()
        result = parse_result(data["result"], "") if "result" in data else None
        return Cached(str(data["networkName"]), attachment, result, conf)
    except (ValueError, KeyError, TypeError, AttributeError, CniError):
        return None


def reserve(node: Node, network: Network, attachment: Attachment) -> bool:
    """Write down what ADD is about to do, so that DEL knows of it whatever happens. False when it is known already."""
    return _write(node, _RESERVE, plan_path(network.name, attachment), render_cached(network, attachment, None))


def write_cached(node: Node, network: Network, attachment: Attachment, result: Mapping[str, Any]) -> None:
    """Keep what ADD gave."""
    _write(node, _WRITE, plan_path(network.name, attachment), render_cached(network, attachment, result))


def _write(node: Node, script: str, path: str, text: str) -> bool:
    done = node.run(["sh", "-c", script, "sh", path, str(len(text.encode()))], stdin=text)
    if done.status not in (0, _THERE):
        raise CniError(f"{path} on {node.name} can't be written: {done.stderr.strip()}", code=IO_FAILURE)
    return not done.status


def read_cached(node: Node, network: str, attachment: Attachment) -> Cached | None:
    """What ADD left; None when there is nothing, or nothing that can be read."""
    done = node.run(["cat", plan_path(network, attachment)])
    return None if done.status else parse_cached(done.stdout)


def list_cached(node: Node, container: str = "") -> list[Cached]:
    """Every attachment that the node remembers, or those of one container, by their files' names."""
    names = f"*-{container}-*" if container else "*"
    done = node.run(
        ["find", FOLDER, "-type", "f", "-name", names, "!", "-name", "*.new", "-exec", "grep", "-h", "", "{}", "+"]
    )
    found = [cached for line in done.stdout.splitlines() if (cached := parse_cached(line))]
    mine = [cached for cached in found if container in ("", cached.attachment.container)]
    return sorted(mine, key=lambda cached: plan_path(cached.network, cached.attachment))


def sweep(node: Node) -> None:
    """Remove half files that nobody writes any more."""
    node.run(["sh", "-c", _SWEEP, "sh", FOLDER])


def remove_cached(node: Node, network: str, attachment: Attachment) -> None:
    """Forget it; there may be nothing to forget."""
    path = plan_path(network, attachment)
    node.run(["rm", "-f", path, f"{path}.new"])
