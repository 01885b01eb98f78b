"""The magics, in a real kernel: what a cell shows, raises, and leaves behind."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupyter_client
import pytest

from labkit import attach
from labkit.timing import scale
from labkit.world import list_worlds

pytestmark = pytest.mark.world

Outputs = list[dict[str, Any]]


class Kernel:
    """A notebook's kernel; `run` gives the outputs of a cell as a front-end gets them."""

    def __init__(self, folder: Path, sockets: str) -> None:
        self.manager = jupyter_client.KernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.blocking_client()
        self.client.start_channels()

    def run(self, code: str, timeout: float = 30) -> Outputs:
        return self.collect(self.client.execute(code, allow_stdin=False), timeout)

    def collect(self, request: str, timeout: float = 30) -> Outputs:
        outputs: Outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            if kind in ("stream", "execute_result", "display_data", "update_display_data", "error"):
                outputs.append({"kind": kind, **content})

    def start(self, code: str, first: str) -> str:
        """Run a cell until it has said `first`."""
        request: str = self.client.execute(code)
        said = ""
        while first not in said:
            message = self.client.get_iopub_msg(timeout=20)
            said += message["content"].get("text", "")
        return request

    def run_as(self, cell: str, code: str) -> Outputs:
        """The same, saying which cell of the notebook it is, as JupyterLab does."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        return self.collect(message["header"]["msg_id"])

    def complete(self, code: str) -> list[str]:
        reply = self.client.complete(code, reply=True, timeout=20)
        return list(reply["content"]["matches"])

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(two_hosts: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("notebook")
    # a socket's name has 108 bytes: not below pytest's long paths
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="lk-") as short:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", short)
        started = Kernel(folder, short)
        try:
            started.client.wait_for_ready(timeout=60)
            started.run("%load_ext labkit")
            assert started.run(f"%lab start {two_hosts}")[0]["text"].startswith(
                f"{two_hosts} is built, a new network: worker1, left, right"
            )
            yield started
        finally:
            started.stop()


def text_of(outputs: Outputs) -> str:
    return "".join(each["text"] for each in outputs if each["kind"] == "stream")


def error_of(outputs: Outputs) -> tuple[str, list[str]]:
    (error,) = [each for each in outputs if each["kind"] == "error"]
    return error["ename"], error["traceback"]


def shown(outputs: Outputs) -> dict[str, str]:
    (result,) = [each for each in outputs if each["kind"] == "execute_result"]
    return dict(result["data"])


def wait_processes(lab: str, machine: str, wanted: list[list[str]]) -> list[list[str]]:
    """What runs on a machine, at the latest after three seconds."""
    until = time.monotonic() + 3
    with attach(lab) as attached:
        while (found := [argv for _, argv in attached.machine(machine).list_processes()]) != wanted:
            if time.monotonic() > until:
                break
            time.sleep(0.02)
    return found


@pytest.mark.user
def test_a_cell_runs_on_its_machine(kernel: Kernel) -> None:
    outputs = kernel.run("%%on left\nhostname\nfor i in 1 2; do echo $i; done")
    assert text_of(outputs) == "left\n1\n2\n"
    assert {each["kind"] for each in outputs} == {"stream"}


def test_a_cell_for_several_machines_runs_on_one_after_the_other(kernel: Kernel) -> None:
    assert text_of(kernel.run("%%on left right\nhostname")) == "--- left\nleft\n--- right\nright\n"
    outputs = kernel.run("%%on left right worker1\nhostname\ntest $(hostname) != right")
    assert error_of(outputs) == ("CellFailed", ["on right: exit status 1"])
    assert "worker1" not in text_of(outputs), "the first that fails ends it"
    assert error_of(kernel.run("%%on left nobody\nhostname"))[0] == "UsageError"
    assert error_of(kernel.run("%%on left right --out found\nhostname"))[0] == "UsageError"


def test_all_output_is_stdout_in_the_order_it_was_written(kernel: Kernel) -> None:
    outputs = kernel.run("%%on left\necho a; echo b >&2; echo c; printf ü; printf '\\xff'")
    assert {each["name"] for each in outputs} == {"stdout"}
    assert text_of(outputs) == "a\nb\nc\nü\ufffd"


def test_a_failing_command_raises_in_one_line(kernel: Kernel) -> None:
    outputs = kernel.run("%%on left\ntrue\nnothing-such")
    assert error_of(outputs) == ("CellFailed", ["on left: exit status 127"])
    assert "line 3: nothing-such: command not found" in text_of(outputs), "lines are counted as the notebook does"
    assert kernel.run("%%on left --no-raise-error\nfalse") == []


def test_output_into_variables(kernel: Kernel) -> None:
    assert text_of(kernel.run("%%on left --out found\nhostname; echo oops >&2")) == "oops\n"
    assert shown(kernel.run("found"))["text/plain"] == "'left\\n'"
    kernel.run("%%on left --out found --err wrong\nhostname; echo oops >&2")
    assert shown(kernel.run("found, wrong"))["text/plain"] == "('left\\n', 'oops\\n')"


def test_curly_brackets_and_dollars_are_the_shell_s(kernel: Kernel) -> None:
    assert text_of(kernel.run("found = 1\n")) == ""
    assert text_of(kernel.run("%%on left\necho ${HOME} {a,b} $((1+1))")) == "/root a b 2\n"


@pytest.mark.alone
def test_stop_ends_the_whole_group_with_its_last_words(kernel: Kernel, two_hosts: str) -> None:
    request = kernel.start(
        "%%on left\nip link set lo up\nping -i 0.2 127.0.0.1 & sleep 60 & ping 127.0.0.1", "icmp_seq=2"
    )
    began = time.monotonic()
    kernel.manager.interrupt_kernel()
    outputs = kernel.collect(request)
    assert time.monotonic() - began < scale(1.5)
    assert error_of(outputs) == ("Stopped", ["on left: stopped"])
    assert "ping statistics" in text_of(outputs)
    assert wait_processes(two_hosts, "left", []) == []
    assert time.monotonic() - began < scale(1.5)


@pytest.mark.alone
def test_stop_ends_what_does_not_want_to(kernel: Kernel, two_hosts: str) -> None:
    request = kernel.start("%%on left\ntrap '' INT TERM\necho up\nwhile :; do sleep 0.05; done", "up")
    began = time.monotonic()
    for _ in range(2):
        kernel.manager.interrupt_kernel()
        time.sleep(0.03)  # two clicks
    assert error_of(kernel.collect(request))[0] == "Stopped"
    assert wait_processes(two_hosts, "left", []) == []
    assert time.monotonic() - began < scale(1.5)


def test_stop_keeps_the_next_cells_from_running(kernel: Kernel) -> None:
    first = kernel.start("%%on left\necho up\nsleep 60", "up")
    second = kernel.client.execute("print('not to be seen')")
    time.sleep(0.2)  # the second cell must wait in the kernel's queue
    kernel.manager.interrupt_kernel()
    assert error_of(kernel.collect(first))[0] == "Stopped"
    assert kernel.collect(second) == []


def test_a_background_job_outlives_its_cell(kernel: Kernel, two_hosts: str) -> None:
    assert "output in /tmp/on-" in text_of(kernel.run("%%on right --bg\necho begun; exec sleep 300"))
    assert wait_processes(two_hosts, "right", [["sleep", "300"]]) == [["sleep", "300"]]
    with attach(two_hosts) as lab:
        right = lab.machine("right")
        assert right.run("cat /tmp/on-*.log", journal={}).stdout == "begun\n"
        right.run("pkill sleep", journal={})


def test_a_flood_is_cut_and_kept(kernel: Kernel) -> None:
    began = time.monotonic()
    said = text_of(kernel.run("%%on left\nseq 1 1000000", timeout=60))
    assert time.monotonic() - began < scale(20)
    assert said.startswith("1\n2\n3\n")
    assert said.endswith("999999\n1000000\n")
    assert 200_000 < len(said) < 202_000
    note = next(line for line in said.splitlines() if line.startswith("…"))
    kept = Path(note.split("all of it is in ")[1].removesuffix(" …"))
    assert kept.read_text() == "".join(f"{number}\n" for number in range(1, 1_000_001))
    assert "6,688,8" in note


def test_red_is_a_number_and_a_table(kernel: Kernel) -> None:
    outputs = kernel.run("%check")
    data = shown(outputs)
    assert data["text/plain"] == "0"
    assert "✗ failed" in data["text/html"]
    assert "<script" not in data["text/html"]
    assert [each["kind"] for each in outputs] == ["execute_result"]


def test_green_is_all_the_points(kernel: Kernel) -> None:
    kernel.run("%%on right\nip addr add 10.9.0.2/24 dev eth0")
    # the kernel asks by ARP once a second while nobody has answered, and this lab's checks have one second
    kernel.run("%%on left\nping -c 1 -W 5 10.9.0.2")
    assert float(shown(kernel.run("%check left_reaches_right"))["text/plain"]) == 2
    kernel.run("%%on right\nip addr flush dev eth0")


def test_what_cannot_be_told_raises_in_one_line(kernel: Kernel, two_hosts: str) -> None:
    checks = Path(os.environ["LABKIT_LABS"], two_hosts, "checks.py")
    before = checks.read_text()
    try:
        checks.write_text(before.replace("    answer = lab.ping", "    raise OSError('no')\n    answer = lab.ping", 1))
        outputs = kernel.run("%check")
    finally:
        checks.write_text(before)
    name, lines = error_of(outputs)
    assert (name, len(lines)) == ("CannotTell", 1)
    assert "OSError: no" in lines[0]
    assert [each["kind"] for each in outputs] == ["display_data", "error"]


def test_questions_and_answers(kernel: Kernel) -> None:
    assert "How many machines are there?" in shown(kernel.run("%answer how-many ?"))["text/plain"]
    assert shown(kernel.run("%answer how-many 2"))["text/plain"] == "how-many = 2: noted."
    assert error_of(kernel.run("%answer how-few 3"))[1][0].startswith("UsageError: ")
    assert "Hint 1 of 3" in shown(kernel.run("%hint left_reaches_right"))["text/plain"]


LESSON = """
```{code-cell} ipython3
:id: guess
%answer how-many ?
```

```{code-cell} ipython3
:id: fail
:tags: [raises-exception]
%%on left
ping -c 1 -W 1 10.99.99.99
```
"""


def test_guess_and_truth_stand_side_by_side_after_the_cell_that_shows_it(kernel: Kernel, two_hosts: str) -> None:
    lesson = Path(os.environ["LABKIT_LABS"], two_hosts, "lesson.md")
    lesson.write_text(LESSON)
    assert shown(kernel.run_as("guess", "%answer how-many 2"))["text/plain"] == "how-many = 2: noted."
    (refused,) = kernel.run_as("fail", "%%on nobody\ntrue")
    assert refused["ename"] == "UsageError", "nothing was to be seen"
    said, both = kernel.run_as("fail", "%%on left\nping -c 1 -W 1 10.99.99.99")
    assert "Network is unreachable" in said["text"]
    assert said["text"].endswith("(on left: exit status 2)\n"), "meant to fail: no error, no red triangle"
    assert both["data"]["text/plain"].splitlines()[:3] == ["≠ how-many", "  you said      2", "  what happens  3"]
    assert "a machine too" in both["data"]["text/plain"]
    assert "≠ how-many" in shown(kernel.run("%answer how-many"))["text/plain"], "and again when asked"
    assert "✓ how-many" in shown(kernel.run("%answer how-many 3"))["text/plain"], "it has been seen"
    lesson.unlink()


def test_an_exercise_that_was_not_touched_says_so(kernel: Kernel) -> None:
    assert "are yours to write" in text_of(kernel.run("%%on left\n# your commands here\n"))
    assert text_of(kernel.run("%%on left\n# your commands here\nhostname")) == "left\n"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("ip -br addr", "%%on MACHINE as the first line"), ("hostname", "on which machine?"), ("%on left\nhostname", "one % too few"),
        ("%% on left\nhostname", "without the space"), ("# look\nx = 1\n%%on left\nhostname", "the first line of its cell"),
        ("%%on lefft\ntrue", "did you mean left?"),
    ],
)  # fmt: skip
def test_what_a_beginner_types_is_answered_in_one_line(kernel: Kernel, cell: str, said: str) -> None:
    name, lines = error_of(kernel.run(cell))
    assert name == "UsageError"
    assert len(lines) == 1
    assert said in lines[0]


def test_stop_is_one_line_in_any_magic(kernel: Kernel) -> None:
    kernel.run(
        "import labkit.notebook.managing as m; real = m.manage\ndef wait(*_):\n    print('waiting', flush=True)\n    import threading; threading.Event().wait(20)\nm.manage = wait"
    )
    request = kernel.start("%lab reset", "waiting")
    kernel.manager.interrupt_kernel()
    assert error_of(kernel.collect(request)) == ("Stopped", ["stopped"])
    kernel.run("m.manage = real")


def test_drawings(kernel: Kernel) -> None:
    picture = shown(kernel.run("%topology"))
    assert '<svg class="lk-svg"' in picture["text/html"]
    assert "left (host)" in picture["text/plain"]
    assert "✗" in shown(kernel.run("%matrix"))["text/plain"]


def test_a_journey_is_one_output_that_needs_no_widget(kernel: Kernel) -> None:
    kernel.run("%%on right\nip addr add 10.9.0.2/24 dev eth0")
    kernel.run("%%on left\nip neigh del 10.9.0.2 dev eth0 || true")  # whoever asked before may just be giving up
    outputs = kernel.run("%journey left right --pcap way.pcapng")
    assert [each["kind"] for each in outputs] == ["stream", "execute_result"]
    assert set(shown(outputs)) == {"text/plain", "text/html"}
    assert '<svg class="lk-svg"' in shown(outputs)["text/html"]
    assert "it arrived, and the answer came back" in shown(outputs)["text/plain"]
    assert "frames in way.pcapng" in text_of(outputs)
    kernel.run("%%on right\nip addr flush dev eth0")


def test_the_live_network_is_drawn_again_in_the_cell(kernel: Kernel) -> None:
    (first,) = kernel.run("%topology --live")
    assert first["kind"] == "display_data"
    name = first["transient"]["display_id"]
    kernel.run("%%on left\nip link add lively type bridge")
    drawn = ""
    until = time.monotonic() + 10
    while ">+lively" not in drawn and time.monotonic() < until:
        message = kernel.client.get_iopub_msg(timeout=10)
        if message["msg_type"] == "update_display_data" and message["content"]["transient"]["display_id"] == name:
            drawn = message["content"]["data"]["text/html"]
    assert ">+lively" in drawn
    assert "new: link left lively" in drawn
    kernel.run("%%on left\nip link del lively")
    other = kernel.run("%topology --live")
    assert "by another cell" in str([each for each in other if each["kind"] == "update_display_data"])


@pytest.mark.parametrize(
    "line",
    ["%lab dance", "%lab start", "%lab start no-such-lab", "%%on\ntrue", "%%on lfet\ntrue", "%check no_such", "%hint no_such",
     "%journey left", "%journey left right --tcp 80 --udp 80", "%topology x", "%journey 'open", "%%on left --wrong\ntrue"],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(kernel: Kernel, line: str) -> None:
    name, lines = error_of(kernel.run(line))
    assert (name, len(lines)) == ("UsageError", 1)


def test_completion(kernel: Kernel, two_hosts: str) -> None:
    assert sorted(kernel.complete("%%on ")) == ["left", "right", "worker1"]
    assert kernel.complete("%%on wo") == ["worker1"]
    assert kernel.complete("%%on left wo") == ["worker1"]
    assert kernel.complete("%check left") == ["left_reaches_right"]
    assert kernel.complete("%journey left r") == ["right"]
    assert kernel.complete("%lab re") == ["reset"]
    assert kernel.complete("%lab start 9") == [two_hosts]
    assert kernel.complete("%answer how") == ["how-many"]
    assert kernel.complete("%answer fault.cause missing-") == ["missing-address"]
    assert "right" not in kernel.complete("import o")


def test_help(kernel: Kernel) -> None:
    request = kernel.client.execute("%%on?")
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["parent_header"].get("msg_id") != request:
        reply = kernel.client.get_shell_msg(timeout=20)
    said = reply["content"]["payload"][0]["data"]["text/plain"]
    assert "Run the cell's shell commands on a machine" in said
    assert "--no-raise-error" in said


def test_plain_python_does_the_same(kernel: Kernel, two_hosts: str) -> None:
    kernel.run(f"import labkit; lab = labkit.start({two_hosts!r})")
    assert shown(kernel.run("lab.machine('left').run('hostname').stdout"))["text/plain"] == "'left\\n'"
    assert shown(kernel.run("lab.check()"))["text/plain"] == "0"
    assert "<svg" in shown(kernel.run("lab.read_network()"))["text/html"]


def test_what_was_typed_is_in_the_journal(kernel: Kernel, two_hosts: str) -> None:
    kernel.run("%%on left\necho one\necho two")
    with attach(two_hosts) as lab:
        last = lab.read_entries()[-1]
    assert (last.machine, last.script.strip(), last.via, last.status) == ("left", "echo one\necho two", "notebook", 0)


def test_reset_and_a_kernel_s_restart_keep_the_lab(kernel: Kernel, two_hosts: str) -> None:
    kernel.run("%%on left\nip link set lo up")
    assert "back at its start" in text_of(kernel.run("%lab reset"))
    kernel.run("%%on left\nip link add mark type bridge")
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=60)
    kernel.run("%load_ext labkit")
    assert text_of(kernel.run("%load_ext labkit")) == "", "run again it is no mistake"
    assert "goes on, it has been running" in text_of(kernel.run(f"%lab start {two_hosts}"))
    assert "mark" in text_of(kernel.run("%%on left\nip -br link"))


@pytest.mark.user
def test_what_runs_behind_is_ended_by_its_group(kernel: Kernel, two_hosts: str) -> None:
    said = text_of(kernel.run("%%on left --bg\nsleep 1001\necho end"))
    wait_processes(two_hosts, "left", [["bash", "-c", "sleep 1001\necho end\n"], ["sleep", "1001"]])
    kernel.run(f"%%on left\n{said.strip().rpartition(': ')[2]}")
    assert wait_processes(two_hosts, "left", []) == []


@pytest.mark.user
def test_what_is_said_is_in_a_notebook_s_words(kernel: Kernel) -> None:
    page = shown(kernel.run("%check"))["text/html"]
    assert "labkit break" not in page
    assert error_of(kernel.run("from labkit import UsageError\nraise UsageError('x', hint='labkit check 03-bridge')"))[
        1
    ] == ["UsageError: x (%check)"]


@pytest.mark.user
def test_a_cell_from_a_web_page(kernel: Kernel) -> None:
    assert text_of(kernel.run("%%on left\r\nhostname\r\necho two\r\n")) == "left\ntwo\n"
    name, lines = error_of(kernel.run("%%on left\nip\u00a0link"))
    assert name == "UsageError"
    assert "line 2 has a no-break space" in lines[0]
    assert "/etc/hosts" in error_of(kernel.run("%%on left\nping -c 1 nosuch.example"))[1][0]


def test_loading_is_quick(kernel: Kernel) -> None:
    loaded = shown(
        kernel.run(
            "import sys; [m for m in ('jupytext','matplotlib','scapy','networkx','ipywidgets') if m in sys.modules]"
        )
    )
    assert loaded["text/plain"] == "[]"


def test_down_ends_it(kernel: Kernel, two_hosts: str) -> None:
    assert "has ended" in text_of(kernel.run("%lab down"))
    assert two_hosts not in list_worlds()
    name, (said,) = error_of(kernel.run("%check"))
    assert name == "UsageError"
    assert f"%lab start {two_hosts}" in said, "it looks for no other lab"
