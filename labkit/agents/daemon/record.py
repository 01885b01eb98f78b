"""What was started on this machine, and which process it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.daemons.daemon import Daemon, Wish
from labkit.errors import parse_json

FOLDER: Final = Path("/run/daemons")
_BEGAN: Final = (
    19  # field of /proc/PID/stat behind the name: when it began, which tells it from a later process of the number
)
_SESSION: Final = 3


@dataclass(frozen=True)
class Record:
    """A daemon as it was wished for, and its process: its number, and when it began by the kernel's clock."""

    wish: Wish
    process: int
    began: int


def write_record(wish: Wish, process: int) -> None:
    """Keep it, so that it can be stopped, and started again as it was."""
    FOLDER.mkdir(exist_ok=True)
    data = {
        "program": wish.program, "name": wish.name, "values": dict(wish.values), "arguments": wish.arguments,
        "process": process, "began": read_began(process),
    }  # fmt: skip
    (FOLDER / f"{wish.name}.json").write_text(json.dumps(data) + "\n", encoding="utf-8")


def read_record(name: str) -> Record | None:
    """None where nothing of this name was started."""
    try:
        data = parse_json((FOLDER / f"{name}.json").read_text(encoding="utf-8"), f"{name}.json")
        wish = Wish(data["program"], data["name"], data["values"], tuple(data["arguments"]))
        return Record(wish, data["process"], data["began"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def list_records() -> list[Record]:
    """By name."""
    names = sorted(path.stem for path in FOLDER.glob("*.json"))
    return [record for name in names if (record := read_record(name))]


def find_process(daemon: Daemon) -> int | None:
    """Its number while it runs, also when somebody started it by hand and it leaves its number in a file."""
    record = read_record(daemon.name)
    if record and record.began and read_began(record.process) == record.began:
        return record.process
    return _read_pid_file(daemon.pid_file) if daemon.pid_file else None


def _read_pid_file(path: str) -> int | None:
    try:
        process = int(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return process if read_began(process) else None


def read_began(process: int) -> int:
    """When it began; 0 when there is no such process (a zombie is none)."""
    fields = _read_stat(process)
    return int(fields[_BEGAN]) if fields and fields[0] != "Z" else 0


def list_session(process: int) -> Iterator[int]:
    """The process and all that belong to its session: what it started and did not send into the background."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _read_stat(int(entry.name))
            if fields and int(fields[_SESSION]) == process:
                yield int(entry.name)


def _read_stat(process: int) -> list[str]:
    """Fields behind the name, which may have blanks in it (proc(5))."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
