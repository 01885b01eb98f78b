"""The CNI plugin `flannel`: writes the conf of another plugin, from what flanneld left in subnet.env, and calls that one.

Protocol, defaults and words are those of github.com/flannel-io/cni-plugin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labkit.agents.flannel.conf import SUBNET_ENV, SubnetEnv, parse_subnet_env
from labkit.agents.kit.delegate import call_delegate
from labkit.agents.kit.plugin import Arguments, Plugin
from labkit.cni.errors import DECODE_FAILURE, INTERNAL, CniError
from labkit.errors import parse_json

DATA: Final = "/var/lib/cni/flannel"


def add(arguments: Arguments) -> dict[str, Any]:
    """Keep what is given to the other plugin: DEL needs the same, also when subnet.env is gone by then."""
    delegate = plan_delegate(arguments.conf, _read_env(arguments.conf))
    kept = _find_kept(arguments)
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept.write_text(json.dumps(delegate))
    return call_delegate(delegate, arguments)


def delete(arguments: Arguments) -> None:
    """By what ADD kept. Where nothing is kept it is gone already: DEL is repeated until it is heard."""
    kept = _find_kept(arguments)
    if kept.exists():
        call_delegate(parse_json(kept.read_text(), f"{kept}"), arguments)
        kept.unlink(missing_ok=True)


def check(_: Arguments) -> None:
    """flannel's own looks at nothing, and bridge (1.1.1) does not find the route again that it made of flannel's."""


PLUGIN: Final = Plugin("flannel", ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"), add, delete, check)
main: Final = PLUGIN.main


def plan_delegate(conf: Mapping[str, Any], env: SubnetEnv) -> dict[str, Any]:
    """The other plugin's conf: what the conf says under `delegate`, filled up. Raises CniError where it says too much."""
    delegate = {} if (said := conf.get("delegate")) is None else said
    if not isinstance(delegate, dict):
        raise CniError("error unmarshalling network config: delegate has to be an object", code=DECODE_FAILURE)
    if not isinstance(delegate.get("type", ""), str):
        raise CniError("'delegate' dictionary, if present, must have (string) 'type' field", code=INTERNAL)
    for key in ("name", "ipam"):
        if key in delegate:
            raise CniError(f"'delegate' dictionary must not have '{key}' field, it'll be set by flannel", code=INTERNAL)
    usual = {"type": "bridge", "ipMasq": not env.ip_masq, "mtu": env.mtu}
    delegate = usual | delegate | {"name": conf.get("name", "")}
    if delegate["type"] == "bridge":
        delegate.setdefault("isGateway", True)
    for key in ("cniVersion", "runtimeConfig"):
        if key in conf:
            delegate[key] = conf[key]
    ranges = [[{"subnet": str(env.subnet.network)}]]
    return delegate | {"ipam": {"type": "host-local", "ranges": ranges, "routes": [{"dst": str(env.network)}]}}


def _read_env(conf: Mapping[str, Any]) -> SubnetEnv:
    path = _take_path(conf, "subnetFile", SUBNET_ENV)
    try:
        return parse_subnet_env(Path(path).read_text(), file=path)
    except OSError as error:
        raise CniError(
            f"failed to load flannel 'subnet.env' file: open {path}: {str(error.strerror).lower()}."
            " Check the flannel pod log for this node.",
            code=INTERNAL,
        ) from error


def _find_kept(arguments: Arguments) -> Path:
    return Path(_take_path(arguments.conf, "dataDir", DATA), arguments.container)


def _take_path(conf: Mapping[str, Any], key: str, usual: str) -> str:
    if not isinstance(path := conf.get(key) or usual, str):
        raise CniError(f"error unmarshalling network config: {key} has to be a string", code=DECODE_FAILURE)
    return path
