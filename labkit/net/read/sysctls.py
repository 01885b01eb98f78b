"""Sysctls of the machine's own network."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.errors import CannotTell
from labkit.net.machine import Readable
from labkit.net.read.command import read_text


def read_sysctl(machine: Readable, name: str) -> str:
    """Value of one sysctl; `net.ipv4.conf.eth0.forwarding`, a dot within a link's name as `/`.

    CannotTell when the kernel does not have it.
    """
    return read_text(machine, ["sysctl", "-n", name]).rstrip("\n")


def read_sysctls(machine: Readable, names: Iterable[str]) -> dict[str, str]:
    """Values of many, by one `sysctl -e`; those that the kernel does not have are left out.

    A name may be a folder: `net.ipv4.conf` gives everything below it.
    """
    # -e: one that is not there is no error; an unreadable one among many must not hide the others.
    result = machine.probe(["sysctl", "-e", *names])
    found = dict(_parse_lines(result.stdout))
    if result.status != 0 and not found:
        raise CannotTell(f"sysctl on {machine.name} ended with {result.status}: {result.stderr.strip()}")
    return found


def _parse_lines(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        name, found, value = line.partition(" =")
        if found:
            yield name, value.strip()
