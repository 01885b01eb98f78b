"""The packet journey: one packet's way through every interface, and what changed on it."""

from __future__ import annotations

from labkit.probe.journey.follow import follow_packet
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.lost import Lost
from labkit.probe.journey.value import Journey

__all__ = ["Hop", "Journey", "Lost", "follow_packet"]
