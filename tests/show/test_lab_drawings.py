"""The drawings of the labs themselves, at their start and solved: nothing lies over a text, and no line runs through one."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.lab.folders import list_labs
from labkit.lab.network import LiveNetwork
from labkit.lab.session import start_hidden_lab
from labkit.net.read.network import list_objects
from labkit.show.drawing.plan import plan_picture
from labkit.show.drawing.trail import plan_trail
from tests.show.overlaps import list_faults

pytestmark = pytest.mark.world


@pytest.mark.parametrize("student", [None, "someone-else"])
@pytest.mark.parametrize("name", list_labs())
def test_a_lab_s_drawings_can_be_read(name: str, student: str | None, tmp_path: Path) -> None:
    with start_hidden_lab(name, f"test-drawn-{name}", tmp_path / "journal.jsonl", student=student) as lab:
        begun = lab.read_network()
        lab.solve()
        solved = lab.read_network()
        pods = [machine.name for machine in lab.machines() if machine.kind in ("pod", "host")]
        journey = lab.follow_packet(pods[0], pods[1])
    known = frozenset(list_objects(begun.network))
    for live in (begun, LiveNetwork(name, solved.network, known)):
        assert list_faults(plan_picture(name, live.network, live.start)) == []
    picture = plan_picture(name, journey.network)
    stops = plan_trail(picture, *([(hop.machine, hop.link) for hop in way] for way in (journey.hops, journey.reply)))
    assert len([stop for stop in stops if stop.dot]) == len(journey.way), "every hop is in the picture"
    assert list_faults(picture, tuple(stop.line for stop in stops if stop.line)) == []
