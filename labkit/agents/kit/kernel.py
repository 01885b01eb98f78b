"""Changing a node as a person would: lines of `ip -batch` and `bridge -batch`, rules of iptables; what was refused in the kernel's words."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.errors import LabkitError
from labkit.world import run_program


class KernelError(LabkitError):
    """The kernel refused something."""


def run(argv: Sequence[str], *, stdin: str = "") -> str:
    """One command; what it printed. Raises KernelError."""
    done = run_program(argv, stdin=stdin)
    if done.status:
        raise KernelError(f"{' '.join(argv)}: {done.stderr.strip()}", hint=f"to see it: {' '.join(argv)}")
    return done.stdout


def succeeds(*argv: str) -> bool:
    """Whether a command that only looks says yes."""
    return not run_program(argv).status


def run_batch(lines: Sequence[str], *, netns: str = "", program: str = "ip") -> None:
    """Carry out lines of `ip` or `bridge`, in another network namespace (its path) if one is named. Raises KernelError at the first refusal."""
    where = ["nsenter", f"--net={netns}"] if netns else []
    done = run_program([*where, program, "-batch", "-"], stdin="\n".join(lines) + "\n")
    if done.status:
        raise KernelError(f"{program}: {done.stderr.strip()}", hint="; ".join(f"{program} {line}" for line in lines))


def force_batch(lines: Sequence[str], *, program: str = "ip") -> list[str]:
    """Carry out all that can be, whoever else changed the same meanwhile; lines of what was refused."""
    if not lines:
        return []
    return run_program([program, "-force", "-batch", "-"], stdin="\n".join(lines) + "\n").stderr.strip().splitlines()


def ensure_rules(rules: str) -> None:
    """Rules in the form of iptables-save: naming a chain (`:CHAIN - [0:0]`) empties it, other chains stay. Raises KernelError."""
    run(["iptables-restore", "--noflush"], stdin=rules)


def ensure_jump(table: str, chain: str, *rule: str) -> None:
    """Append a rule such as `-j WEAVE` where it is not there yet. Raises KernelError."""
    if not succeeds("iptables", "-w", "-t", table, "-C", chain, *rule):
        run(["iptables", "-w", "-t", table, "-A", chain, *rule])
