"""Felix's settings: FelixConfiguration `default`, over it that of the node, over both FELIX_… of its environment (felix config, release-v3.20).

A short list acts. Of the others it is said, once, that they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.calico.facts import Facts

DEFAULT: Final = "default"
_NODE: Final = "node."
_VARIABLE: Final = "FELIX_"
_SPELT: Final = {"ipipMTU": "IPINIPMTU"}  # a variable that is not called as the field
_NUMBERS: Final = ("ipipMTU", "vxlanMTU", "vxlanVNI")
_ACTION: Final = "defaultEndpointToHostAction"
ACTIONS: Final = ("DROP", "ACCEPT", "RETURN")
ACTING: Final = (*_NUMBERS, _ACTION)


@dataclass(frozen=True)
class Settings:
    """`ipip_mtu`, `vxlan_mtu`: bytes, 0: what fits; `to_host`: what becomes of a pod's packets to its node that no policy has stopped.

    Felix's own default is DROP; RETURN is what Calico's manifests say, for labs that have none.
    """

    ipip_mtu: int = 0
    vxlan_mtu: int = 0
    vxlan_vni: int = 4096
    to_host: str = "RETURN"


USUAL: Final = Settings()


def plan_settings(facts: Facts, node: str, environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """What holds on this node, and lines about what does not act or can't be read."""
    said: dict[str, tuple[str, Any]] = {}  # field -> where it is said, and its value
    idle: list[str] = []
    for name in (DEFAULT, f"{_NODE}{node}"):
        for field, value in sorted(facts.felix.get(name, {}).items()):
            if field in ACTING:
                said[field] = (f"FelixConfiguration {name}", value)
            else:
                idle.append(field)
    known = {f"{_VARIABLE}{_SPELT.get(field, field.upper())}": field for field in ACTING}
    for variable in sorted(key for key in environment if key.startswith(_VARIABLE)):
        if variable in known:
            said[known[variable]] = (variable, environment[variable])
        else:
            idle.append(variable)
    lines = [f"settings that do not act here: {', '.join(idle)}"] if idle else []
    values = {field: read for field, (_, value) in said.items() if (read := parse_value(field, value)) is not None}
    lines += [
        f"{where}: {field} {value!r} can't be read" for field, (where, value) in said.items() if field not in values
    ]
    return Settings(
        values.get("ipipMTU", USUAL.ipip_mtu), values.get("vxlanMTU", USUAL.vxlan_mtu),
        values.get("vxlanVNI", USUAL.vxlan_vni), values.get(_ACTION, USUAL.to_host),
    ), lines  # fmt: skip


def parse_value(field: str, value: Any) -> Any:
    """Of a field that acts; None when it can't be read."""
    if field == _ACTION:
        return str(value).upper() if str(value).upper() in ACTIONS else None
    text = str(value)
    return int(text) if text.isdecimal() and not isinstance(value, bool) else None
