"""The CNI plugin `weave-net`: a pod's cable to the bridge `weave`, with an address that this node's agent gives. A stand-in, named as Weave's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from labkit.cni.errors import DECODE_FAILURE, INCOMPATIBLE_VERSION, INVALID_ENVIRONMENT, TRY_LATER, CniError
from labkit.cni.weave import kernel
from labkit.cni.weave.local import NoAgentError, ask_agent
from labkit.errors import LabkitError
from labkit.world import run_host

VERSIONS: Final = ("0.3.0", "0.3.1", "0.4.0", "1.0.0")
_FAILED: Final = 100
_ID: Final = 7  # characters of the container's id that fit into a link's name


def run_plugin(environment: Mapping[str, str], stdin: str) -> tuple[int, str]:
    """Exit status and what goes to stdout."""
    try:
        answer = _serve(environment, stdin)
    except CniError as error:
        return 1, _render_error(error.code or _FAILED, error.message, error.details)
    except NoAgentError as error:
        return 1, _render_error(TRY_LATER, error.message, error.hint)
    except LabkitError as error:
        return 1, _render_error(_FAILED, error.message, error.hint)
    return 0, json.dumps(answer, indent=4) + "\n" if answer is not None else ""


def _serve(environment: Mapping[str, str], stdin: str) -> dict[str, Any] | None:
    command = environment.get("CNI_COMMAND", "")
    if command == "VERSION":
        return {"cniVersion": VERSIONS[-1], "supportedVersions": list(VERSIONS)}
    doing = {"ADD": add, "DEL": delete, "CHECK": check}
    if command not in doing:
        raise CniError(f"unknown CNI_COMMAND: {command}", code=INVALID_ENVIRONMENT)
    needed = ["CNI_CONTAINERID", "CNI_IFNAME"] + ["CNI_NETNS"] * (command != "DEL")
    if missing := [name for name in needed if not environment.get(name)]:
        raise CniError(f"required env variables [{','.join(missing)}] missing", code=INVALID_ENVIRONMENT)
    return doing[command](environment, _parse_conf(stdin))


def _parse_conf(stdin: str) -> dict[str, Any]:
    try:
        conf = json.loads(stdin)
    except ValueError as error:
        raise CniError(f"the conf on stdin is not JSON: {error}", code=DECODE_FAILURE) from error
    if not isinstance(conf, dict):
        raise CniError("the conf on stdin is no object", code=DECODE_FAILURE)
    if conf.get("cniVersion") not in VERSIONS:
        raise CniError(
            "incompatible CNI versions", code=INCOMPATIBLE_VERSION,
            details=f"config is {conf.get('cniVersion')!r}, plugin supports {list(VERSIONS)}",
        )  # fmt: skip
    return conf


def plan_host_link(container: str) -> str:
    """`vethwepl` and the first seven characters of the container's id."""
    return f"vethwepl{container[:_ID]}"


def add(environment: Mapping[str, str], conf: Mapping[str, Any]) -> dict[str, Any]:
    """Address, cable, route. What was begun is taken back when a later part fails."""
    container, netns, link = (environment[name] for name in ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"))
    if not os.path.exists(netns):  # noqa: PTH110
        raise CniError(f"there is no network namespace {netns}", code=INVALID_ENVIRONMENT)
    given = ask_agent("allocate", container=container)
    host, inside = plan_host_link(container), f"vethwepg{container[:_ID]}"
    try:
        kernel.run_batch(kernel.plan_cable(host, inside, given["mac"], given["mtu"]))
        kernel.run_batch([f"link set {inside} netns {netns}"])
        kernel.run_batch(kernel.plan_pod(inside, link, given["address"], given["gateway"]), netns=netns)
        if conf.get("hairpinMode"):
            kernel.run_batch([f"link set dev {host} hairpin on"], program="bridge")
    except LabkitError:
        run_host(["ip", "link", "del", host])
        ask_agent("release", container=container)
        raise
    return _plan_result(str(conf["cniVersion"]), host, environment, given)


def _plan_result(version: str, host: str, environment: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    inside = {"name": environment["CNI_IFNAME"], "mac": given["mac"], "sandbox": environment["CNI_NETNS"]}
    address = {"address": given["address"], "gateway": given["gateway"], "interface": 1}
    if version < "1":
        address["version"] = "4"
    return {
        "cniVersion": version,
        "interfaces": [{"name": host}, inside],
        "ips": [address],
        "routes": [{"dst": "0.0.0.0/0", "gw": given["gateway"]}],
        "dns": {},
    }


def delete(environment: Mapping[str, str], _: Mapping[str, Any]) -> None:
    """Cable and address; nothing may be left to take away. Without an agent the address can't be given back: try later."""
    container = environment["CNI_CONTAINERID"]
    run_host(["ip", "link", "del", plan_host_link(container)])
    ask_agent("release", container=container)


def check(environment: Mapping[str, str], conf: Mapping[str, Any]) -> None:
    """The cable, the address and the default route of ADD are still there."""
    result = conf.get("prevResult") or {}
    host, inside = plan_host_link(environment["CNI_CONTAINERID"]), f"--net={environment['CNI_NETNS']}"
    wanted = [(["ip", "link", "show", host], kernel.BRIDGE, f"{host} is no port of {kernel.BRIDGE}")]
    for ip in result.get("ips", ()):
        link = environment["CNI_IFNAME"]
        wanted.append(
            (["nsenter", inside, "ip", "-o", "addr", "show", link], ip["address"], f"{link} has not {ip['address']}")
        )
        wanted.append((["nsenter", inside, "ip", "route"], f"default via {ip['gateway']}", "the default route is gone"))
    for argv, sign, missing in wanted:
        if sign not in run_host(argv).stdout:
            raise CniError(missing, code=_FAILED)


def _render_error(code: int, message: str, details: str) -> str:
    error = {"cniVersion": VERSIONS[-1], "code": code, "msg": message, "details": details}
    return json.dumps(error, indent=4) + "\n"
