"""Whether something that was done only looked: what --resume may pass over, and what is no work to be brought back."""

from __future__ import annotations

import shlex
from typing import Final

from labkit.lab.entries import Change, Entry, Run

_LOOKS: Final = frozenset(
    [
        "arping",
        "cat",
        "dig",
        "echo",
        "false",
        "grep",
        "head",
        "hostname",
        "ls",
        "nslookup",
        "ping",
        "ps",
        "pwd",
        "route",
        "ss",
        "tail",
        "tcpdump",
        "timeout",
        "traceroute",
        "true",
        "which",
    ]
)
_SHOWS: Final = frozenset({"ip", "bridge"})  # look unless one of these words is there:
_CHANGES: Final = frozenset(
    [
        "a",
        "add",
        "append",
        "c",
        "change",
        "chg",
        "d",
        "del",
        "delete",
        "exec",
        "f",
        "flush",
        "netns",
        "r",
        "replace",
        "s",
        "set",
    ]
)  # "ip netns exec" may run anything
_SHELL: Final = frozenset("|&;()<>$`{}")  # more than one command, or one that may write


def is_work(entry: Entry) -> bool:
    """Whether it may have changed the network; what is not known to look counts as work."""
    if not isinstance(entry, Run):
        return isinstance(entry, Change)
    if entry.session or entry.stdin or entry.unkept:
        return not _looks(" ".join(entry.argv) or entry.script)
    lines = entry.script.splitlines() if entry.script else [shlex.join(entry.argv)]
    return not all(_looks(line) for line in lines)


def _looks(line: str) -> bool:
    line = line.partition("#")[0].strip()
    if _SHELL & set(line):
        return False
    words = line.split()
    if not words or words[0] in _LOOKS:
        return True
    return words[0] in _SHOWS and not _CHANGES & set(words[1:])
