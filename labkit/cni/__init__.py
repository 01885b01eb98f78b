"""How pods get connected: a CNI runtime (specification 1.1.0), and the networks that plug in through it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.cni.attachment import Attachment
    from labkit.cni.conf import Network, choose_conf, parse_conf
    from labkit.cni.errors import CniError
    from labkit.cni.plugin import Call
    from labkit.cni.pod import add_pod, check_pod, del_pod, remove_pod, unplug_pod
    from labkit.cni.runtime import Runtime

_HOMES = {
    "Attachment": "attachment",
    "Call": "plugin",
    "CniError": "errors",
    "Network": "conf",
    "Runtime": "runtime",
    "add_pod": "pod",
    "check_pod": "pod",
    "choose_conf": "conf",
    "del_pod": "pod",
    "parse_conf": "conf",
    "remove_pod": "pod",
    "unplug_pod": "pod",
}

__all__ = [
    "Attachment",
    "Call",
    "CniError",
    "Network",
    "Runtime",
    "add_pod",
    "check_pod",
    "choose_conf",
    "del_pod",
    "parse_conf",
    "remove_pod",
    "unplug_pod",
]


def __getattr__(name: str) -> Any:
    """The networks' agents are started on every node, by every call of a plugin: they shall not carry the runtime along."""
    if name not in _HOMES:
        raise AttributeError(f"module labkit.cni has no {name}")
    return getattr(importlib.import_module(f"labkit.cni.{_HOMES[name]}"), name)
