"""What somebody new types into a cell, and one line that says what was meant: a shell's command without `%%on`, one `%` too few."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from labkit.errors import UsageError

# what lessons use; Python knows none of these words, and `ls` or `cat` would show the host's own files
PROGRAMS: Final = frozenset(
    [
        "arp",
        "arping",
        "bridge",
        "cat",
        "cd",
        "conntrack",
        "curl",
        "dig",
        "echo",
        "ethtool",
        "export",
        "hostname",
        "ip",
        "iperf3",
        "iptables",
        "kill",
        "ls",
        "nc",
        "nft",
        "nsenter",
        "ping",
        "ping6",
        "route",
        "sleep",
        "ss",
        "sysctl",
        "tail",
        "tcpdump",
        "timeout",
        "tracepath",
        "traceroute",
        "unshare",
        "weave",
    ]
)
_HINT: Final = "%%on MACHINE as the first line, then the commands: %%on web"


def find_mistake(cell: str, names: Mapping[str, Any]) -> UsageError | None:
    """What is wrong with a cell that is a shell's and says no machine; None where Python may read it. `names`: what Python knows."""
    lines = [line.strip() for line in cell.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    if first.startswith("%% on"):
        return UsageError("%% and on belong together", hint="%%on MACHINE, without the space")
    if first.partition(" ")[0] == "%on":
        return UsageError(
            "one % too few: a cell for a machine begins with two", hint="%%on MACHINE, the commands below it"
        )
    later = next((line for line in lines[1:] if line.startswith("%%on ")), None)
    if later:
        return UsageError(
            f"{later.partition(' ')[0]} has to be the first line of its cell",
            hint="what stands above it goes into a cell of its own",
        )
    word = first.partition(" ")[0]
    if word in PROGRAMS and word not in names and not _is_python(first):
        return UsageError(f"{word} is a command of the shell: on which machine?", hint=_HINT)
    return None


def _is_python(line: str) -> bool:
    """`ip = 3` and `echo(1)` may be; `ip` alone, and `ip -br` (a subtraction to Python), are the shell's."""
    try:
        (statement,) = ast.parse(line).body
    except (SyntaxError, ValueError):
        return False
    return not isinstance(statement, ast.Expr) or isinstance(statement.value, ast.Call)


def plan_transformer(names: Callable[[], Mapping[str, Any]]) -> Callable[[list[str]], list[str]]:
    """For IPython's input_transformers_cleanup, which sees a cell as it was typed; what it raises is shown in one line."""

    def refuse(lines: list[str]) -> list[str]:
        mistake = find_mistake("".join(lines), names())
        if mistake:
            raise mistake
        return lines

    return refuse
