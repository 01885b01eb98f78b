"""Objects of policy for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]


def render_policy(name: str, namespace: str, spec: Mapping[str, Any]) -> Object:
    """A NetworkPolicy of Kubernetes'."""
    return {"kind": "NetworkPolicy", "metadata": {"name": name, "namespace": namespace}, "spec": dict(spec)}
