"""The client's half of a world: start one, find it, run things on its machines. PID 1's half is in `inside/`; both use wire and kernel, and nothing heavier than the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.world.client import World as World
    from labkit.world.client import list_worlds as list_worlds
    from labkit.world.connection import find_realm as find_realm
    from labkit.world.machine import Machine as Machine
    from labkit.world.process import Process as Process
    from labkit.world.process import open_input as open_input
    from labkit.world.program import run_program as run_program
    from labkit.world.program import start_program as start_program
    from labkit.world.program import stream_program as stream_program
    from labkit.world.values import MachineSpec as MachineSpec
    from labkit.world.values import Outfit as Outfit
    from labkit.world.values import Result as Result
