"""The CNI plugin `flannel`: writes the conf of another plugin, from what flanneld left in subnet.env, and calls that one.

Protocol, defaults and words are those of github.com/flannel-io/cni-plugin.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labkit.cni.errors import DECODE_FAILURE, INCOMPATIBLE_VERSION, INVALID_ENVIRONMENT, CniError
from labkit.cni.flannel.conf import SUBNET_ENV, SubnetEnv, parse_subnet_env
from labkit.errors import UsageError
from labkit.world import run_host

VERSIONS: Final = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0")
DATA: Final = "/var/lib/cni/flannel"
_NEEDED: Final = {
    "ADD": ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"), "CHECK": ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"),
    "DEL": ("CNI_CONTAINERID", "CNI_IFNAME"), "VERSION": (),
}  # fmt: skip
_INTERNAL: Final = 999


class DelegateError(Exception):
    """The delegated plugin failed; `said` is its own error result."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.said = said
        self.status = status


def run_plugin(environment: Mapping[str, str], stdin: str) -> tuple[int, str]:
    """One call: exit status, and what belongs on stdout."""
    version = VERSIONS[-1]
    try:
        command = _require_environment(environment)
        conf = _parse_stdin(stdin)
        version = conf.get("cniVersion", "0.1.0")
        if command == "VERSION":
            return 0, json.dumps({"cniVersion": VERSIONS[-1], "supportedVersions": VERSIONS})
        _require_version(version)
        return 0, _ANSWERS[command](conf, environment)
    except DelegateError as error:
        return error.status, error.said
    except CniError as error:
        return 1, json.dumps({"cniVersion": version, "code": error.code, "msg": error.message})
    except (UsageError, OSError) as error:
        return 1, json.dumps({"cniVersion": version, "code": _INTERNAL, "msg": str(error)})


def _require_environment(environment: Mapping[str, str]) -> str:
    command = environment.get("CNI_COMMAND", "")
    if command not in _NEEDED:
        raise CniError(f"unknown CNI_COMMAND: {command}", code=INVALID_ENVIRONMENT)
    missing = [name for name in _NEEDED[command] if not environment.get(name)]
    if missing:
        raise CniError(f"required env variables [{','.join(missing)}] missing", code=INVALID_ENVIRONMENT)
    return command


def _require_version(version: object) -> None:
    if version not in VERSIONS:
        raise CniError(
            f"incompatible CNI versions; config is {version!r}, plugin supports {list(VERSIONS)}",
            code=INCOMPATIBLE_VERSION,
        )


def _parse_stdin(text: str) -> dict[str, Any]:
    try:
        conf = json.loads(text)
    except ValueError as error:
        raise CniError(f"error unmarshalling network config: {error}", code=DECODE_FAILURE) from error
    if not isinstance(conf, dict) or not isinstance(conf.get("delegate", {}), dict):
        raise CniError("error unmarshalling network config: an object is expected", code=DECODE_FAILURE)
    return conf


def _add(conf: dict[str, Any], environment: Mapping[str, str]) -> str:
    """Keep what is given to the other plugin: DEL needs the same, also when subnet.env is gone by then."""
    delegate = plan_delegate(conf, _read_env(conf))
    kept = _find_kept(conf, environment)
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept.write_text(json.dumps(delegate))
    return _call(delegate, environment)


def _delete(conf: dict[str, Any], environment: Mapping[str, str]) -> str:
    kept = _find_kept(conf, environment)
    if not kept.exists():
        return ""  # gone already: DEL is repeated until it is heard
    said = _call(json.loads(kept.read_text()), environment)
    kept.unlink(missing_ok=True)
    return said


def _check(conf: dict[str, Any], environment: Mapping[str, str]) -> str:  # noqa: ARG001 - as the others
    """flannel's own looks at nothing, and bridge (1.1.1) does not find the route again that it made of flannel's."""
    return ""


_ANSWERS: Final = {"ADD": _add, "DEL": _delete, "CHECK": _check}


def plan_delegate(conf: Mapping[str, Any], env: SubnetEnv) -> dict[str, Any]:
    """The other plugin's conf: what the conf says under `delegate`, filled up. Raises CniError where it says too much."""
    delegate = dict(conf.get("delegate") or {})
    if not isinstance(delegate.get("type", ""), str):
        raise CniError("'delegate' dictionary, if present, must have (string) 'type' field", code=_INTERNAL)
    for key in ("name", "ipam"):
        if key in delegate:
            raise CniError(
                f"'delegate' dictionary must not have '{key}' field, it'll be set by flannel", code=_INTERNAL
            )
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
    path = conf.get("subnetFile") or SUBNET_ENV
    try:
        return parse_subnet_env(Path(path).read_text(), file=path)
    except OSError as error:
        raise CniError(
            f"failed to load flannel 'subnet.env' file: open {path}: {str(error.strerror).lower()}."
            " Check the flannel pod log for this node.",
            code=_INTERNAL,
        ) from error


def _find_kept(conf: Mapping[str, Any], environment: Mapping[str, str]) -> Path:
    return Path(conf.get("dataDir") or DATA, environment["CNI_CONTAINERID"])


def _call(delegate: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    folders = environment.get("CNI_PATH", "").split(":")
    program = next((path for folder in folders if os.access(path := f"{folder}/{delegate['type']}", os.X_OK)), None)
    if program is None:
        raise CniError(f'failed to find plugin "{delegate["type"]}" in path {folders}', code=_INTERNAL)
    done = run_host([program], stdin=json.dumps(delegate), env=environment)
    sys.stderr.write(done.stderr)
    if done.status:
        raise DelegateError(done.stdout, done.status)
    return done.stdout
