"""Kubernetes' programs in the cache: found as a whole, built once by one builder at a time, gone on with after a kill."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.errors import LabkitError, UsageError
from labkit.programs import building, cache, ensure_programs, find_programs, module, read_progress, read_versions
from labkit.programs.module import FILE, NAMES
from labkit.programs.progress import Progress
from labkit.programs.toolchain import find_system_go, is_new_enough, read_needed

# in the place of Go: it answers `list` and `build` as far as the builder listens
GO = """#!/bin/sh
case $1 in
env) echo go1.30.1 ;;
list) echo 'go: downloading a v1'; printf 'a\\nb\\n' ;;
build)
    echo "$*" >>"$GOCACHE.calls"
    [ ! -e "$GOCACHE.fails" ] || { echo 'a.go:1: no such thing'; exit 1; }
    while [ "$1" != -o ]; do shift; done
    echo a; echo '#!/bin/sh' >"$2"; chmod +x "$2" ;;
esac
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own and a Go that is quick; the folder in which the building goes on."""
    program = tmp_path / "bin" / "go"
    program.parent.mkdir()
    program.write_text(GO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "programs" / f"{module.read_digest()}.building"


def test_they_are_built_once_and_nothing_else_is_left(go: Path) -> None:
    assert find_programs() is None
    told: list[str] = []
    folder = ensure_programs(told.append)
    assert sorted(path.name for path in folder.iterdir()) == sorted([FILE, *NAMES])
    assert find_programs() == folder == ensure_programs(told.append)
    assert told[0].startswith("building Kubernetes' programs, once: about 6 minutes")
    assert told[-1] == "built"
    assert not go.exists()


def test_a_builder_that_failed_or_was_killed_is_gone_on_with(go: Path) -> None:
    go.mkdir(parents=True)
    Path(f"{go}/cache.fails").touch()
    Path(f"{go}/modules").mkdir()
    with pytest.raises(LabkitError, match=r"status 1: .*no such thing") as caught:
        ensure_programs()
    assert "goes on from here" in caught.value.hint
    assert find_programs() is None
    assert Path(f"{go}/modules").exists(), "what was fetched is kept"
    Path(f"{go}/cache.fails").unlink()
    assert ensure_programs() == find_programs()


def test_one_builder_waits_for_the_other(go: Path) -> None:
    go.mkdir(parents=True)
    told: list[str] = []
    waits = threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        waits.set()

    assert read_progress() == ""
    (go / "progress").write_text("half of it")
    with open(go.with_suffix(".lock"), "w") as lock:  # noqa: PTH123
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(target=ensure_programs, args=(tell,))
        waiting.start()
        assert waits.wait(30)
        assert told == ["another process is building Kubernetes' programs: waiting for it"]
        assert find_programs() is None
        assert read_progress() == "half of it"
    waiting.join(30)
    assert find_programs()


def test_a_prepared_folder_is_only_read(go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ensure_programs()
    monkeypatch.setattr(building, "_build", None)
    for path in (folder, folder.parent):
        path.chmod(0o555)
    assert ensure_programs() == folder
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    assert go.parent == folder.parent


@pytest.mark.parametrize("broken", ["relative/folder", "/proc/no"])
def test_a_cache_that_cannot_be_is_named(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_CACHE", broken)
    with pytest.raises(UsageError, match=broken.removesuffix("no")) as caught:
        ensure_programs()
    assert caught.value.hint


def test_too_little_room_is_said_before(go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SPACE", 1 << 62)
    with pytest.raises(UsageError, match=r"GB in .* MB are free"):
        ensure_programs()
    assert not Path(f"{go}/cache.calls").exists()


def test_what_is_built_is_pinned() -> None:
    versions = read_versions()
    assert set(versions) == set(NAMES)
    assert versions["kubectl"] == versions["kube-proxy"] == versions["kube-apiserver"]
    assert f"gitVersion={versions['kubectl']}" in " ".join(module.plan_flags())


def test_another_module_is_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    read: Callable[[], str] = module.read_digest.__wrapped__
    before = read()
    assert read() == before
    monkeypatch.setattr(module, "plan_flags", lambda: ["-other"])
    assert read() != before


@pytest.mark.parametrize(
    ("version", "enough"),
    [("go1.25.0", True), ("go1.26.8\n", True), ("go2.0", True), ("go1.24.9", False), ("devel", False), ("", False)],
)
def test_which_go_will_do(version: str, enough: bool) -> None:  # noqa: FBT001
    assert read_needed() == "1.25"
    assert is_new_enough(version, "1.25") is enough


def test_an_old_go_of_the_systems_is_passed_over(go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_system_go()
    old = go.parents[2] / "old" / "go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go1.19\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    assert find_system_go() is None


def test_progress_says_how_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.programs.progress._EVERY", 0.0)
    told: list[str] = []
    progress = Progress(tmp_path, told.append)
    progress.expect(2)
    for line in ("go: downloading x v1", "runtime", "# a warning", "x/y"):
        progress.take(line)
    assert [line.rpartition(" (")[0].removeprefix("Kubernetes' programs: ") for line in told] == [
        "1 modules fetched", "1 of 2 packages compiled, now runtime", "2 of 2 packages compiled, now x/y",
    ]  # fmt: skip
    assert (tmp_path / "progress").read_text() == told[-1]


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.find_cache_folder() == tmp_path / "labkit"
    monkeypatch.setenv("LABKIT_CACHE", "/prepared")
    assert cache.plan_programs_folder() == Path("/prepared/programs", module.read_digest())
