"""Building the programs, once: what was done is kept when it is broken off, and one builder works at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from labkit.errors import LabkitError, UsageError
from labkit.programs.cache import find_programs, plan_programs_folder
from labkit.programs.module import FILE, FOLDER, NAMES, plan_flags
from labkit.programs.progress import Progress, Tell, follow, read_told
from labkit.programs.toolchain import ensure_go
from labkit.world import stream_program

SPACE: Final = 4 << 30  # bytes: modules 0.8 GB, the build's cache 1.6 GB, the program and what the linker needs
_KEPT: Final = 12  # lines of what `go` said last, for an error
_DROPPED: Final = ("GOOS", "GOARCH", "GOAMD64", "GOEXPERIMENT", "GOROOT", "GOBIN")


def ensure_programs(tell: Tell = lambda _: None) -> Path:
    """The folder with Kubernetes' programs by name, built if need be (minutes, once). `tell` gets lines of progress.

    Raises UsageError when nothing can be written there, LabkitError with Go's own words when it does not build.
    """
    if found := find_programs():
        return found
    target, work = plan_programs_folder(), plan_work()
    with _hold(work, tell) as lock:
        if found := find_programs():  # the other builder's
            return found
        _require_space(work)
        _build(work, target, lock, tell)
    shutil.rmtree(work, ignore_errors=True)
    return target


def plan_work() -> Path:
    """Where the building goes on; its lock lies beside it."""
    target = plan_programs_folder()
    return target.with_name(f"{target.name}.building")


def read_progress() -> str:
    """What a builder told last; empty when nobody builds."""
    work = plan_work()
    with contextlib.suppress(OSError):
        lock = os.open(work.with_suffix(".lock"), os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return read_told(work)
        finally:
            os.close(lock)
    return ""


@contextlib.contextmanager
def _hold(work: Path, tell: Tell) -> Iterator[int]:
    """The lock, for us alone: somebody else's build is waited for, and what it tells is told."""
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = os.open(work.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UsageError(
            f"Kubernetes' programs are not in {work.parent}, and can't be built there: {error.strerror}",
            hint="LABKIT_CACHE names another folder: one of yours, or one in which they are",
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another process is building Kubernetes' programs: waiting for it")
            with follow(work, tell):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _require_space(work: Path) -> None:
    free = shutil.disk_usage(work).free
    if free < SPACE:
        raise UsageError(
            f"building Kubernetes' programs needs {SPACE >> 30} GB in {work.parent} for a while; {free >> 20} MB are free",
            hint="LABKIT_CACHE names a folder elsewhere",
        )


def _build(work: Path, target: Path, lock: int, tell: Tell) -> None:
    progress = Progress(work, tell)
    progress.say("building Kubernetes' programs, once: about 6 minutes on two cores, 190 MB of downloads")
    go = ensure_go(work, progress.say)
    made = work / "made"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    environment = plan_environment(work)
    progress.expect(_count_packages(go, environment, progress, lock))
    words = [go, "build", "-v", *plan_flags(), "-o", str(made / FILE), "."]
    _run(words, environment, progress, lock)
    for name in NAMES:
        (made / name).symlink_to(FILE)
    made.chmod(0o755)
    made.rename(target)
    progress.say("built")


def plan_environment(work: Path) -> dict[str, str]:
    """Everything that Go writes stays in `work`; where it fetches from is the person's own business (GOPROXY, proxies)."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    (work / "tmp").mkdir(exist_ok=True)
    return kept | {
        "GOPATH": str(work / "path"), "GOMODCACHE": str(work / "modules"), "GOCACHE": str(work / "cache"),
        "GOTMPDIR": str(work / "tmp"), "GOFLAGS": "-mod=readonly -modcacherw", "GOTOOLCHAIN": "local",
        "GOWORK": "off", "CGO_ENABLED": "0",
    }  # fmt: skip


def _count_packages(go: str, environment: dict[str, str], progress: Progress, lock: int) -> int:
    """How many packages there are; this fetches the modules that have them."""
    found = 0

    def take(line: str) -> None:
        nonlocal found
        found += not progress.take_download(line)

    _run([go, "list", "-deps", *plan_flags(), "."], environment, progress, lock, take)
    return found


def _run(
    words: list[str], environment: dict[str, str], progress: Progress, lock: int,
    take: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    last: list[str] = []

    def hear(line: str) -> None:
        last[:] = [*last, line][-_KEPT:]
        (take or progress.take)(line)

    status = stream_program(words, hear, env=environment, cwd=FOLDER, held=[lock])
    if status:
        raise LabkitError(
            f"Kubernetes' programs could not be built: go {words[1]}: status {status}: {'; '.join(last)}",
            hint="is there a network (GOPROXY names a mirror)? The next try goes on from here",
        )
