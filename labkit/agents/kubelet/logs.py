"""`kubectl logs`: a container's log file, whole, its end, or as it grows (kuberuntime/logs)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from labkit.agents.containers.log import Line
from labkit.agents.kubelet.record import Kept, find_logs
from labkit.agents.kubelet.status import Box

_LOOK: Final = 0.1  # seconds between two looks at a file that grows


@dataclass(frozen=True)
class Wish:
    """The query's. `tail`, `limit`: lines and bytes, -1 for all; `since`: RFC 3339, "" for all."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int = -1
    limit: int = -1
    since: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Raises ValueError."""
        since = query.get("sinceTime", "")
        if query.get("sinceSeconds"):
            moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=int(query["sinceSeconds"]))
            since = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return cls(
            query.get("follow") == "true", query.get("previous") == "true", query.get("timestamps") == "true",
            int(query.get("tailLines") or -1) if query.get("tailLines") != "0" else 0, int(query.get("limitBytes") or -1), since,
        )  # fmt: skip


def find_file(kept: Kept, box: Box, *, previous: bool) -> Path | None:
    """The log of a container's present run, or of the one before; None if it never ran."""
    number = box.restarts - 1 if previous else box.restarts
    path = Path(find_logs(kept.pod), box.name, f"{number}.log")
    if not previous and not path.exists() and number:  # it waits for its restart
        path = path.with_name(f"{number - 1}.log")
    return path if path.exists() else None


def read_tail(text: bytes, wish: Wish) -> list[Line]:
    """What is there, cut to what is wished."""
    lines = [line for raw in text.splitlines() if (line := Line.parse(raw))]
    lines = [line for line in lines if line.time.rstrip("Z") >= wish.since.rstrip("Z")]
    return lines if wish.tail < 0 else lines[len(lines) - wish.tail :] if wish.tail else []


def render(line: Line, wish: Wish) -> bytes:
    """As kubectl shows it."""
    return (line.time.encode() + b" " if wish.timestamps else b"") + line.output


async def read_log(path: Path, wish: Wish, running: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Pieces of it; with `follow` until the container has ended and all is read."""
    left = wish.limit
    with path.open("rb") as file:
        text = file.read()
        rest = text[text.rfind(b"\n") + 1 :]
        for line in read_tail(text[: len(text) - len(rest)], wish):
            piece = render(line, wish)
            yield piece if left < 0 else piece[:left]
            left = left if left < 0 else max(left - len(piece), 0)
        while wish.follow:
            last = not running()
            rest += file.read()
            *whole, rest = rest.split(b"\n")
            for raw in whole:
                if line_ := Line.parse(raw):
                    yield render(line_, wish)
            if last:
                return
            await asyncio.sleep(_LOOK)
