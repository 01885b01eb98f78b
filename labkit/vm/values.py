"""What the guest is told: assignments in bash, read by vm/guest.sh."""

from __future__ import annotations

import os
import pwd
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.doctor import list_modules
from labkit.state import find_home

SLOWER: Final = 20.0  # than the machine itself: without KVM every instruction is translated (docs/measurements.md)
REALM: Final = "vm"
_KEPT: Final = (
    "LANG",
    "LC_ALL",
    "TZ",
    "TERM",
    "NO_COLOR",
    "COLUMNS",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
)
_OURS: Final = re.compile("LABKIT_(?!OWNER$).*")  # the owner of labs is a process of this machine
_FOLDERS: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Task:
    """What is run, where, as whom. `port`: it is a server there, ended by the end of its input; 0: it is none."""

    words: tuple[str, ...]
    folder: Path
    venv: Path
    root: bool = False
    port: int = 0


def plan_environment(task: Task, factor: float, environment: Mapping[str, str]) -> dict[str, str]:
    """The command's: little of the host's, all of labkit's own, and waits that are as long as the VM is slow."""
    account = pwd.getpwuid(0 if task.root else os.getuid())
    kept = {name: value for name, value in environment.items() if name in _KEPT or _OURS.fullmatch(name)}
    home = account.pw_dir if task.root else str(find_home())
    return {"LABKIT_REALM": REALM} | kept | {
        "PATH": f"{task.venv / 'bin'}:{_FOLDERS}", "HOME": home, "USER": account.pw_name, "LOGNAME": account.pw_name,
        "SHELL": "/bin/bash", "LABKIT_TIMEOUT_SCALE": f"{factor:g}",
    }  # fmt: skip


def render_values(task: Task, environment: Mapping[str, str], cached: Sequence[tuple[str, Path]]) -> str:
    """Assignments; every value is one word of the shell's or several."""
    user = (0, 0) if task.root else (os.getuid(), os.getgid())
    lines = {
        "words": _render_words(task.words),
        "environment": _render_words([f"{name}={value}" for name, value in environment.items()]),
        "modules": _render_words(list_modules()),
        "cached": _render_words([word for tag, folder in cached for word in (tag, str(folder))]),
        "home": shlex.quote(environment.get("HOME", "/")),
        "folder": shlex.quote(str(task.folder)),
        "uid": str(user[0]),
        "gid": str(user[1]),
        "port": str(task.port),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _render_words(words: Sequence[str]) -> str:
    return f"({' '.join(shlex.quote(word) for word in words)})"
