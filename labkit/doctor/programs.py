"""Programs that labs use: where each is, which version, which package brings it. The list is the one `./lab` installs from."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from labkit.doctor.capability import read_data
from labkit.errors import WorldError
from labkit.programs import NAMES, find_programs, read_progress
from labkit.timing import scale
from labkit.world import run_program

PACKAGES: Final = Path(__file__).parents[1] / "setup" / "packages.toml"
_VERSION: Final = re.compile(r"(?<![\w.])[vs]?(\d+(?:[.p]\d+)+[\w.+~-]*|\d{8})")
_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Package:
    """A system package; `finds`: programs or paths, one of which tells that it is there; `group`: who needs it."""

    debian: str
    fedora: str
    finds: tuple[str, ...]
    group: str
    why: str


@dataclass(frozen=True)
class Program:
    """A program as it was found; `path` empty when it was not."""

    name: str
    version: str
    path: str
    remedy: str


@cache
def list_packages() -> tuple[Package, ...]:
    """Every package that some lab or test wants."""
    rows = tomllib.loads(PACKAGES.read_text(encoding="utf-8"))["packages"]
    return tuple(
        Package(row["debian"], row["fedora"], tuple(row["finds"].split()), row["group"], row["why"]) for row in rows
    )


def list_missing(group: str) -> list[str]:
    """Names, as Debian calls them, of the packages of a group that are not here."""
    return [
        each.debian
        for each in list_packages()
        if each.group == group and not any(find_program(one) for one in each.finds)
    ]


def list_programs(packages: Sequence[Package]) -> list[Program]:
    """Look for one program of each package and ask it for its version."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_find_one, packages))


def _find_one(package: Package) -> Program:
    if package.finds == ("venv",):
        return Program("python3", ".".join(map(str, sys.version_info[:3])), sys.executable, "")
    for name in package.finds:
        path = find_program(name)
        if path:
            return Program(Path(name).name, _read_version(path), path, "")
    return Program(Path(package.finds[0]).name, "", "", plan_install(package))


def find_program(name: str) -> str:
    """Its path, looked for in PATH and where only root's PATH leads; empty when it is not there."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS])) or ""


def find_missing_program(name: str) -> str | None:
    """How to get a program; None when it is here. Of one that lies in different places any will do."""
    if name in NAMES:
        return None if find_programs() else plan_build()
    package = next((each for each in list_packages() if name in each.finds), None)
    if any(find_program(each) for each in (package.finds if package and "/" in name else (name,))):
        return None
    return plan_install(package) if package else f"./lab setup; else install the package that has {name}"


def plan_build() -> str:
    """How to get Kubernetes' own programs, or how far somebody has come who builds them."""
    if told := read_progress():
        return f"being built now: {told}"
    return "labkit programs builds them, once, in about 6 minutes; so do ./lab setup --all and a start of the lab"


def plan_install(package: Package) -> str:
    """One line that installs it."""
    if shutil.which("apt-get"):
        return f"./lab setup, or sudo apt-get install {package.debian}"
    if shutil.which("dnf") and package.fedora:
        return f"./lab setup, or sudo dnf install {package.fedora}"
    return f"install {package.debian} (its name in Debian): {package.why}"


def _read_version(path: str) -> str:
    option = read_data()["version"].get(Path(path).name, "--version")
    try:
        ran = run_program([path, *([option] if option else [])], timeout=scale(_SECONDS))
    except WorldError:
        return ""
    return parse_version(ran.stdout + ran.stderr)


def parse_version(text: str) -> str:
    """The first thing in it that looks like one: 6.1.0, 1.219-1, 20230102."""
    found = _VERSION.search(text)
    return found[1] if found else ""
