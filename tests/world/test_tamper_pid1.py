"""Nobody inside a machine reaches PID 1: every way is tried, and shown to work on a process of the learner's own."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator

import pytest

from labkit.world import Machine, World

pytestmark = pytest.mark.world

# what the kernel grants nobody inside, whomever the target belongs to
_NEVER = {
    "read stack",  # the host's root only
    "setns ipc",  # one for the world, PID 1's
    "setns by pidfd ipc",
    "write comm",  # a process's own threads only
    "prlimit",  # the world's filter: itself only
}
# what belongs to the learner's uid, as the judge's processes do; it changes no verdict
_HARMLESS = {"list fd", "write oom_score_adj", "write coredump_filter", "write clear_refs"}
_NAMESPACES = ("net", "mount", "uts", "ipc", "pid", "user", "cgroup")
_BY_HAND = (
    "cat /proc/1/environ",
    "cat /proc/1/mem",
    "ls /proc/1/fd/",
    "ls /proc/1/root/",
    "ls /proc/1/cwd/",
    "dd if=/proc/1/mem bs=1 count=1",
    "prlimit --pid 1 --cpu=1",
    "prlimit --pid 1 --nofile=3",
)


def try_all(machine: Machine, attack: str, target: str) -> dict[str, str]:
    ran = machine.run(["python3", "-", target], stdin=attack)
    assert ran.status == 0, ran.stderr
    outcomes: dict[str, str] = json.loads(ran.stdout)
    assert len(outcomes) > 35
    return outcomes


def test_the_attempts_work_on_a_process_of_ones_own(web: Machine, attack: str) -> None:
    outcomes = try_all(web, attack, "child")
    assert {name for name, outcome in outcomes.items() if outcome != "done"} == _NEVER


@pytest.mark.parametrize("name", ["web", "worker1"])
def test_none_of_them_works_on_pid_1(lab: World, attack: str, name: str) -> None:
    outcomes = try_all(lab.machine(name), attack, "1")
    assert set(outcomes.values()) <= {"EPERM", "EACCES"}


def test_none_of_them_works_from_a_further_user_namespace(web: Machine, attack: str) -> None:
    ran = web.run(["unshare", "--user", "--map-root-user", "--mount", "--net", "python3", "-", "1"], stdin=attack)
    assert ran.status == 0, ran.stderr
    assert set(json.loads(ran.stdout).values()) <= {"EPERM", "EACCES"}


@pytest.fixture
def judged(web: Machine) -> Iterator[int]:
    """A command of the judge's that is running: its number."""
    thread = threading.Thread(target=web.probe, args=(["sleep", "2"],))
    thread.start()
    found: list[int] = []
    while not found:
        found = [number for number, argv in web.list_processes() if argv == ["sleep", "2"]]
    yield found[0]
    thread.join()


def test_none_of_them_works_on_what_the_judge_runs(web: Machine, attack: str, judged: int) -> None:
    outcomes = try_all(web, attack, str(judged))
    assert {name for name, outcome in outcomes.items() if outcome == "done"} <= _HARMLESS


@pytest.mark.parametrize("namespace", _NAMESPACES)
def test_nsenter_is_refused(web: Machine, namespace: str) -> None:
    assert web.run(["nsenter", "--target", "1", f"--{namespace}", "true"]).status == 1


@pytest.mark.parametrize("command", _BY_HAND)
def test_what_a_learner_would_type_is_refused(web: Machine, command: str) -> None:
    assert web.run(command).status != 0


@pytest.mark.parametrize("number", [*range(1, 32), signal.SIGRTMIN, signal.SIGRTMAX])
def test_signals_have_no_effect(lab: World, web: Machine, number: int) -> None:
    before = lab.pid
    web.run(["python3", "-c", f"import os; [os.kill(1, {number}) for _ in range(20)]"])
    assert lab.ask("hello")[0]["pid"] == before
    assert web.run(["sed", "-n", "s/^State:.\\(.\\).*/\\1/p", "/proc/1/status"]).stdout.strip() in ("S", "R")
    assert web.run("exit 7").status == 7


def test_signals_queued_with_a_value_have_no_effect(lab: World, web: Machine) -> None:
    web.run(
        "python3 -c 'import signal, os; f = os.pidfd_open(1); [signal.pidfd_send_signal(f, n) for n in (9, 15, 17, 19)]'"
    )
    assert lab.ask("hello")[0]["pid"] == lab.pid


def test_killing_everything_leaves_pid_1(web: Machine) -> None:
    assert web.run("kill -STOP -1; kill -KILL -1; exit 3").status in (3, 137)
    assert web.run("echo still here").stdout == "still here\n"


def test_a_command_has_no_descriptor_but_its_own(web: Machine) -> None:
    code = "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:-1])"
    assert web.run(["python3", "-c", code]).stdout == "[0, 1, 2]\n"
    assert web.probe(["python3", "-c", code]).stdout == "[0, 1, 2]\n"


def test_nothing_listens_that_a_machine_could_connect_to(web: Machine) -> None:
    assert "labkit" not in web.run("cat /proc/net/unix /proc/1/net/unix").stdout
