"""PID 1's door: how much is asked, what is said when something goes wrong there, and what LABKIT_DEBUG shows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.errors import UsageError, WorldError
from labkit.world import MachineSpec, World
from labkit.world.connection import Connection
from labkit.world.inside.machine_operations import MachineOperations
from labkit.world.inside.request import Request

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations asked for, in order."""
    operations: list[str] = []
    ask = Connection.ask

    def note(self: Connection, op: str, *arguments: Any, **fields: Any) -> Any:
        operations.append(op)
        return ask(self, op, *arguments, **fields)

    monkeypatch.setattr(Connection, "ask", note)
    return operations


def test_one_machine_is_found_with_one_request(lab: World, asked: list[str]) -> None:
    web = lab.machine("web")
    assert (web.kind, web.node) == ("pod", "worker1")
    assert asked == ["find"]


def test_a_machine_that_is_not_there_is_told_with_near_names(lab: World) -> None:
    with pytest.raises(UsageError, match="has no machine 'worker'") as raised:
        lab.machine("worker")
    assert raised.value.hint == "did you mean worker2? there are: worker1, worker2, web, api"
    with pytest.raises(UsageError) as raised:
        lab.machine("zzz")
    assert raised.value.hint == "there are: worker1, worker2, web, api"


def test_a_short_list_is_one_request(lab: World, asked: list[str]) -> None:
    assert len(lab.machines()) == 4
    assert lab.machine("web").list_processes() == []
    assert asked == ["list", "find", "processes"]


def test_a_long_list_comes_in_pages() -> None:
    held = [SimpleNamespace(row=[str(number)]) for number in range(2500)]
    registry: Any = SimpleNamespace(list_held=lambda: held)
    list_all = MachineOperations(registry).plan_table()["list"]
    pages = [list_all(Request({"first": first}, [], 0, print)) for first in (0, 1000, 2000, 2500, -1)]
    assert [(len(page["machines"]), page["more"]) for page in pages] == [
        (1000, True), (1000, True), (500, False), (0, False), (0, False),
    ]  # fmt: skip


def test_machines_are_returned_as_they_are_made(lab: World, asked: list[str]) -> None:
    (made,) = lab.add_machines([MachineSpec("made", "pod", "worker1")])
    assert made.run("hostname").stdout == "made\n"
    assert made.network == lab.machine("made").network != lab.machine("web").network
    lab.remove_machine("made")
    assert asked == ["add", "run", "find", "find", "remove"]


def test_a_handle_finds_the_world_that_took_its_place(asked: list[str]) -> None:
    name = f"renewed-{os.getpid()}"
    with World.start(name, hidden=True) as first:
        attached = World.attach(name, hidden=True)
        asked.clear()
        assert attached.renew() is attached
        assert asked == []
        first.end()
        assert attached.is_gone()
        with pytest.raises(WorldError, match=f"no lab {name} is running"):
            attached.renew()
        with World.start(name, hidden=True) as second, attached.renew() as renewed:
            assert renewed.pid == second.pid
            second.end()


# --- faults of PID 1's own


@pytest.fixture
def run_broken(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program against a copy of labkit in which `old` in one of PID 1's files is replaced by `new`."""

    def run(file: str, old: str, new: str, program: str) -> subprocess.CompletedProcess[str]:
        shutil.copytree(REPOSITORY / "labkit", tmp_path / "labkit", ignore=shutil.ignore_patterns("__pycache__"))
        broken = tmp_path / "labkit" / "world" / "inside" / file
        assert old in broken.read_text()
        broken.write_text(broken.read_text().replace(old, new))
        begin = "import sys\nfrom pathlib import Path\nfrom labkit.errors import *\nfrom labkit.world import *\n"
        return subprocess.run(
            [sys.executable, "-c", begin + program, f"broken-{os.getpid()}", str(tmp_path / "journal")],
            capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PATH": os.defpath},
        )  # fmt: skip

    return run


SURVIVES = """
with World.start(sys.argv[1], hidden=True, journal=Path(sys.argv[2])) as world:
    for _ in range(30):
        try:
            world.machine("x")
        except WorldError as error:
            said = error
    print(said.message, said.hint, sep="|")
    print(len(world.read_trouble()), world.read_trouble()[-1])
    world.add_machines([MachineSpec("h", "host")])
    print(world.ask("hello")[0]["pid"] == world.pid)
    world.end()
"""


def test_a_fault_of_pid_1_is_told_and_kept_and_survived(
    run_broken: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    ran = run_broken("machine_operations.py", "held = self._registry.find(take", "held = {}[3]  # (take", SURVIVES)
    told, *trace, alive = filter(None, ran.stdout.splitlines())
    assert told == (
        "PID 1 failed by a fault of labkit's own: request find: KeyError: 3"
        "|the lab goes on; `labkit journal` of it has the whole trace, for a report of this fault"
    ), ran.stderr
    assert trace[0] == "20 request find: Traceback (most recent call last):"
    assert any("machine_operations.py" in line for line in trace)
    assert trace[-1] == "KeyError: 3"
    assert alive == "True"
    entries = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert len(entries) == 30
    assert {entry["kind"] for entry in entries} == {"trouble"}
    assert "KeyError: 3" in entries[0]["text"]


DIES = """
with World.start(sys.argv[1], hidden=True, journal=Path(sys.argv[2])) as world:
    other = World.attach(sys.argv[1], hidden=True)
    for each in (world, other):
        try:
            each.write_journal({})
        except WorldError as error:
            print(error.message, error.hint, sep="|")
"""


def test_a_pid_1_that_dies_says_why(
    run_broken: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    whole = "        if received is None:\n"
    broken = f"        if received and received[0].get('op') == 'journal':\n            self._nothing()\n{whole}"
    ran = run_broken("loop.py", whole, broken, DIES)
    said = (
        "the world is gone: a fault of labkit's own in its PID 1: PID 1 ended: AttributeError: "
        "'Loop' object has no attribute '_nothing'|`labkit journal` of this lab says where; labkit start it again"
    )
    assert ran.stdout.splitlines() == [said, said], ran.stderr
    assert "_nothing" in (tmp_path / "journal").read_text()


def test_a_pid_1_that_fails_before_it_serves_says_why(
    run_broken: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    ran = run_broken("pid1.py", '    jobs = Jobs(inner, spec["limits"])', "    jobs = Jobs(nobody)", DIES)
    assert "NameError: name 'nobody' is not defined" in ran.stderr


# --- LABKIT_DEBUG


DEBUGGED = """
import sys
from labkit.world import *
with World.start(sys.argv[1], hidden=True) as world:
    world.add_machines([MachineSpec("h", "host")])
    world.machine("h").run(["echo", "two words"])
    world.machine("h").probe(["true"])
    run_program(["true"])
    world.end()
"""


def test_debug_shows_requests_commands_and_times() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DEBUGGED, f"debugged-{os.getpid()}"],
        capture_output=True, text=True, check=True, cwd=REPOSITORY, env=os.environ | {"LABKIT_DEBUG": "1"}, timeout=60,
    )  # fmt: skip
    lines = [line.split(" ms  ") for line in ran.stderr.splitlines()]
    assert all(words[0].startswith("labkit ") and float(words[0].split()[1]) >= 0 for words in lines)
    shown = [words[1] for words in lines]
    assert [line for line in shown if line.startswith("run h: echo 'two words' -> {'process'")]
    assert [line for line in shown if line.startswith("judge run h: true -> ")]
    assert "here: true -> 0" in shown
    assert shown.count("exit 0") == 2
    assert [line for line in shown if line.startswith("find machine=h -> {'machine': ['h', 'host', None, ")]
    assert [line for line in shown if line.startswith("made the world debugged-")]


def test_without_debug_nothing_is_shown() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DEBUGGED, f"quiet-{os.getpid()}"],
        capture_output=True, text=True, check=True, cwd=REPOSITORY, timeout=60,
        env={name: value for name, value in os.environ.items() if name != "LABKIT_DEBUG"},
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("", "")
