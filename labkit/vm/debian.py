"""Debian's kernel and its static busybox, unpacked into the user's cache: nothing of them is installed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.errors import LabkitError, UsageError
from labkit.programs.cache import find_cache_folder
from labkit.world import run_program

Tell = Callable[[str], None]
PACKAGE: Final = "linux-image-amd64"  # its only dependency is the kernel of the day
_BUSYBOX: Final = "busybox-static"
_SPACE: Final = 600 << 20  # bytes: 70 MB of packages, 420 MB unpacked
_SHOWN: Final = 300  # characters of what a program said


@dataclass(frozen=True)
class Kernel:
    """An unpacked one: `folder` has boot/ and lib/modules/, as its package has them, and bin/busybox."""

    folder: Path
    release: str

    @property
    def image(self) -> Path:
        return self.folder / "boot" / f"vmlinuz-{self.release}"


def find_vm_folder() -> Path:
    """Where everything for the VM is kept. Raises UsageError."""
    return find_cache_folder() / "vm"


def ensure_kernel(tell: Tell) -> Kernel:
    """The newest that lies in the cache, else apt's newest, fetched once. LABKIT_VM_KERNEL names an unpacked one of one's own.

    Raises UsageError where there is none for this machine, LabkitError with apt's own words.
    """
    if named := os.environ.get("LABKIT_VM_KERNEL"):
        return _read_named(Path(named))
    folder = find_vm_folder()
    if found := _find_kept(folder):
        return found
    with hold(folder, tell):
        return _find_kept(folder) or _fetch(folder, tell)


def _read_named(folder: Path) -> Kernel:
    found = read_kernel(folder)
    if found is None:
        raise UsageError(
            f"LABKIT_VM_KERNEL: {folder} has no boot/vmlinuz-… with lib/modules/… beside it, or no bin/busybox",
            hint="a folder into which `dpkg -x` unpacked a linux-image package and busybox-static",
        )
    return found


def read_kernel(folder: Path) -> Kernel | None:
    """The kernel in a folder, if it is whole."""
    for image in sorted((folder / "boot").glob("vmlinuz-*")):
        release = image.name.removeprefix("vmlinuz-")
        if (folder / "lib" / "modules" / release).is_dir() and (folder / "bin" / "busybox").exists():
            return Kernel(folder, release)
    return None


def _find_kept(folder: Path) -> Kernel | None:
    kept = [read_kernel(path) for path in folder.glob("linux-image-*") if path.suffix != ".new"]
    return max((each for each in kept if each), key=lambda each: sort_key(each.release), default=None)


def sort_key(release: str) -> list[int]:
    """Its numbers: "6.1.0-9" is older than "6.1.0-57"."""
    return [int(number) for number in re.findall(r"\d+", release)]


@contextlib.contextmanager
def hold(folder: Path, tell: Tell) -> Iterator[None]:
    """One process at a time puts something into the folder; the others wait. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(
            f"{folder}, where the VM's kernel is kept, can't be written to: {error.strerror}",
            hint="LABKIT_CACHE names another folder of yours",
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another process fetches the VM's parts: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _fetch(folder: Path, tell: Tell) -> Kernel:
    name = find_package()
    free = shutil.disk_usage(folder).free
    if free < _SPACE:
        raise UsageError(
            f"{folder} needs {_SPACE >> 20} MB; {free >> 20} MB are free", hint="LABKIT_CACHE names another"
        )
    tell(f"fetching Debian's kernel {name.removeprefix('linux-image-')}, once: 70 MB, unpacked 420 MB in {folder}")
    begun = folder / f"{name}.new"
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir()
    _run(["apt-get", "-q", "-o", "Acquire::Retries=2", "download", name, _BUSYBOX], begun)
    for package in sorted(begun.glob("*.deb")):
        _run(["dpkg", "-x", package.name, "."], begun)
        package.unlink()
    if not (begun / "lib").exists():  # Debian 13 has it in usr/lib
        (begun / "lib").symlink_to("usr/lib")
    found = read_kernel(begun)
    if found is None:
        raise LabkitError(f"{name} and {_BUSYBOX} of apt have no kernel with modules and busybox in them")
    _run(["depmod", "-b", ".", found.release], begun)
    begun.rename(folder / name)
    return Kernel(folder / name, found.release)


def find_package() -> str:
    """The kernel that apt would install today, as its package is called. Raises UsageError."""
    if platform.machine() != "x86_64":
        raise UsageError(f"the VM runs on x86_64 only so far; this is {platform.machine()}")
    if shutil.which("apt-cache") is None:
        raise UsageError("the VM's kernel comes from Debian's packages, and apt is not here", hint=_ELSEWHERE)
    listed = run_program(["apt-cache", "depends", PACKAGE])
    found = parse_depends(listed.stdout)
    if not found:
        hint = f"`sudo apt-get update`, if this is Debian. {_ELSEWHERE}"
        raise UsageError(f"apt knows no {PACKAGE} here: {listed.stderr.strip() or 'no such package'}", hint=hint)
    return found


_ELSEWHERE: Final = (
    "Elsewhere: LABKIT_VM_KERNEL=FOLDER, one into which a linux-image package of Debian and busybox-static are unpacked"
)


def parse_depends(text: str) -> str:
    """The first kernel among the lines of `apt-cache depends`; empty when there is none."""
    found = re.search(r"^\s*Depends: (linux-image-\S*\d\S*)$", text, re.MULTILINE)
    return found[1] if found else ""


def _run(words: list[str], folder: Path) -> None:
    ran = run_program(words, cwd=folder, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if ran.status:
        said = " ".join((ran.stderr or ran.stdout).split())[-_SHOWN:]
        hint = "is there a network? `sudo apt-get update` renews apt's lists; then run the same command again"
        raise LabkitError(f"{' '.join(words[:2])}: {said}", hint=hint)
