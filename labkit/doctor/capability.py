"""What the kernel can: each feature tried on a machine of a throw-away world, as a learner would use it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from labkit.errors import CannotTell, WorldError
from labkit.timing import scale
from labkit.world import Machine, MachineSpec, World

DATA: Final = Path(__file__).with_name("capabilities.toml")
WORLD: Final = "user namespaces"
_SECONDS: Final = 5.0
_NOT_FOUND: Final = 127


@dataclass(frozen=True)
class Capability:
    """One feature; fields as in capabilities.toml."""

    name: str
    why: str
    module: str
    attempt: str
    device: str = ""
    package: str = ""
    root: str = ""


@dataclass(frozen=True)
class Finding:
    """What came of trying: `detail` the attempt's own words, `remedy` one line, empty when there is nothing to do."""

    name: str
    ok: bool
    detail: str
    remedy: str


@cache
def read_data() -> dict[str, Any]:
    """capabilities.toml."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def list_capabilities() -> list[Capability]:
    """Every feature a lab may need, in the order they are tried."""
    return [
        Capability(attempt=row["try"], **{key: row[key] for key in row if key != "try"})
        for row in read_data()["capability"]
    ]


def list_modules() -> list[str]:
    """The kernel's modules that labs may need and can't have loaded by asking for them."""
    return [name for each in list_capabilities() for name in each.root.split()]


def try_capabilities(capabilities: Sequence[Capability]) -> list[Finding]:
    """Try them; the first finding tells whether a world can be made at all."""
    try:
        world = World.start(f"doctor-{os.getpid()}", hidden=True)
    except WorldError as error:
        refused = Finding(WORLD, False, error.message, error.hint)
        return [
            refused,
            *(Finding(each.name, False, "not tried: no world can be made", error.hint) for each in capabilities),
        ]
    try:
        machines = world.add_machines([MachineSpec(f"try{number}", "host") for number in range(len(capabilities))])
        tried = [_try_one(machine, each) for machine, each in zip(machines, capabilities, strict=True)]
    finally:
        world.end()
    return [Finding(WORLD, True, "a world was made and ended", ""), *tried]


def _try_one(machine: Machine, capability: Capability) -> Finding:
    try:
        ran = machine.run(capability.attempt, timeout=scale(_SECONDS))
    except CannotTell as error:
        return Finding(capability.name, False, error.message, find_remedy(capability, 1))
    if ran.status == 0:
        return Finding(capability.name, True, capability.why, "")
    words = " ".join((ran.stderr or ran.stdout).split())[:200]
    return Finding(capability.name, False, f"{capability.attempt}: {words}", find_remedy(capability, ran.status))


def find_remedy(capability: Capability, status: int, root: Path = Path("/")) -> str:
    """What to do about a feature whose attempt ended with `status`; the machine's files are read below `root`."""
    if status == _NOT_FOUND:
        return (
            f"sudo apt-get install {capability.package}" if capability.package else "./lab setup installs the program"
        )
    if capability.device and _is_closed(root / capability.device.removeprefix("/")):
        return f"sudo chmod 666 {capability.device}"
    release = os.uname().release
    if _has_module(capability.module, root / "lib/modules" / release):
        more = f"; a container needs --device {capability.device} besides" if capability.device else ""
        return f"sudo modprobe {capability.module}{more}"
    return f"kernel {release} comes without {capability.module}; the standard ones of Debian and Ubuntu have it"


def _is_closed(device: Path) -> bool:
    """Whether it is there and others than its owner may not use it: as root, too, a world's uid is another one."""
    try:
        return device.stat().st_mode & 0o006 != 0o006  # noqa: PLR2004 - read and write for others
    except OSError:
        return False


def _has_module(module: str, folder: Path) -> bool:
    names = (module, module.replace("_", "-"))
    for listing in ("modules.dep", "modules.builtin"):
        try:
            text = (folder / listing).read_text()
        except OSError:
            continue
        if any(f"/{name}.ko" in text for name in names):
            return True
    return False
