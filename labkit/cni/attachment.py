"""One container's plug in one network, and the stdin and environment that a plugin gets for it (specification, section 3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.cni.conf import Network
from labkit.cni.errors import INVALID_ENVIRONMENT, CniError

BIN: Final = "/opt/cni/bin"
_CONTAINER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_LONGEST_LINK: Final = 15  # bytes
_RUNTIMES: Final = ("cniVersion", "name", "capabilities", "runtimeConfig", "prevResult")


@dataclass(frozen=True)
class Attachment:
    """`args` become CNI_ARGS, `capabilities` runtimeConfig where a plugin declares them."""

    container: str
    netns: str
    link: str = "eth0"
    args: Mapping[str, str] = field(default_factory=dict)
    capabilities: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_container(self.container)
        check_link(self.link)
        if any(re.search(r"[;=]", text) for pair in self.args.items() for text in pair):
            raise _wrong("CNI_ARGS", str(dict(self.args)), "KEY=VALUE;KEY=VALUE")

    def plan_environment(self, command: str) -> dict[str, str]:
        """The variables of ADD, DEL or CHECK, in the order of the specification's table."""
        if not self.netns and command != "DEL":
            raise _wrong("CNI_NETNS", "", "the path of the container's namespace; only DEL can do without")
        environment = {
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": self.container,
            "CNI_NETNS": self.netns,
            "CNI_IFNAME": self.link,
            "CNI_ARGS": ";".join(f"{key}={value}" for key, value in self.args.items()),
            "CNI_PATH": BIN,
        }
        return {key: value for key, value in environment.items() if value}


def check_container(container: str) -> None:
    """Raises CniError where a plugin would refuse this CNI_CONTAINERID."""
    if not _CONTAINER.fullmatch(container):
        raise _wrong("CNI_CONTAINERID", container, "letters, digits, _ . - after a letter or digit")


def check_link(link: str) -> None:
    """Raises CniError where a plugin would refuse this CNI_IFNAME."""
    length = len(link.encode(errors="replace"))
    if not 0 < length <= _LONGEST_LINK or link in (".", "..") or re.search(r"[/:\s]", link):
        raise _wrong("CNI_IFNAME", link, "at most 15 characters, no / : or blank")


def plan_pod_args(namespace: str, name: str, container: str) -> dict[str, str]:
    """What containerd tells plugins of the pod."""
    return {
        "IgnoreUnknown": "1", "K8S_POD_NAMESPACE": namespace, "K8S_POD_NAME": name,
        "K8S_POD_INFRA_CONTAINER_ID": container,
    }  # fmt: skip


def plan_container(pod: str, node: str) -> str:
    """A container's id as a runtime would give it, the same for the same pod: 64 hexadecimal digits."""
    return hashlib.sha256(f"{node}/{pod}".encode()).hexdigest()


def plan_stdin(
    network: Network, plugin: Mapping[str, Any], capabilities: Mapping[str, Any], previous: Any = None
) -> dict[str, Any]:
    """What one plugin gets: its own object with name and version, without `capabilities`, with what the runtime adds."""
    config: dict[str, Any] = {"cniVersion": network.version, "name": network.name}
    config |= {key: value for key, value in plugin.items() if key not in _RUNTIMES}
    declared = plugin.get("capabilities", {})
    supplied = {key: value for key, value in capabilities.items() if declared.get(key)}
    if supplied:
        config["runtimeConfig"] = supplied
    if previous is not None:
        config["prevResult"] = previous
    return config


def _wrong(variable: str, value: str, wanted: str) -> CniError:
    return CniError(f"{variable} is {value!r}", code=INVALID_ENVIRONMENT, hint=wanted)
