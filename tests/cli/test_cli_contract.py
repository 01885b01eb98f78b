"""The terminal's door: what scripts and graders rely on. Every command is a process of its own, as it is for them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from labkit.cli.table import COMMANDS

pytestmark = [pytest.mark.world, pytest.mark.user]

CLI = (sys.executable, "-m", "labkit.cli")
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLI, *words], input=stdin, capture_output=True, text=True, check=False, timeout=60)


def ask(*words: str, status: int = 0) -> Any:
    """The JSON that a command prints."""
    ran = run(*words, "--json")
    assert (ran.returncode, ran.stderr) == (status, "")
    return json.loads(ran.stdout)


@pytest.fixture
def lab(two_hosts: str) -> Iterator[str]:
    """The small lab at its start state."""
    assert run("start", two_hosts).returncode == 0
    yield two_hosts
    run("down", two_hosts)


def give_address(lab: str, address: str = "10.9.0.2/24") -> None:
    assert run("exec", "--lab", lab, "right", "--", "ip", "addr", "add", address, "dev", "eth0").returncode == 0


def test_start_prints_what_ps_prints(two_hosts: str) -> None:
    began = ask("start", two_hosts)
    assert {"lab", "student", "fabric", "pid", "since", "machines", "version"} == set(began)
    assert (began["lab"], began["student"], began["fabric"]) == (two_hosts, None, "netlink")
    assert ISO_TIME.fullmatch(began["since"])
    assert Path(f"/proc/{began['pid']}/comm").read_text() == "labkit-world\n"
    assert {"name": "worker1", "kind": "node", "node": None} in began["machines"]
    assert began in ask("ps")
    assert ask("start", two_hosts) == began, "starting a lab that runs attaches"
    other = run("start", two_hosts, "--student", "anna")
    assert (other.returncode, other.stdout) == (2, "")
    assert two_hosts in other.stderr
    assert run("down", two_hosts).returncode == 0
    assert two_hosts not in [each["lab"] for each in ask("ps")]


def test_a_pod_is_told_with_its_node(lab: str) -> None:
    run("exec", "--lab", lab, "worker1", "ip", "netns", "add", "web")
    machines = next(each["machines"] for each in ask("ps") if each["lab"] == lab)
    assert {"name": "web", "kind": "pod", "node": "worker1"} in machines


def test_check_red_and_green(lab: str) -> None:
    red = ask("check", lab, status=1)
    assert set(red) == {
        "version",
        "lab",
        "student",
        "gradable",
        "score",
        "points",
        "max_points",
        "levels",
        "helped",
        "checks",
    }
    assert (red["lab"], red["gradable"], red["score"], red["points"]) == (lab, True, 0, 0)
    assert [each["status"] for each in red["checks"]] == ["failed", "skipped", "failed", "skipped"]
    assert set(red["checks"][0]) == {
        "id", "title", "level", "status", "points", "max_points", "expected", "observed", "hint", "evidence", "seconds",
    }  # fmt: skip
    assert set(red["checks"][0]["evidence"][0]) == {"machine", "argv", "stdout", "status"}
    assert run("solve", lab).returncode == 0
    green = ask("check", lab)
    assert (green["score"], green["points"]) == (1, green["max_points"])
    assert {each["status"] for each in green["checks"]} == {"passed"}
    only = ask("check", lab, "--only", "right_sees_left")
    assert [each["id"] for each in only["checks"]] == ["right_sees_left"]


def test_what_cannot_be_told_is_no_number(lab: str) -> None:
    checks = Path(os.environ["LABKIT_LABS"], lab, "checks.py")
    before = checks.read_text()
    try:
        checks.write_text(before.replace("    answer = lab.ping", "    raise OSError\n    answer = lab.ping", 1))
        untold = ask("check", lab, status=3)
        said = run("check", lab).stdout
    finally:
        checks.write_text(before)
    assert (untold["gradable"], untold["score"], untold["points"]) == (False, None, None)
    assert untold["checks"][0]["status"] == "cannot_tell"
    assert "could not be told, so there is no score" in said


def test_the_verdicts_as_text(lab: str) -> None:
    said = run("check", lab).stdout
    assert re.search(r"^✗ failed +left reaches right\.  \(0 of 2 points, left_reaches_right\)$", said, re.MULTILINE)
    assert re.search(rf"see it +labkit exec --lab {lab} left -- ping", said)
    assert "\x1b" not in said


def test_the_learner_s_commands(lab: str) -> None:
    assert run("hint", lab).stdout == "Hint 1 of 3 for left_reaches_right: Have both an address?\n"
    assert "Hint 2 of 3" in run("hint", lab, "left_reaches_right").stdout
    noted = run("answer", lab, "how-many", "2").stdout
    assert noted == "how-many = 2: noted. Try it, then see both: labkit answer how-many\n"
    both = run("answer", lab, "how-many").stdout
    assert "you said      2" in both
    assert "two hosts" in both
    assert "left, right and worker1" in run("answer", lab, "how-many", "3").stdout, "it has been seen"
    assert run("answer", lab, "how-many", "many").returncode == 2
    listed = run("answer", lab, "--list").stdout
    assert "how-many: How many machines are there?\n    a number" in listed
    assert "link-down" in listed
    assert run("solve", lab, "--to", "address").returncode == 0
    assert run("break", lab, "--fault", "link-down").stdout == '"The other side does not answer."\n'
    assert run("answer", lab, "fault.cause", "link-down").stdout == "fault.cause = link-down: noted.\n"
    assert f"labkit start {lab} --resume" in run("reset", lab).stdout
    shown = run("solve", lab, "--dry-run").stdout
    assert "# address" in shown
    assert "on right ip addr add" in shown
    assert run("check", lab).returncode == 1, "nothing was run"
    assert run("solve", lab, "--with", "other-longer").returncode == 0
    assert run("check", lab, "--only", "right_sees_left").returncode == 0
    assert run("solve", lab, "--with", "nothing-such").returncode == 2


def test_the_journal_keeps_the_order(lab: str) -> None:
    give_address(lab)
    run("answer", lab, "how-many", "3")
    entries = ask("journal", lab)
    last = [(each["kind"], each.get("machine") or each.get("id")) for each in entries][-2:]
    assert last == [("run", "right"), ("answer", "how-many")]
    assert entries[-2]["argv"] == ["ip", "addr", "add", "10.9.0.2/24", "dev", "eth0"]
    assert entries[-2]["status"] == 0
    assert abs(time.time() - entries[-1]["time"]) < 60
    assert "ip addr add 10.9.0.2/24 dev eth0" in run("journal", lab).stdout


@pytest.mark.parametrize(
    "words",
    [("ps",), ("list",), ("doctor",), ("journal", "LAB"), ("matrix", "--lab", "LAB"), ("topology", "--lab", "LAB")],
)
def test_every_json_says_its_version(lab: str, words: tuple[str, ...]) -> None:
    said = ask(*(lab if word == "LAB" else word for word in words))
    assert {each["version"] for each in (said if isinstance(said, list) else [said])} == {1}


def test_resume_does_it_again(lab: str) -> None:
    give_address(lab)
    assert run("down", lab).returncode == 0
    assert run("start", lab, "--resume").returncode == 0
    assert run("check", lab, "--only", "left_reaches_right").returncode == 0


@pytest.mark.parametrize(
    ("script", "status"), [("true", 0), ("exit 7", 7), ("kill -9 $$", 137), ("nothing-such", 127), ("/etc/passwd", 126)]
)
def test_exec_passes_the_exit_status_on(lab: str, script: str, status: int) -> None:
    words = [script] if status in (126, 127) else ["bash", "-c", script]
    assert run("exec", "--lab", lab, "left", "--", *words).returncode == status


def test_exec_passes_all_three_streams_on(lab: str) -> None:
    ran = run(
        "exec", "--lab", lab, "left", "--", "bash", "-c", "tr a-z A-Z; echo oops >&2; hostname", stdin="x" * 300_000
    )
    assert (ran.stdout, ran.stderr) == ("X" * 300_000 + "left\n", "oops\n")


def test_exec_tells_its_own_failures_apart(lab: str) -> None:
    for words in (("--lab", lab, "rihgt", "true"), ("--lab", "00-nothing", "left", "true"), ("--lab", lab, "left"), ()):
        ran = run("exec", *words)
        assert (ran.returncode, ran.stdout) == (125, "")
        assert ran.stderr
    assert "right" in run("exec", "--lab", lab, "rihgt", "true").stderr


def test_control_c_reaches_the_command(lab: str) -> None:
    words = [
        *CLI,
        "exec",
        "--lab",
        lab,
        "left",
        "--",
        "bash",
        "-c",
        "trap 'echo bye; exit 3' INT; echo up; sleep 60 & wait",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "bye\n"
        assert process.wait(5) == 3


def wait_attached(process: int) -> None:
    """Until it talks to a world; the check of the small lab then takes a second, and says nothing before its end."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for each in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                if str(each.readlink()).startswith("socket:"):
                    return
        time.sleep(0.01)
    pytest.fail("it did not attach")


def test_control_c_ends_labkit_itself_with_130(lab: str) -> None:
    with subprocess.Popen([*CLI, "check", lab], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_attached(process.pid)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=5)
        assert (process.returncode, said) == (130, "")


def test_a_reader_that_goes_away_is_no_error(lab: str) -> None:
    with subprocess.Popen([*CLI, "topology", "--lab", lab], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 141


def test_topology(lab: str, tmp_path: Path) -> None:
    give_address(lab)
    found = ask("topology", "--lab", lab)
    right = next(each for each in found["machines"] if each["name"] == "right")
    assert right["links"][0]["addresses"] == ["10.9.0.2/24"]
    assert ["left:eth0", "switch s1"] in found["cables"]
    assert "10.9.0.2/24  up  cabled to switch s1  + added" in run("topology", "--lab", lab).stdout
    assert run("topology", "--lab", lab, "--svg", str(tmp_path / "net.svg")).returncode == 0
    root = ET.parse(tmp_path / "net.svg").getroot()
    assert (root.tag, root.get("role")) == ("{http://www.w3.org/2000/svg}svg", "img")
    assert run("topology", "--lab", lab, "--svg", "/nowhere/net.svg").returncode == 2


def test_matrix(lab: str, tmp_path: Path) -> None:
    give_address(lab)
    cells = {(each["src"], each["dst"]): each["word"] for each in ask("matrix", "--lab", lab)["cells"]}
    assert cells["left", "right"] == cells["right", "left"] == "reached"
    assert cells["left", "worker1"] == "no address"
    assert "worker1 has no address" in run("matrix", "--lab", lab).stdout
    assert run("matrix", "--lab", lab, "--svg", str(tmp_path / "matrix.svg")).returncode == 0
    assert ET.parse(tmp_path / "matrix.svg").getroot().get("role") == "img"


def test_journey(lab: str, tmp_path: Path) -> None:
    lost = ask("journey", "left", "10.9.0.2", "--lab", lab, status=1)
    assert lost["found"] is False
    give_address(lab)
    found = ask("journey", "left", "right", "--lab", lab)
    assert found["found"] is True
    first, last = found["hops"][0], found["hops"][-1]
    assert (first["machine"], first["direction"], first["time"]) == ("left", "out", 0)
    assert (last["machine"], last["link"], last["direction"]) == ("right", "eth0", "in")
    assert [layer["name"] for layer in first["layers"]][:3] == ["Ether", "IP", "ICMP"]
    tcp = ask("journey", "left", "right", "--lab", lab, "--tcp", "80")
    assert tcp["hops"][0]["layers"][2]["name"] == "TCP"
    assert (
        run("journey", "left", "right", "--lab", lab, "--udp", "53", "--pcap", str(tmp_path / "way.pcapng")).returncode
        == 0
    )
    assert (tmp_path / "way.pcapng").read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    assert "it arrived" in run("journey", "left", "right", "--lab", lab).stdout
    assert run("journey", "left", "nobody", "--lab", lab).returncode == 2


def test_what_is_wrong_is_said_with_a_remedy(two_hosts: str) -> None:
    for words, hint in (
        (("check", two_hosts), f"labkit start {two_hosts}"),
        (("start", "no-such-lab"), "labkit list"),
        (("down", two_hosts), f"labkit start {two_hosts}"),
    ):
        ran = run(*words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert hint in ran.stderr
        assert "Traceback" not in ran.stderr
    assert run("nonsense").returncode == 2
    assert run().returncode == 2


def test_list_tells_what_runs_here(two_hosts: str) -> None:
    (listed,) = ask("list")
    assert set(listed) == {"lab", "title", "minutes", "runs_here", "missing", "version"}
    assert (listed["lab"], listed["title"], listed["minutes"]) == (two_hosts, "Two hosts", 5)
    assert listed["runs_here"] is not bool(listed["missing"])
    assert two_hosts in run("list").stdout


def test_doctor_has_a_remedy_for_all_that_is_missing() -> None:
    found = ask("doctor")
    assert set(found) == {"capabilities", "programs", "limits", "version"}
    assert {frozenset(each) for each in found["capabilities"]} == {frozenset({"name", "ok", "detail", "remedy"})}
    assert {frozenset(each) for each in found["programs"]} == {frozenset({"name", "version", "path", "remedy"})}
    assert {frozenset(each) for each in found["limits"]} == {frozenset({"name", "value", "enough_for"})}
    assert [each["name"] for each in found["capabilities"] if not each["ok"] and not each["remedy"]] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_is_short(command: Any) -> None:
    said = run(command.name, "--help")
    assert said.returncode == 0
    assert command.summary.split()[0] in said.stdout
    assert len(said.stdout.splitlines()) < 30


def test_ps_imports_nothing_that_takes_time() -> None:
    code = "import sys; from labkit.cli import main; main(['ps']); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in ran.stderr.split()}
    assert not loaded & {"IPython", "networkx", "scapy", "rich", "jinja2", "jupytext", "pyroute2", "numpy"}
    assert not {"labkit.fabric", "labkit.check"} & set(ran.stderr.split())
