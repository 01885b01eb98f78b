"""Asking the network a question, by sockets that PID 1 opens in a machine: no program of the learner's has a part in it.

`labkit.probe.names` asks DNS servers; it is imported when it is used, because dnspython takes as long to load as all the rest.
"""

from __future__ import annotations

from labkit.probe.answer import Answer, require_alive
from labkit.probe.arp import ask_arp
from labkit.probe.journey import Hop, Journey, Lost, follow_packet
from labkit.probe.matrix import Cell, Matrix, read_matrix
from labkit.probe.path import trace_path
from labkit.probe.ping import ping, ping_many
from labkit.probe.tcp import connect_tcp

__all__ = [
    "Answer", "Cell", "Hop", "Journey", "Lost", "Matrix",
    "ask_arp", "connect_tcp", "follow_packet", "ping", "ping_many", "read_matrix", "require_alive", "trace_path",
]  # fmt: skip
