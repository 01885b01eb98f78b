"""flannel's two files: net-conf.json, which says what the network shall be, and subnet.env, which says what this node got."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.flannel.schema import BACKENDS, NET, read_keys
from labkit.errors import UsageError, parse_json

NET_CONF: Final = "/etc/kube-flannel/net-conf.json"
SUBNET_ENV: Final = "/run/flannel/subnet.env"
OVERHEAD: Final[Mapping[str, int]] = {"vxlan": 50, "host-gw": 0, "udp": 28}  # bytes around a pod's packet
_VNI_BITS: Final = 24
_LEAST_MTU: Final = 118  # 68 bytes, the least of IPv4 (RFC 791), and what is put around them
_DEFAULT_PORTS: Final = {"vxlan": 8472, "udp": 8285, "host-gw": 0}


@dataclass(frozen=True)
class Backend:
    """How packets get to other nodes: `kind` host-gw, vxlan or udp; `direct`: to nodes on the same cable without wrapping.

    `mtu`: the largest packet outside, where it is not the uplink's; 0: it is.
    """

    kind: str
    vni: int = 1
    port: int = 0
    direct: bool = False
    mtu: int = 0

    @property
    def overhead(self) -> int:
        """Bytes that it puts around a packet: what a pod's MTU is smaller than the node's."""
        return OVERHEAD[self.kind]


@dataclass(frozen=True)
class NetConf:
    """The pods' network, of which every node has a part; `notes`: what in the file has no effect, for the log."""

    network: ipaddress.IPv4Network
    backend: Backend
    notes: tuple[str, ...] = ()


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
    data = parse_json(text, file)
    try:
        values, notes = read_keys(data, NET)
        backend, more = _parse_backend(values.get("Backend", {}))
        told = tuple(f"{file}: {note}" for note in (*notes, *more))
        return NetConf(ipaddress.IPv4Network(values["Network"]), backend, told)
    except KeyError as error:
        raise _wrong(file, f"{error.args[0]} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong(file, str(error)) from error


def _parse_backend(data: Mapping[str, Any]) -> tuple[Backend, list[str]]:
    said = {name.lower(): value for name, value in data.items()}.get("type", "udp")  # flannel's own default
    kind = str(said).lower()
    if kind not in BACKENDS:
        raise ValueError(f"Backend.Type {json.dumps(said)} is not known here; known are {', '.join(BACKENDS)}")
    values, notes = read_keys(data, BACKENDS[kind], "Backend.")
    vni, port, mtu = values.get("VNI", 1), values.get("Port", 0) or _DEFAULT_PORTS[kind], values.get("MTU", 0)
    if not 0 < vni < 1 << _VNI_BITS:
        raise ValueError(f"Backend.VNI {vni}: a number of 24 bits is expected")
    if not 0 <= port < 1 << 16:
        raise ValueError(f"Backend.Port {port}: a UDP port is expected")
    if mtu and not _LEAST_MTU <= mtu < 1 << 16:
        raise ValueError(f"Backend.MTU {mtu}: a number from {_LEAST_MTU} on is expected")
    return Backend(kind, vni, port, values.get("DirectRouting", False), mtu), notes


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
