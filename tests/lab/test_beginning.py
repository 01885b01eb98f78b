"""What a start did, and what there is to bring back: built anew, attached, resumed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.lab.lab import Lab
from labkit.lab.session import Begun, attach_lab, begin_lab
from labkit.show.beginnings import NOTEBOOK, TERMINAL, render_begun, render_reset
from labkit.world import World, list_worlds

pytestmark = pytest.mark.world


@pytest.fixture
def worked(two_hosts: str) -> Iterator[str]:
    """A lab in which something was done, and which has ended."""
    with begin_lab(two_hosts).lab as lab:
        run(lab, "ip link add mark type bridge")
        lab.answer("how-many", "2")
        lab.down()
    yield two_hosts
    if two_hosts in list_worlds():
        World.attach(two_hosts).end()


def run(lab: Lab, script: str) -> str:
    return lab.machine("left").run(script).stdout


def begin(lab: str, *, resume: bool = False) -> Begun:
    begun = begin_lab(lab, resume=resume)
    begun.lab.close()
    return begun


def test_each_start_says_which_it_did_and_offers_earlier_work(worked: str) -> None:
    built = begin(worked)
    assert (built.how, len(built.left)) == ("built", 2)
    said = render_begun(built, "left", NOTEBOOK)
    assert f"{worked} is built, a new network: left" in said
    assert "today (2 things) is not in it" in said
    assert said.endswith(f"%lab start {worked} --resume")
    with attach_lab(worked) as lab:
        run(lab, "ip -br link\nping -c 1 -W 1 127.0.0.1")
    attached = begin(worked)
    assert (attached.how, len(attached.left)) == ("attached", 2), "looking is no work"
    told: list[str] = []
    resumed = begin_lab(worked, resume=True, tell=told.append)
    assert (resumed.how, resumed.again) == ("resumed", 2)
    assert told == ["again: left: ip link add mark type bridge", "again: answer: how-many 2"], (
        "each is told before it is done"
    )
    assert "2 things done again" in render_begun(resumed, "left", TERMINAL)
    with resumed.lab as lab:
        assert "mark" in run(lab, "ip -br link")
        assert lab.read_state().answers == {"how-many": "2"}


def test_a_network_with_work_in_it_is_not_replaced(worked: str) -> None:
    begin(worked)
    with attach_lab(worked) as lab:
        run(lab, "ip link add other type bridge")
    kept = begin(worked, resume=True)
    assert (kept.how, kept.refused, kept.left) == ("attached", True, ())
    assert f"labkit reset {worked}" in render_begun(kept, "left", TERMINAL)
    with attach_lab(worked) as lab:
        assert "other" in run(lab, "ip -br link")


def test_a_reset_says_what_is_gone_and_how_it_comes_again(worked: str) -> None:
    with begin_lab(worked, resume=True).lab as lab:
        said = render_reset(lab.name, lab.reset(), NOTEBOOK)
        assert "2 things of yours are gone" in said
        assert f"%lab start {worked} --resume" in said
        assert "mark" not in run(lab, "ip -br link")
        assert "Nothing had been done" in render_reset(lab.name, lab.reset(), NOTEBOOK)
    again = begin_lab(worked, resume=True)
    with again.lab as lab:
        assert "mark" in run(lab, "ip -br link")
