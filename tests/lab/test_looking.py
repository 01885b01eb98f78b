"""What counts as work: a network that was only looked at is replaced by a resume, and hides no earlier work."""

from __future__ import annotations

import pytest

from labkit.lab.entries import PRACTICE, AnswerGiven, Break, Entry, Run, Shown, Solution, Start
from labkit.lab.journal import find_last_work, is_worked_in
from labkit.lab.looking import is_work

LOOK = Run(machine="web", script="ip -br addr\nping -c 1 10.0.0.2")
DEED = Run(machine="web", script="ip addr add 10.0.0.2/24 dev eth0")
GUESS = AnswerGiven(id="ttl", value="64")


@pytest.mark.parametrize(
    ("script", "work"),
    [
        ("ip -br addr", False), ("ip route get 10.0.0.1 # where", False), ("# nothing\n\nhostname", False), ("ping -c 1 web", False),
        ("ip addr add 10.0.0.2/24 dev eth0", True), ("ip a a 10.0.0.2/24 dev eth0", True), ("ip netns exec web true", True),
        ("ping -c 1 web; ip link del x", True), ("cat <a >b", True), ("sysctl -w net.ipv4.ip_forward=1", True), ("./mine", True),
        ("bridge fdb show", False), ("bridge fdb del x dev y", True), ("echo $(ip link del x)", True),
    ],
)  # fmt: skip
def test_looking_is_no_work(script: str, *, work: bool) -> None:
    assert is_work(Run(machine="web", script=script)) is work


def test_what_else_changes_a_network_is_work() -> None:
    assert is_work(Break(name="x"))
    assert is_work(Solution(name="reference"))
    assert not is_work(GUESS)
    assert is_work(Run(machine="web", argv=("ip", "link", "add"), session="a"))


def test_looking_hides_no_earlier_work_and_answers_alone_do_not_either() -> None:
    morning: list[Entry] = [Start(), DEED, GUESS, Shown(id="ttl")]
    assert find_last_work([*morning, Start(), LOOK, GUESS]) == morning[1:]
    assert find_last_work([Start(), GUESS]) == [GUESS]
    assert find_last_work([*morning, Start(), Solution(name="reference", via=PRACTICE), LOOK]) == morning[1:]
    assert not is_worked_in([*morning, Start(), LOOK, GUESS])
    assert is_worked_in([Start(), LOOK, DEED])
