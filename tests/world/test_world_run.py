"""Commands on machines: streams, statuses, signals, terminals, the background, threads, floods."""

from __future__ import annotations

import fcntl
import os
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from labkit.errors import CannotTell, UsageError, WorldError
from labkit.timing import scale
from labkit.world import Machine, Process, World
from tests.waiting import wait_until

pytestmark = pytest.mark.world

STUBBORN = "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def find_processes(machine: Machine, argv: Sequence[str]) -> list[int]:
    return [number for number, found in machine.list_processes() if found == list(argv)]


def test_streams_are_apart_and_the_status_comes_back(web: Machine) -> None:
    ran = web.run("cat; echo to stderr >&2; exit 3", stdin="from stdin")
    assert (ran.stdout, ran.stderr, ran.status) == ("from stdin", "to stderr\n", 3)
    assert ran.argv == ("bash", "-c", "cat; echo to stderr >&2; exit 3")
    assert 0 < ran.seconds < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE, signal.SIGINT])
def test_ended_by_a_signal_is_128_and_its_number(web: Machine, number: int) -> None:
    assert web.run(f"kill -{int(number)} $$").status == 128 + number


def test_words_are_not_given_to_a_shell(web: Machine) -> None:
    assert web.run(["printf", "%s\\n", "$HOME", "a b", "한글", "*"]).stdout == "$HOME\na b\n한글\n*\n"


def test_bytes_that_are_no_utf8_are_replaced(web: Machine) -> None:
    assert web.run(r"printf '\xff\xfe ok'").stdout == "\ufffd\ufffd ok"


def test_the_environment_is_stated_not_inherited(web: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_SECRET", "1")
    shown = dict(line.split("=", 1) for line in web.run("env", env={"OWN": "x=y"}).stdout.splitlines())
    assert "LABKIT_SECRET" not in shown
    assert (shown["OWN"], shown["HOME"], shown["LANG"], shown["PWD"]) == ("x=y", "/root", "C.UTF-8", "/root")
    assert {"/usr/sbin", "/sbin"} <= set(shown["PATH"].split(":"))


def test_dev_stdout_can_be_opened(web: Machine) -> None:
    assert web.run("echo a; echo b > /dev/stdout; echo c > /dev/stderr; echo d").stdout == "a\nb\nd\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["no-such-program"], "No such file"),
        (["/etc/hosts"], "Permission denied"),
        (["/root"], "Permission denied"),
    ],
)
def test_what_cannot_be_executed_is_an_error(web: Machine, command: list[str], said: str) -> None:
    with pytest.raises(WorldError, match=re.escape(f"{command[0]}: {said}")):
        web.run(command)


@pytest.mark.parametrize("command", [[], ["a\0b"], ["\ud800"]])
def test_what_cannot_be_a_command_is_an_error(web: Machine, command: list[str]) -> None:
    with pytest.raises(UsageError, match="argv"):
        web.run(command)


@pytest.mark.parametrize("name", ["", "A=B", "A\0"])
def test_what_cannot_be_a_variable_is_an_error(web: Machine, name: str) -> None:
    with pytest.raises(UsageError):
        web.run("true", env={name: "x"})


def test_an_unknown_machine_is_an_error_with_near_names(lab: World) -> None:
    with pytest.raises(UsageError, match="no machine 'worker3'") as raised:
        lab.machine("worker3")
    assert "worker2" in raised.value.hint


def test_a_removed_home_is_no_obstacle(lab: World) -> None:
    api = lab.machine("api")
    assert api.run("cd /; rm -rf /.machine/root; echo x > /.machine/root").status == 0
    assert api.run("pwd").stdout == "/\n"
    assert api.run("rm /.machine/root; mkdir /.machine/root").status == 0
    assert api.run("pwd").stdout == "/root\n"


def test_too_slow_is_not_told_and_ended(web: Machine) -> None:
    with pytest.raises(CannotTell, match=r"did not end within 0\.2 s"):
        web.run(["sleep", "77"], timeout=0.2)
    wait_until(lambda: not find_processes(web, ["sleep", "77"]))


# --- terminals


def open_shell(machine: Machine, command: Sequence[str] = ("bash", "--norc", "-i")) -> tuple[Process, int]:
    process = machine.start_process(command)
    assert process.master is not None
    return process, process.master


def read_until(master: int, wanted: str) -> str:
    said, until = "", time.monotonic() + 10
    while wanted not in said:
        assert time.monotonic() < until, f"{wanted!r} did not come, but {said!r}"
        if select.select([master], [], [], 1)[0]:
            said += os.read(master, 4096).decode(errors="replace")
    return said


def test_a_terminal_is_one(web: Machine) -> None:
    process, master = open_shell(web)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    os.write(master, b"tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all''three; ps -o tty= -p $$\n")
    said = read_until(master, "allthree")
    assert "/dev/pts/" in said
    assert "31 97" in said
    assert "cannot set terminal process group" not in said
    process.close()


def test_a_resize_is_told_to_the_program(web: Machine) -> None:
    process, master = open_shell(
        web, ["bash", "-c", "trap 'stty size' WINCH; echo wait''ing; while :; do sleep 0.05; done"]
    )
    read_until(master, "waiting")
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    read_until(master, "40 120")
    process.close()


def test_control_c_reaches_what_runs_in_front(web: Machine) -> None:
    process, master = open_shell(web)
    os.write(master, b"echo begin''ning; sleep 78\n")
    read_until(master, "beginning")
    wait_until(lambda: find_processes(web, ["sleep", "78"]))
    os.write(master, b"\x03")
    os.write(master, b"echo status'' $?\n")
    assert "status 130" in read_until(master, "status 130")
    process.close()


def test_a_closed_terminal_ends_the_shell_and_its_jobs(web: Machine) -> None:
    process, master = open_shell(web)
    os.write(master, b"sleep 79 & echo start''ed; sleep 80\n")
    read_until(master, "started")
    wait_until(lambda: find_processes(web, ["sleep", "80"]))
    process.close()
    wait_until(lambda: not find_processes(web, ["sleep", "79"]) and not find_processes(web, ["sleep", "80"]))


def test_jobs_end_with_a_shell_that_has_no_time_to_tell_them(web: Machine) -> None:
    process, master = open_shell(web)
    os.write(master, b"sleep 81 & nohup sleep 82 >/dev/null & echo start''ed; kill -STOP $$\n")
    read_until(master, "started")
    wait_until(lambda: find_processes(web, ["sleep", "81"]) and find_processes(web, ["sleep", "82"]))
    process.close()
    wait_until(lambda: not find_processes(web, ["sleep", "81"]))
    assert find_processes(web, ["sleep", "82"]), "it was left in the background on purpose"
    web.run("pkill -f 'sleep 82'")


def test_terminals_work_where_dev_was_hidden(web: Machine) -> None:
    process, master = open_shell(
        web, ["unshare", "--mount", "bash", "-c", "mount -t tmpfs none /dev/pts; echo he''re; tty"]
    )
    assert "here" in read_until(master, "here")
    process.close()


# --- signals and ends


def start_quiet(machine: Machine, command: str) -> tuple[Process, int]:
    reader, writer = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    process = machine.start_process(command, standard=(null, writer, null))
    os.close(writer)
    os.close(null)
    return process, reader


def test_a_signal_goes_to_the_whole_group(web: Machine) -> None:
    process, reader = start_quiet(web, "trap 'echo got it; exit 5' USR1; sleep 81 & sleep 82 & echo ready; wait")
    assert os.read(reader, 99) == b"ready\n"
    wait_until(lambda: find_processes(web, ["sleep", "81"]) and find_processes(web, ["sleep", "82"]))
    process.signal(signal.SIGUSR1)
    assert process.wait(20) == (5, pytest.approx(0, abs=20))
    wait_until(lambda: not find_processes(web, ["sleep", "81"]) and not find_processes(web, ["sleep", "82"]))
    os.close(reader)
    process.close()


@pytest.mark.parametrize("number", [-1, 65, 2**40])
def test_no_such_signal(web: Machine, number: int) -> None:
    process, reader = start_quiet(web, "echo ready; sleep 83")
    with pytest.raises(WorldError):
        process.signal(number)
    process.close()
    os.close(reader)


def test_closing_ends_a_group_that_ignores_int_and_term(web: Machine) -> None:
    process, reader = start_quiet(web, f'(exec -a inner bash -c "{STUBBORN}") & {STUBBORN}')
    assert os.read(reader, 5) == b"ready"
    before = time.monotonic()
    process.close()
    wait_until(lambda: not [argv for _, argv in web.list_processes() if "trap" in " ".join(argv)])
    assert 0.5 < time.monotonic() - before < scale(5)
    os.close(reader)


def test_stopping_ends_what_outlives_its_shell(web: Machine) -> None:
    """The shell goes at INT; what it started ignores that, as background jobs of scripts do."""
    process, reader = start_quiet(web, "sleep 84 & echo ready; sleep 85")
    assert os.read(reader, 99) == b"ready\n"
    wait_until(lambda: find_processes(web, ["sleep", "84"]) and find_processes(web, ["sleep", "85"]))
    process.stop()
    assert process.wait(20) == (128 + signal.SIGINT, pytest.approx(0, abs=20))
    wait_until(lambda: not find_processes(web, ["sleep", "84"]))
    process.close()
    os.close(reader)


def test_a_client_that_is_killed_takes_its_commands_along(lab: World, web: Machine) -> None:
    code = (
        "import sys, labkit.world as w\n"
        "m = w.World.attach(sys.argv[1], hidden=True).machine('web')\n"
        "m.run_streaming('echo ready; sleep 86', lambda data: print(data.decode(), flush=True))\n"
    )
    repository = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code, lab.name], stdout=subprocess.PIPE, cwd=repository) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        wait_until(lambda: find_processes(web, ["sleep", "86"]))
        client.kill()
    wait_until(lambda: not find_processes(web, ["sleep", "86"]))


# --- the background


@pytest.mark.parametrize(
    "how", ["sleep 87 &", "(sleep 87 &)", "nohup sleep 87 >/dev/null 2>&1 &", "setsid -f sleep 87"]
)
def test_what_was_left_in_the_background_goes_on(web: Machine, how: str) -> None:
    before = time.monotonic()
    assert web.run(f"{how}\necho done").stdout == "done\n"
    assert time.monotonic() - before < scale(20)
    wait_until(lambda: find_processes(web, ["sleep", "87"]))
    web.run("pkill -x sleep")
    wait_until(lambda: not find_processes(web, ["sleep", "87"]))


def test_a_server_in_the_background_can_go_on_writing(web: Machine) -> None:
    """Its log goes nowhere, but does not end it: 2 MB are more than any pipe holds."""
    script = "import sys, pathlib\nfor i in range(2000): print('x' * 1000, flush=True)\npathlib.Path('/tmp/finished').touch()"
    lines: list[bytes] = []
    assert web.run_streaming(f'sleep 0.2 && python3 -c "{script}" & echo started', lines.append) == 0
    assert b"".join(lines) == b"started\n"
    wait_until(lambda: web.run("test -e /tmp/finished").status == 0)


def test_a_flood_in_the_background_ends_in_time(lab: World, web: Machine) -> None:
    web.run("yes &")
    wait_until(lambda: not find_processes(web, ["yes"]), 60)
    assert lab.ask("hello")[0]["pid"] == lab.pid


def test_a_flood_does_not_keep_a_command_from_ending(web: Machine) -> None:
    assert web.run_streaming("yes & sleep 0.1", lambda _: None) == 0
    web.run("pkill -x yes")


# --- streaming


def test_output_comes_as_it_is_written(web: Machine) -> None:
    seen: list[tuple[float, bytes]] = []
    web.run_streaming(
        "echo one; echo two >&2; sleep 0.4; echo three", lambda data: seen.append((time.monotonic(), data))
    )
    assert b"".join(data for _, data in seen) == b"one\ntwo\nthree\n"
    assert seen[-1][0] - seen[0][0] > 0.3


def test_stop_ends_the_command_and_shows_its_last_words(web: Machine) -> None:
    heard: list[bytes] = []

    def take(data: bytes) -> None:
        heard.append(data)
        if b"ready" in data:
            raise KeyboardInterrupt

    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        web.run_streaming("trap 'echo last words; exit' INT; echo ready; while :; do sleep 0.05; done", take)
    assert time.monotonic() - before < scale(3)
    assert heard[-1] == b"last words\n"


def test_stop_ends_a_stubborn_command_within_a_second(web: Machine) -> None:
    main, before = threading.get_ident(), time.monotonic()
    threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        web.run_streaming(STUBBORN, lambda _: None)
    assert time.monotonic() - before < scale(4)
    wait_until(lambda: not [argv for _, argv in web.list_processes() if "trap" in " ".join(argv)])


def test_requests_still_match_answers_after_interruptions(lab: World, web: Machine) -> None:
    """Ctrl-C at any moment of a request: the next answer is the next request's."""
    main = threading.get_ident()
    for i in range(60):
        timer = threading.Timer(i * 0.00005, signal.pthread_kill, (main, signal.SIGINT))
        try:
            timer.start()
            for _ in range(20):
                lab.ask("hello")
            timer.join()
        except KeyboardInterrupt:
            pass
        timer.join()
        assert "machines" in lab.ask("list")[0]
    assert web.run("echo fine").stdout == "fine\n"


def test_many_threads_at_once(lab: World) -> None:
    wrong: list[str] = []

    def work(name: str) -> None:
        machine = lab.machine(name)
        for i in range(15):
            mark = f"{name} {threading.get_ident()} {i}"
            if machine.run(["echo", mark]).stdout != f"{mark}\n" or machine.run(f"exit {i}").status != i:
                wrong.append(mark)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("web", "api", "worker1", "worker2") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_hundred_megabytes_do_not_fill_memory(web: Machine) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sizes: list[int] = []
    web.run_streaming("head -c 100M /dev/zero", lambda data: sizes.append(len(data)))
    assert sum(sizes) == 100 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
    ran = web.run("head -c 100M /dev/zero | tr '\\0' x")
    assert ran.stdout.endswith(f"x\n[{68 * 2**20} more bytes left out]\n")
    assert ran.status == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_client_with_many_descriptors_can_still_run_commands(web: Machine) -> None:
    """select(2) ends at 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    taken: list[int] = []
    try:
        taken += [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
        assert web.run("echo ok").stdout == "ok\n"
        assert web.run_streaming("echo ok", lambda _: None) == 0
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_client_leaks_no_descriptors(lab: World, web: Machine) -> None:
    def use() -> None:
        web.run("true")
        web.run_streaming("true", lambda _: None)
        os.close(web.open_netns())
        web.open_socket(2, 1).close()
        with pytest.raises(WorldError):
            web.run(["no-such-program"])
        open_shell(web, ["true"])[0].close()
        lab.connect().close()

    use()
    before = count_descriptors()
    for _ in range(20):
        use()
    assert count_descriptors() == before
