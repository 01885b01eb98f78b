"""The probes of Calico's pod: what is said of sessions that are down, by the age of the node's programs; and Felix's own answers."""

from __future__ import annotations

import os
from http import HTTPStatus
from pathlib import Path

import pytest

from labkit.agents.calico.felix.health import Health
from labkit.agents.calico.probes import find_bird_trouble, find_dead_service
from labkit.agents.calico.sessions import Session

UP = Session("10.0.0.12", "node-to-node mesh", "up", "10:00:00", "Established")
DOWN = Session("10.0.0.13", "node-to-node mesh", "start", "10:00:00", "Connect Socket: Connection refused")


@pytest.mark.parametrize(
    ("sessions", "age", "restarting", "told"),
    [
        ([UP, UP], 5, False, ""),
        ([UP, DOWN], 5, False, "BGP not established with 10.0.0.13"),
        ([UP, DOWN], 60, False, ""),  # later one session is enough: some node may be down
        ([DOWN, DOWN], 60, False, "BGP not established with 10.0.0.13,10.0.0.13"),
        ([UP], 5, True, "graceful restart in progress"),
        ([UP], 60, True, ""),
        ([], 5, False, ""),
        (None, 60, False, "Error querying BIRD: unable to connect to BIRDv4 socket: dial unix /var/run/calico/bird.ctl: connect: no such file or directory"),
    ],
)  # fmt: skip
def test_whether_bird_is_ready(sessions: list[Session] | None, age: float, restarting: bool, told: str) -> None:  # noqa: FBT001 - a case
    assert find_bird_trouble(sessions, age, restarting=restarting) == told


def test_felix_is_live_while_it_looks_and_ready_when_all_is_right() -> None:
    health = Health()
    assert health.answer("/liveness") == HTTPStatus.SERVICE_UNAVAILABLE
    health.report(False)
    assert [health.answer(f"/{what}") for what in ("liveness", "readiness")] == [
        HTTPStatus.NO_CONTENT,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ]
    health.report(True)
    assert health.answer("/readiness") == HTTPStatus.NO_CONTENT
    assert health.answer("/other") == HTTPStatus.NOT_FOUND


def test_bird_and_confd_are_live_while_both_run(tmp_path: Path) -> None:
    confd, bird = tmp_path / "confd.pid", tmp_path / "bird.pid"
    files = ((str(confd),), (str(tmp_path / "elsewhere.pid"), str(bird)))
    confd.write_text(f"{os.getpid()}\n")
    assert find_dead_service(files) == "exit status 1"
    bird.write_text(f"{os.getpid()}\n")
    assert find_dead_service(files) == ""
    bird.write_text("4194305\n")  # more than there are numbers
    assert find_dead_service(files) == "exit status 1"
