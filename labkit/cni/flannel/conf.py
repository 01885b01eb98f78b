"""flannel's two files: net-conf.json, which says what the network shall be, and subnet.env, which says what this node got."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.errors import UsageError

NET_CONF: Final = "/etc/kube-flannel/net-conf.json"
SUBNET_ENV: Final = "/run/flannel/subnet.env"
OVERHEAD: Final[Mapping[str, int]] = {"vxlan": 50, "host-gw": 0, "udp": 28}  # bytes around a pod's packet
_VNI_BITS: Final = 24
_DEFAULT_PORTS: Final = {"vxlan": 8472, "udp": 8285, "host-gw": 0}


@dataclass(frozen=True)
class Backend:
    """How packets get to other nodes: `kind` host-gw, vxlan or udp; `direct`: to nodes on the same cable without wrapping."""

    kind: str
    vni: int = 1
    port: int = 0
    direct: bool = False

    @property
    def overhead(self) -> int:
        """Bytes that it puts around a packet: what a pod's MTU is smaller than the node's."""
        return OVERHEAD[self.kind]


@dataclass(frozen=True)
class NetConf:
    """The pods' network, of which every node has a part."""

    network: ipaddress.IPv4Network
    backend: Backend


@dataclass(frozen=True)
class SubnetEnv:
    """What the CNI plugin has to know: the node's part with the bridge's address in it, and whether flanneld masquerades."""

    network: ipaddress.IPv4Network
    subnet: ipaddress.IPv4Interface
    mtu: int
    ip_masq: bool

    def render(self) -> str:
        """The file, in flannel's order."""
        return (
            f"FLANNEL_NETWORK={self.network}\n"
            f"FLANNEL_SUBNET={self.subnet}\n"
            f"FLANNEL_MTU={self.mtu}\n"
            f"FLANNEL_IPMASQ={str(self.ip_masq).lower()}\n"
        )


def parse_net_conf(text: str, *, file: str = NET_CONF) -> NetConf:
    """Read net-conf.json. Raises UsageError that names file and key."""
    try:
        data = json.loads(text)
        backend = data.get("Backend", {})
        return NetConf(ipaddress.IPv4Network(data["Network"]), _parse_backend(backend))
    except KeyError as error:
        raise _wrong(file, f"{error.args[0]} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong(file, str(error)) from error


def _parse_backend(data: Mapping[str, Any]) -> Backend:
    kind = data.get("Type", "udp")  # flannel's own default
    if kind not in OVERHEAD:
        raise ValueError(f"Backend.Type {kind!r} is not known here; known are {', '.join(OVERHEAD)}")
    vni, port = data.get("VNI", 1), data.get("Port", _DEFAULT_PORTS[kind])
    if not isinstance(vni, int) or not 0 < vni < 1 << _VNI_BITS:
        raise ValueError(f"Backend.VNI {vni!r}: a number of 24 bits is expected")
    if not isinstance(port, int) or not 0 <= port < 1 << 16:
        raise ValueError(f"Backend.Port {port!r}: a UDP port is expected")
    return Backend(kind, vni, port, bool(data.get("DirectRouting", False)))


def parse_subnet_env(text: str, *, file: str = SUBNET_ENV) -> SubnetEnv:
    """Read subnet.env. Raises UsageError that names what is missing."""
    values = dict(line.split("=", 1) for line in text.split() if "=" in line)
    try:
        return SubnetEnv(
            ipaddress.IPv4Network(values["FLANNEL_NETWORK"]),
            ipaddress.IPv4Interface(values["FLANNEL_SUBNET"]),
            int(values["FLANNEL_MTU"]),
            values["FLANNEL_IPMASQ"] == "true",
        )
    except KeyError as error:
        raise _wrong(file, f"is missing {error.args[0]}") from error
    except ValueError as error:
        raise _wrong(file, str(error)) from error


def _wrong(file: str, what: str) -> UsageError:
    return UsageError(f"{file}: {what}", hint=f"cat {file}")
