"""The enclosure a lab runs in, and the client that asks its PID 1 for things. Nothing heavier than the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.world.client import World, list_worlds
    from labkit.world.host import run_host
    from labkit.world.machine import Machine, MachineSpec, Result
    from labkit.world.process import Process

_HOMES = {
    "World": "client", "list_worlds": "client", "run_host": "host",
    "Machine": "machine", "MachineSpec": "machine", "Process": "process", "Result": "machine",
}  # fmt: skip

__all__ = ["Machine", "MachineSpec", "Process", "Result", "World", "list_worlds", "run_host"]


def __getattr__(name: str) -> Any:
    """PID 1 imports from this package too, and shall not carry the client's half."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"labkit.world.{_HOMES[name]}"), name)
