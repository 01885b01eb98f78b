"""What ADD gives: read, and put into the form of another version (CNI specification 1.1.0, section 5; libcni, pkg/types)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from labkit.cni.conf import VERSIONS

_FIRST_LIST: Final = VERSIONS.index("0.3.0")  # before: ip4 and ip6, one address each
_FIRST_WITHOUT_VERSION: Final = VERSIONS.index("1.0.0")  # before: "version": "4" in every address
_FIRST_RICH: Final = VERSIONS.index("1.1.0")
_RICH_LINK: Final = ("mtu", "socketPath", "pciID")
_RICH_ROUTE: Final = ("mtu", "advmss", "priority", "table", "scope")
_FAMILIES: Final = {"ip4": "4", "ip6": "6"}
_NEEDED: Final = {"interfaces": "name", "ips": "address", "routes": "dst"}


def parse_result(data: Any, version: str) -> dict[str, Any]:
    """A result as plugins may rely on it; one without cniVersion has that of the conf. Raises ValueError with what is wrong."""
    if not isinstance(data, dict):
        raise ValueError("an object is expected")  # noqa: TRY004 - the value is wrong, as in json's own errors
    for key, needed in _NEEDED.items():
        rows = data.get(key) or []
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) and isinstance(row.get(needed), str) for row in rows
        ):
            raise ValueError(f"{key}: a list of objects with {needed} is expected")
    for address in [row["address"] for row in data.get("ips") or []]:
        if "/" not in address:
            raise ValueError(f"ips: {address} has no prefix length")
        ipaddress.ip_interface(address)
    for family in _FAMILIES:
        if family in data and not (isinstance(data[family], dict) and isinstance(data[family].get("ip"), str)):
            raise ValueError(f"{family}: an object with ip is expected")
    result = {"cniVersion": version} | data
    if result["cniVersion"] not in VERSIONS:
        raise ValueError(f"cniVersion is {result['cniVersion']!r}, the conf has {version}")
    return result


def plan_result(result: Mapping[str, Any], version: str) -> dict[str, Any]:
    """`result` as a conf of `version` has it: what a node keeps may be older than a conf that was changed since."""
    if result["cniVersion"] == version:
        return dict(result)
    target = VERSIONS.index(version)
    rich = dict(result) if VERSIONS.index(result["cniVersion"]) >= _FIRST_LIST else _plan_list(result)
    rich["cniVersion"] = version
    if target < _FIRST_RICH:
        _leave_out(rich, "interfaces", _RICH_LINK)
        _leave_out(rich, "routes", _RICH_ROUTE)
    if target < _FIRST_LIST:
        return _plan_families(rich)
    rich["ips"] = [_plan_address(each, with_version=target < _FIRST_WITHOUT_VERSION) for each in rich.get("ips") or ()]
    return rich


def _plan_list(result: Mapping[str, Any]) -> dict[str, Any]:
    """From ip4 and ip6 to lists; which link has the address was not said then."""
    parts = [result[family] for family in _FAMILIES if family in result]
    addresses = [{"address": part["ip"]} | {key: part[key] for key in ("gateway",) if key in part} for part in parts]
    routes = [route for part in parts for route in part.get("routes") or ()]
    return {"ips": addresses, "routes": routes, "dns": result.get("dns", {})}


def _plan_families(rich: Mapping[str, Any]) -> dict[str, Any]:
    """From lists to ip4 and ip6: the first address of each family, with the routes of that family."""
    planned: dict[str, Any] = {"cniVersion": rich["cniVersion"]}
    for family, number in _FAMILIES.items():
        address = next((each for each in rich.get("ips") or () if _find_family(each["address"]) == number), None)
        if address:
            routes = [route for route in rich.get("routes") or () if _find_family(route["dst"]) == number]
            kept = {key: address[key] for key in ("gateway",) if key in address}
            planned[family] = {"ip": address["address"]} | kept | {"routes": routes}
    return planned | {"dns": rich.get("dns", {})}


def _plan_address(address: Mapping[str, Any], *, with_version: bool) -> dict[str, Any]:
    plain = {key: value for key, value in address.items() if key != "version"}
    return {"version": _find_family(plain["address"])} | plain if with_version else plain


def _find_family(address: str) -> str:
    return "6" if ":" in address else "4"


def _leave_out(rich: dict[str, Any], key: str, fields: tuple[str, ...]) -> None:
    if rich.get(key):
        rich[key] = [{name: value for name, value in each.items() if name not in fields} for each in rich[key]]
