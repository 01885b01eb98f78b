"""The doctor on this machine: what it says is so."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labkit.doctor import Capability, examine, list_capabilities, missing_for, render_report
from labkit.doctor.capability import try_capabilities
from labkit.doctor.limits import list_world_limits, plan_world_limits
from labkit.errors import UsageError, WorldError
from labkit.world import World, list_worlds

pytestmark = [pytest.mark.world, pytest.mark.user]


@dataclass(frozen=True)
class Needs:
    kernel: tuple[str, ...] = ()
    programs: tuple[str, ...] = field(default=())


def test_what_a_lab_can_do_here_the_doctor_knows() -> None:
    found = {each.name: each for each in try_capabilities(list_capabilities())}
    for name in ("user namespaces", "veth", "bridge", "nft", "iptables"):
        assert found[name].ok, found[name]
    for each in found.values():
        assert each.ok == (each.remedy == "")
        assert each.detail


def test_what_cannot_work_is_told_with_its_words_and_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.doctor.capability._SECONDS", 0.5)
    made_up = Capability("made-up", "", "made_up", "ip link add name probe0 type made-up")
    asleep = Capability("asleep", "", "made_up", "kill -STOP $$")
    _, first, second = try_capabilities([made_up, asleep])
    assert (first.ok, second.ok) == (False, False)
    assert "Unknown device type" in first.detail
    assert "comes without made_up" in first.remedy
    assert "did not end" in second.detail


def test_without_a_world_nothing_is_called_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> World:
        raise WorldError("refused", hint="allow it")

    monkeypatch.setattr(World, "start", refuse)
    found = try_capabilities(list_capabilities())
    assert [each.ok for each in found] == [False] * len(found)
    assert {each.remedy for each in found} == {"allow it"}


def test_the_report() -> None:
    report = examine()
    data = json.loads(json.dumps(report.to_data()))
    assert set(data) == {"capabilities", "programs", "limits", "version"}
    assert {tuple(each) for each in data["capabilities"]} == {("name", "ok", "detail", "remedy")}
    assert {tuple(each) for each in data["programs"]} == {("name", "version", "path", "remedy")}
    assert {tuple(each) for each in data["limits"]} == {("name", "value", "enough_for")}
    ip = next(each for each in data["programs"] if each["name"] == "ip")
    assert Path(ip["path"]).exists()
    assert ip["version"]
    text = render_report(report)
    assert all(each["name"] in text and each["remedy"] in text for each in data["capabilities"] + data["programs"])


TOLD = {"processes": 4000, "data": 2 << 30, "memory": 2 << 30, "group": "/sys/fs/cgroup/x", "watchers": 32}


@pytest.mark.parametrize(
    ("told", "release", "values", "words"),
    [
        ({}, "6.1.0", [4000, 2048, 32], "ends there"),
        ({}, "5.13.2-x", [4000, 2048, 32], "Linux 5.13.2-x counts them with yours"),
        ({"memory": 0}, "6.1.0", [4000, -1, 32], "no control group can be made here, so one process has 2048 MB"),
        ({"watchers": (1 << 31) - 1}, "6.1.0", [4000, 2048, -1], "/proc/sys/user is read-only here"),
    ],
)
def test_which_limits_of_a_lab_hold(told: dict[str, int], release: str, values: list[int], words: str) -> None:
    limits = plan_world_limits(TOLD | told, release)
    assert [limit.value for limit in limits] == values
    assert any(words in limit.enough_for for limit in limits)


def test_the_limits_of_a_lab_are_in_the_report() -> None:
    found = {limit.name: limit.value for limit in list_world_limits()}
    assert found["processes of a lab"] > 0
    assert set(found) == {"processes of a lab", "memory of a lab", "inotify instances of a lab"}


def test_what_a_lab_misses() -> None:
    assert missing_for(Needs(("veth", "bridge"), ("ip", "ping"))) == []
    (missing,) = missing_for(Needs(("veth",), ("no-such-program",)))
    assert missing["what"] == "no-such-program"
    with pytest.raises(UsageError, match="does not know made-up"):
        missing_for(Needs(("made-up",)))


def test_every_lab_names_features_the_doctor_knows(repository: Path) -> None:
    import tomllib

    known = {each.name for each in list_capabilities()}
    for path in sorted((repository / "labs").glob("*/lab.toml")):
        assert set(tomllib.loads(path.read_text()).get("needs", {}).get("kernel", [])) <= known, path


def test_the_doctor_leaves_nothing_behind() -> None:
    try_capabilities(list_capabilities()[:1])
    assert not [name for name in list_worlds() if "doctor" in name]
    assert f"doctor-{os.getpid()}" not in Path("/proc/net/unix").read_text(errors="replace")
