"""The VM as data: virtme-ng's words, what the guest is told, what is asked of this machine. No VM is started."""

from __future__ import annotations

import dataclasses
import os
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from labkit.doctor import list_modules
from labkit.errors import UsageError
from labkit.vm.debian import Kernel, parse_depends, read_kernel, sort_key
from labkit.vm.machine import expect_programs, plan_memory, plan_processors
from labkit.vm.options import Options, parse_options
from labkit.vm.plan import GUEST, Plan, plan_command, plan_devices, render_script
from labkit.vm.serving import ensure_server
from labkit.vm.start import Speed, plan_shared, plan_task
from labkit.vm.values import Task, plan_environment, render_values

REPOSITORY = Path(__file__).parents[2]
KERNEL = Kernel(Path("/cache/linux-image-6.1.0-9-amd64"), "6.1.0-9-amd64")
TASK = Task(("true",), Path("/checkout"), Path("/checkout/.venv"))


def make_plan(*, kvm: bool = False, script: str = "/checkout/vm/guest.sh") -> Plan:
    return Plan(
        KERNEL, Path("/cache/virtme"), Path(script), 2048, 2, kvm,
        scratch=(Path("/tmp"),), shared=(Path("/checkout"),), cached=(("labkit.usr", Path("/usr")),),
    )  # fmt: skip


@pytest.mark.parametrize(("kvm", "says"), [(False, True), (True, False)])
def test_kvm_is_used_only_where_it_was_proved(kvm: bool, says: bool) -> None:  # noqa: FBT001 - a case
    assert ("--disable-kvm" in plan_command(make_plan(kvm=kvm), 7, 8)) is says


def test_virtme_is_told_what_is_written_through_and_what_is_forgotten() -> None:
    words = plan_command(make_plan(), 7, 8)
    assert {"--force-9p", "--rwdir=/checkout", "--overlay-rwdir=/tmp"} <= {*words}
    assert words[words.index("--kimg") + 1] == "/cache/linux-image-6.1.0-9-amd64/boot/vmlinuz-6.1.0-9-amd64"
    assert words[words.index("--qemu-bin") + 1] == "/checkout/vm/qemu"


def test_descriptors_are_handed_to_qemu_by_number() -> None:
    words = plan_devices(make_plan(), 7, 8)
    assert "name=opt/labkit/values,file=/proc/self/fd/8" in words
    assert "file,id=command,path=/proc/self/fd/7" in words


@pytest.mark.parametrize("script", ["/check out/vm/guest.sh", "/o'neill/vm/guest.sh"])
def test_a_folder_with_any_name_is_one_word(script: str) -> None:
    assert shlex.split(render_script(make_plan(script=script))) == ["bash", script, str(KERNEL.folder)]


def test_what_the_guest_is_told_arrives_as_it_was_typed() -> None:
    words = ("printf", "%s|", "a b", "it's", "$HOME", "", "line\nline", "ü")
    task = Task(words, Path("/a b"), Path("/v"))
    told = render_values(task, {"A": "b c"}, [("labkit.usr", Path("/usr"))])
    ran = subprocess.run(
        ["bash", "-c", f'{told}"${{words[@]}}"; printf "%s|" "${{environment[@]}}" "${{cached[@]}}" "$folder"'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "a b|it's|$HOME||line\nline|ü|A=b c|labkit.usr|/usr|/a b|"


def test_modules_that_only_root_can_load_are_loaded() -> None:
    told = render_values(TASK, {}, [])
    listed = subprocess.run(["bash", "-c", f'{told}echo "${{modules[@]}}"'], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == list_modules()
    assert {"br_netfilter", "ip_vs_rr", "openvswitch"} <= {*list_modules()}


def test_waits_are_as_long_as_the_vm_is_slow_and_the_person_stays_the_same() -> None:
    found = plan_environment(
        TASK, 40.0, {"LABKIT_DEBUG": "1", "LANG": "C.UTF-8", "SECRET": "x", "LABKIT_OWNER": "7", "PATH": "/evil"}
    )
    assert found["LABKIT_TIMEOUT_SCALE"] == "40"
    assert (found["LABKIT_DEBUG"], found["LABKIT_REALM"]) == ("1", "vm")
    assert found["PATH"].startswith("/checkout/.venv/bin:")
    assert not {"SECRET", "LABKIT_OWNER"} & found.keys()
    assert plan_environment(Task(("true",), Path("/"), Path("/v"), root=True), 1.0, {})["HOME"] == "/root"


def test_the_oldest_realm_is_the_learners_own() -> None:
    assert plan_environment(TASK, 1.0, {"LABKIT_REALM": "x"})["LABKIT_REALM"] == "x"


@pytest.mark.parametrize(("kvm", "given", "factor"), [(True, "1", 1.5), (False, "1", 30), (False, "900", 1000)])
def test_waits_grow_with_all_that_makes_it_slow(
    monkeypatch: pytest.MonkeyPatch,
    kvm: bool,  # noqa: FBT001 - a case
    given: str,
    factor: float,
) -> None:
    monkeypatch.setenv("LABKIT_TIMEOUT_SCALE", given)
    assert Speed(kvm, 1.5).factor == factor


# the words


def test_what_stands_behind_the_dashes_is_the_commands() -> None:
    given = parse_options(["--memory", "3000", "--root", "--", "up", "--port", "x", "--", "y"])
    assert given == Options(("up", "--port", "x", "--", "y"), 3000, root=True)


@pytest.mark.parametrize(
    "words", [[], ["--"], ["true"], ["--root"], ["--memory", "much", "--", "true"], ["--more", "--", "true"]]
)
def test_usage_errors_say_how(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_options(words)
    assert caught.value.code == 2
    assert "./lab vm" in capsys.readouterr().err


@pytest.mark.parametrize(("here", "there"), [("tests", "tests"), ("/usr", ".")])
def test_a_command_runs_where_it_was_typed_if_that_is_in_the_checkout(here: str, there: str) -> None:
    assert plan_task(Options(("true",)), REPOSITORY / here).folder == REPOSITORY / there


def test_the_checkout_and_the_journals_last() -> None:
    assert plan_shared(Path()) == (REPOSITORY, Path(os.environ["XDG_STATE_HOME"]) / "labkit")


# the kernel


def test_the_kernel_of_the_day_is_read_from_apt() -> None:
    text = "linux-image-amd64\n  Depends: linux-image-6.1.0-57-amd64\n    linux-image-6.1.0-57-amd64-unsigned\n"
    assert parse_depends(text) == "linux-image-6.1.0-57-amd64"
    assert parse_depends("linux-image-amd64\n") == ""


def test_releases_are_ordered_by_their_numbers() -> None:
    assert max(["6.1.0-9-amd64", "6.1.0-57-amd64", "6.1.0-8-amd64"], key=sort_key) == "6.1.0-57-amd64"


@pytest.mark.parametrize("missing", ["boot/vmlinuz-6.1.0", "lib/modules/6.1.0", "bin/busybox"])
def test_half_a_kernel_is_none(tmp_path: Path, missing: str) -> None:
    for name in ("boot/vmlinuz-6.1.0", "lib/modules/6.1.0/x", "bin/busybox"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert read_kernel(tmp_path) == Kernel(tmp_path, "6.1.0")
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    assert read_kernel(tmp_path) is None


@pytest.mark.parametrize(
    ("asked", "here", "given"), [(None, 1000, 2048), (None, 12000, 3000), (None, 64000, 4096), (700, 2000, 700)]
)
def test_memory(asked: int | None, here: int, given: int) -> None:
    assert plan_memory(asked, here) == given


@pytest.mark.parametrize(("crowding", "processors"), [(1.0, 4), (1.9, 4), (2.0, 1), (4.0, 1)])
def test_a_busy_machine_gives_one_processor(crowding: float, processors: int) -> None:
    assert plan_processors(4, crowding) == processors


@pytest.mark.parametrize("asked", [0, 100, 10**6])
def test_impossible_memory_is_refused(asked: int) -> None:
    with pytest.raises(UsageError, match=f"--memory {asked}"):
        plan_memory(asked, 8000)


# JupyterLab in it


def test_one_port_of_the_loopback_leads_in_and_none_leads_out() -> None:
    words = plan_devices(dataclasses.replace(make_plan(), port=8889), 7, 8)
    assert "user,id=port,restrict=on,hostfwd=tcp:127.0.0.1:8889-10.0.2.15:8889" in words
    assert "restrict" not in " ".join(plan_devices(make_plan(), 7, 8))


def test_the_guest_has_the_address_that_its_port_is_led_to() -> None:
    assert f"ip addr add {GUEST}/24" in (REPOSITORY / "vm" / "guest.sh").read_text()


def test_up_serves_at_the_next_free_port_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        asked = taken.getsockname()[1]
        options = parse_options(["--work", str(tmp_path / "work"), "up", "--port", str(asked)])
        task = ensure_server(options, Path("/checkout"), told.append)
    assert task.port > asked
    assert task.words[-3:] == ("--port", str(task.port), "--no-browser")
    assert task.words[-5:-3] == ("/checkout/notebooks", str(tmp_path / "work"))
    assert told == [f"port {asked} is taken; this is {task.port}"]
    assert f"port={task.port}\n" in render_values(task, {}, [])


def test_notebooks_outside_of_the_checkout_last_too() -> None:
    assert plan_shared(Path("/elsewhere/work"))[-1] == Path("/elsewhere/work")
    assert plan_shared(REPOSITORY / "work") == plan_shared(Path())


@pytest.mark.parametrize(
    "words", [["up", "--", "true"], ["up", "--root"], ["up", "--port", "0"], ["--port", "1", "--", "true"], ["down"]]
)
def test_up_takes_no_command(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(words)


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.doctor.programs.find_program", lambda name: "" if name == "udevadm" else "/bin/x")
    with pytest.raises(UsageError, match=r"missing here .*: udev$"):
        expect_programs()
