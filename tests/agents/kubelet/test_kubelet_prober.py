"""When a container is asked how it is."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from labkit.agents.kubelet import prober
from labkit.agents.kubelet.ground import Ground
from labkit.agents.kubelet.prober import Patient, Prober
from labkit.agents.kubelet.status import Box


class Silent:
    """A ground of which only the record is used."""

    def record(self, *_: Any, **__: Any) -> None:
        """Nobody reads it here."""


def test_who_is_not_ready_at_first_is_asked_again_out_of_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a period of 100 s the second answer would come in 100 s."""
    monkeypatch.setattr(prober, "_FIRST", 0.0)
    monkeypatch.setattr(prober, "_SECOND", 0.05)
    answers = iter([(False, "too early"), (True, "")])

    async def answer(*_: Any) -> tuple[bool, str]:
        return next(answers)

    monkeypatch.setattr(prober, "ask", answer)

    async def run() -> bool:
        changed, box = asyncio.Event(), Box("web", "nginx")
        probe = {"readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 100}}
        asked = Prober(cast("Ground", Silent()), Patient(box, probe, {}, "", changed.set, lambda _: None))
        async with asyncio.timeout(20):
            while not box.ready:
                changed.clear()
                await changed.wait()
        asked.stop()
        return box.ready

    assert asyncio.run(run())
