"""Network configurations: which file counts, and what it says (CNI specification 1.1.0, section 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labkit.cni.errors import INCOMPATIBLE_VERSION, INVALID_CONFIG, CniError
from labkit.errors import JsonError, parse_json

VERSIONS: Final = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")
ENDINGS: Final = (".conf", ".conflist", ".json")
FOLDER: Final = "/etc/cni/net.d"
NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.\-]*")


@dataclass(frozen=True)
class Network:
    """A network configuration list; a single plugin's conf is a list of one. `text` is the file's own."""

    name: str
    version: str
    plugins: tuple[Mapping[str, Any], ...]
    disable_check: bool = False
    disable_gc: bool = False
    file: str = ""
    text: str = ""

    def is_at_least(self, version: str) -> bool:
        """Whether the conf's version has what came with `version`."""
        return VERSIONS.index(self.version) >= VERSIONS.index(version)

    @property
    def types(self) -> tuple[str, ...]:
        """The plugins' names, in the order of the chain."""
        return tuple(plugin["type"] for plugin in self.plugins)


def choose_conf(names: Sequence[str]) -> str:
    """The file that counts: the first by name among .conf, .conflist and .json (containerd's go-cni with max_conf_num 1).

    Raises CniError when there is none: the node is then NotReady, "cni plugin not initialized".
    """
    candidates = sorted(name for name in names if name.endswith(ENDINGS))
    if not candidates:
        raise CniError(
            f"no network config found in {FOLDER}: cni plugin not initialized",
            hint=f"write a .conflist into {FOLDER} on the node",
        )
    return candidates[0]


def parse_conf(text: str, *, file: str = "") -> Network:
    """Read a .conf or .conflist. A broken file is an error, it is not passed over."""
    where = file or "the conf"
    try:
        data = parse_json(text, where)
    except JsonError as error:
        raise CniError(error.message, code=INVALID_CONFIG) from error
    if not isinstance(data, dict):
        raise _invalid(where, "a JSON object is expected")
    network = Network(
        name=_parse_name(data, where),
        version=_parse_version(data, where),
        plugins=tuple(_parse_plugin(plugin, where) for plugin in _parse_plugins(data, file)),
        disable_check=_parse_switch(data, "disableCheck", where),
        disable_gc=_parse_switch(data, "disableGC", where),
        file=file,
        text=text,
    )
    if "plugins" not in data and network.is_at_least("1.0.0"):
        raise _invalid(where, "since version 1.0.0 a conf is a list: put the plugin into plugins: [ … ]")
    return network


# containerd runs this before the pod's network, with link lo (cri, "cni-loopback")
_LOOPBACK: Final = '{"cniVersion": "0.3.1", "name": "cni-loopback", "plugins": [{"type": "loopback"}]}'


def plan_loopback() -> Network:
    """The network that every pod is in before its own."""
    return parse_conf(_LOOPBACK)


def _parse_plugins(data: Mapping[str, Any], file: str) -> list[Any]:
    """A .conflist has a list of plugins, .conf and .json are one plugin (go-cni); text without a file may be either."""
    if "plugins" not in data and not file.endswith(".conflist"):
        return [data]
    if file.endswith((".conf", ".json")):
        raise _invalid(file, "plugins: a list of plugins belongs into a file that ends with .conflist")
    plugins = data.get("plugins")
    if not isinstance(plugins, list) or not plugins:
        raise _invalid(file or "the conf", "plugins: a list with at least one plugin is expected")
    return plugins


def _parse_name(data: Mapping[str, Any], where: str) -> str:
    name = data.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _invalid(where, f"name is {name!r}: letters, digits, - _ . are expected, a letter or digit first")
    return name


def _parse_version(data: Mapping[str, Any], where: str) -> str:
    """`cniVersion`, or the newest of it and `cniVersions` that is known here. Neither means 0.1.0, as libcni takes it."""
    single, several = data.get("cniVersion") or "", data.get("cniVersions") or []
    if not isinstance(single, str):
        raise _invalid(where, f'cniVersion is {single!r}: a string such as "1.0.0" is expected')
    if not isinstance(several, list) or not all(isinstance(each, str) for each in several):
        raise _invalid(where, f"cniVersions is {several!r}: a list of strings is expected")
    offered = [single, *several] if single or several else ["0.1.0"]
    known = [version for version in VERSIONS if version in offered]
    if not known:
        raise CniError(
            f"{where}: cniVersion {', '.join(filter(None, offered))} is not known here; known are {', '.join(VERSIONS)}",
            code=INCOMPATIBLE_VERSION,
        )
    return known[-1]


def _parse_plugin(plugin: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(plugin, dict) or not isinstance(plugin.get("type"), str) or not plugin["type"]:
        raise _invalid(where, "every plugin needs a type, the name of its program")
    if "/" in plugin["type"] or plugin["type"] in (".", ".."):
        raise _invalid(where, f"type {plugin['type']!r}: a program's name is expected, not a path")
    capabilities = plugin.get("capabilities", {})
    if not isinstance(capabilities, dict) or not all(isinstance(each, bool) for each in capabilities.values()):
        raise _invalid(where, f"capabilities of {plugin['type']}: an object of true and false is expected")
    return plugin


def _parse_switch(data: Mapping[str, Any], key: str, where: str) -> bool:
    value = data.get(key, False)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):  # libcni takes both forms
        return value.lower() == "true"
    raise _invalid(where, f"{key} is {value!r}: true or false is expected")


def _invalid(where: str, what: str) -> CniError:
    return CniError(f"{where}: {what}", code=INVALID_CONFIG)
