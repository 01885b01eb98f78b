"""A header's fields among the layers of a frame. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labkit.net import Layer


def find_innermost(layers: Sequence[Layer], name: str) -> Mapping[str, Any]:
    """Of the packet itself, whatever it is wrapped in; empty when it has no such header."""
    return next((layer.fields for layer in reversed(layers) if layer.name == name), {})


def find_outermost(layers: Sequence[Layer], name: str) -> Mapping[str, Any]:
    """Of the frame on this link; empty when it has no such header."""
    return next((layer.fields for layer in layers if layer.name == name), {})
