"""How pods get connected: a CNI runtime (specification 1.1.0), and the networks that plug in through it."""

from __future__ import annotations

from labkit.cni.attachment import Attachment
from labkit.cni.conf import Network, choose_conf, parse_conf
from labkit.cni.errors import CniError
from labkit.cni.plugin import Call
from labkit.cni.pod import add_pod, check_pod, remove_pod
from labkit.cni.runtime import Runtime

__all__ = [
    "Attachment",
    "Call",
    "CniError",
    "Network",
    "Runtime",
    "add_pod",
    "check_pod",
    "choose_conf",
    "parse_conf",
    "remove_pod",
]
