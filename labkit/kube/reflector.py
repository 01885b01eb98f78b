"""List, then watch, for ever: what client-go calls a reflector."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from labkit.kube.api import Api, Object
from labkit.kube.errors import KubeError
from labkit.kube.kinds import Kind

_GONE: Final = 410
_UNKNOWN: Final = 404
_FIRST: Final = 0.1  # seconds between two tries, twice as long each time
_LONGEST: Final = 5.0


@dataclass(frozen=True)
class Change:
    """What became of an object: ADDED, MODIFIED, DELETED. LISTED: all that there is (`objects`, of `version`); what is not in it is gone."""

    event: str
    object: Object
    objects: tuple[Object, ...] = ()
    version: str = ""


def follow(
    api: Api, kind: str | Kind, *, fields: str = "", stop: threading.Event | None = None,
    say: Callable[[str], Any] = lambda _: None,
) -> Iterator[Change]:  # fmt: skip
    """Begins with LISTED; goes on where a connection broke off, and lists again where that is too long ago. Ends with `stop`.

    A kind that the server does not know has no objects, until it is known.

    What goes wrong meanwhile is given to `say`, once for each time that it begins.
    """
    stop, pause, since = stop or threading.Event(), 0.0, ""
    while not stop.wait(pause):
        try:
            if not since:
                found, since = api.list_versioned(kind, fields=fields)
                yield Change("LISTED", {}, found, since)
            for event, each in api.watch(kind, since, fields=fields):
                since, pause = each["metadata"]["resourceVersion"], 0.0
                yield Change(event, each)
                if stop.is_set():
                    return
        except KubeError as error:
            if not pause:
                say(error.message)
                if error.code == _UNKNOWN and not since:
                    yield Change("LISTED", {})
            since = "" if error.code == _GONE else since
            pause = min(max(2 * pause, _FIRST), _LONGEST)
