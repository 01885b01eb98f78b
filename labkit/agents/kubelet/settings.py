"""What this node's kubelet is told: its command line and /var/lib/kubelet/config.yaml (KubeletConfiguration, kubelet.config.k8s.io/v1beta1)."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.errors import UsageError
from labkit.world import run_program

CONFIG: Final = "/var/lib/kubelet/config.yaml"
KUBECONFIG: Final = "/etc/kubernetes/kubelet.conf"
ROOT: Final = "/var/lib/kubelet"
VERSION: Final = "v1.35.4"  # whose words and ways this kubelet has


@dataclass(frozen=True)
class Settings:
    """`address`: the node's InternalIP; `certificate`, `key`: files for port 10250."""

    node: str
    address: str
    kubeconfig: str = KUBECONFIG
    cluster_dns: tuple[str, ...] = ("10.96.0.10",)
    cluster_domain: str = "cluster.local"
    max_pods: int = 110
    port: int = 10250
    resolv_conf: str = "/etc/resolv.conf"
    certificate: str = f"{ROOT}/pki/kubelet.crt"
    key: str = f"{ROOT}/pki/kubelet.key"
    registers: bool = True  # makes the Node object where there is none


def parse_settings(words: Sequence[str], config: Mapping[str, Any]) -> Settings:
    """Options as kubelet's. Raises UsageError for a value of the file that can't be used."""
    parser = argparse.ArgumentParser(
        prog="kubelet",
        description="Runs this node's pods. A stand-in of this course for Kubernetes' kubelet: containers are processes of this machine.",
    )
    parser.add_argument("--kubeconfig", default=KUBECONFIG)
    parser.add_argument("--config", default=CONFIG, help="a KubeletConfiguration")
    parser.add_argument("--hostname-override", default=socket.gethostname(), metavar="NAME")
    parser.add_argument("--node-ip", default="", metavar="ADDRESS", help="the first address of eth0, if it is not said")
    said = parser.parse_args(words)
    return Settings(
        said.hostname_override, said.node_ip, said.kubeconfig,
        tuple(_take(config, "clusterDNS", list, ["10.96.0.10"])), _take(config, "clusterDomain", str, "cluster.local"),
        _take(config, "maxPods", int, 110), _take(config, "port", int, 10250),
        _take(config, "resolvConf", str, "/etc/resolv.conf"),
        _take(config, "tlsCertFile", str, f"{ROOT}/pki/kubelet.crt"),
        _take(config, "tlsPrivateKeyFile", str, f"{ROOT}/pki/kubelet.key"),
        config.get("registerNode") is not False,
    )  # fmt: skip


def _take(config: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = config.get(key) or default
    if not isinstance(value, kind):
        raise UsageError(f"{CONFIG}: {key} is {value!r}", hint=f"{kind.__name__} is expected, as in {key}: {default}")
    return value


def read_config(path: str) -> dict[str, Any]:
    """The file; {} where there is none. Raises UsageError."""
    import yaml

    if not Path(path).exists():
        return {}
    try:
        config = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: {error}", hint="it is YAML, kind KubeletConfiguration") from error
    if not isinstance(config, dict):
        raise UsageError(f"{path} is no object", hint="it is YAML, kind KubeletConfiguration")
    return config


def find_address() -> str:
    """The node's own: the first address of eth0, else of any link but lo; "" while it has none."""
    links = json.loads(run_program(["ip", "-j", "-4", "addr"]).stdout or "[]")
    for link in sorted(links, key=lambda link: link["ifname"] != "eth0"):
        for address in link.get("addr_info", ()):
            if address.get("scope") == "global":
                return str(address["local"])
    return ""
