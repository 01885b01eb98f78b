"""Chains of iptables as a part of Felix's: what shall be in each table, what is there, and the way from the one to the other (felix iptables/table.go, rules.go; release-v3.20).

A rule is known by its comment, which hashes it and all before it. So what somebody else changed in one of Felix's chains is noticed by its comments alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.policy.table import Table, Tables, hash_appended, hash_rules
from labkit.agents.kit.kernel import KernelError, run

_COMMENT: Final = re.compile(r'--comment "?(cali:[\w-]+)"?')
_TARGET: Final = re.compile(r"--(?:jump|goto) (cali-\S+)")
_LATE: Final = "not in its place:"
# bytes of one transaction: without CAP_NET_ADMIN in the first user namespace a netlink message has room for 208 KB
_TOGETHER: Final = 150_000
_LINE, _COMMENT_BYTES, _MATCH = 250, 320, 120  # about what a rule needs, and each of its comments and other matches


def plan(tables: Tables) -> State:
    """Slots `TABLE chain NAME`, `TABLE first CHAIN`, `TABLE last CHAIN`; value: the rules' comments."""
    wanted: dict[str, str] = {}
    for name, table in tables.items():
        wanted |= {f"{name} chain {chain}": " ".join(hash_rules(chain, rules)) for chain, rules in table.chains.items()}
        wanted |= {
            f"{name} first {chain}": " ".join(hash_rules(chain, rules)) for chain, rules in table.inserted.items()
        }
        wanted |= {
            f"{name} last {chain}": " ".join(hash_appended(chain, rules)) for chain, rules in table.appended.items()
        }
    return wanted


def read(tables: Tables) -> State:
    """Felix's chains, and what the kernel's chains have of Felix's."""
    return parse(run(["iptables-save"]), tables)


def parse(saved: str, tables: Tables) -> State:
    """The text of iptables-save. `?`: a rule without comment. Slot `TABLE stray RULE`: one of Felix's kind that nobody wants."""
    found: dict[str, str] = {}
    for name, chains in _divide(saved):
        table = tables.get(name, Table({}))
        for chain, lines in chains.items():
            comments = [told[1] if (told := _COMMENT.search(line)) else "?" for line in lines]
            if chain.startswith("cali-"):
                found[f"{name} chain {chain}"] = " ".join(comments)
            else:
                found |= _parse_ends(name, chain, comments, table)
                known = {
                    *hash_rules(chain, table.inserted.get(chain, ())),
                    *hash_appended(chain, table.appended.get(chain, ())),
                    "?",
                }
                found |= {
                    f"{name} stray {line}": "" for line, each in zip(lines, comments, strict=True) if each not in known
                }
    return found


def _divide(saved: str) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    """Table, and of each of its chains the rules without `-A`."""
    name, chains = "", dict[str, list[str]]()
    for line in saved.splitlines():
        if line.startswith("*"):
            name, chains = line[1:], {}
        elif line.startswith(":"):
            chains[line[1:].split(" ", 1)[0]] = []
        elif line.startswith("-A "):
            chains[line.split(" ", 2)[1]].append(line[3:])
        elif line == "COMMIT":
            yield name, chains


def _parse_ends(name: str, chain: str, comments: Sequence[str], table: Table) -> dict[str, str]:
    first = hash_rules(chain, table.inserted.get(chain, ()))
    last = hash_appended(chain, table.appended.get(chain, ()))
    return {
        **_parse_end(f"{name} first {chain}", first, comments[: len(first)], comments),
        **_parse_end(f"{name} last {chain}", last, comments[len(comments) - len(last) :], comments),
    }


def _parse_end(slot: str, wanted: Sequence[str], found: Sequence[str], comments: Sequence[str]) -> dict[str, str]:
    there = [each for each in wanted if each in comments]
    if not there:
        return {}
    right = tuple(found) == tuple(wanted) and comments.count(wanted[0]) == 1
    return {slot: " ".join(wanted) if right else " ".join([_LATE, *there])}


def render(tables: Tables, difference: Difference) -> list[str]:
    """Text for `iptables-restore --noflush`, table by table: naming a chain empties it. What is jumped to comes before the jump, what goes is last."""
    lines: list[str] = []
    slots = [slot.split(" ", 2) for slot in (*difference.new, *difference.gone)]
    for name in dict.fromkeys(slot[0] for slot in slots):
        table = tables.get(name, Table({}))
        new = [chain for each, what, chain in slots if each == name and what == "chain" and chain in table.chains]
        gone = [chain for each, what, chain in slots if each == name and what == "chain" and chain not in table.chains]
        jumps = [
            line
            for each, what, chain in slots
            if each == name
            for line in _render_ends(what, chain, table, difference.found.get(f"{name} {what} {chain}", ""))
        ]
        for chunk in _divide_chunks(
            [
                *_render_chains(table, new),
                *jumps,
                *(f":{chain} - [0:0]" for chain in gone),
                *(f"-X {chain}" for chain in gone),
            ]
        ):
            lines += [f"*{name}", *chunk, "COMMIT"]
    return lines


def _render_chains(table: Table, names: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for chain in _order(table, names):
        rules = table.chains[chain]
        lines.append(f":{chain} - [0:0]")
        lines += [_render_rule(f"-A {chain}", *pair) for pair in zip(hash_rules(chain, rules), rules, strict=True)]
    return lines


def _render_rule(do: str, comment: str, rule: str) -> str:
    return f'{do} -m comment --comment "{comment}" {rule}'


def _order(table: Table, names: Sequence[str]) -> list[str]:
    """Those that others jump to come first."""
    wanted, ordered = set(names), dict[str, None]()

    def visit(chain: str) -> None:
        if chain in wanted and chain not in ordered:
            for rule in table.chains[chain]:
                for target in _TARGET.findall(rule):
                    visit(target)
            ordered[chain] = None

    for chain in names:
        visit(chain)
    return list(ordered)


def _render_ends(what: str, chain: str, table: Table, found: str) -> list[str]:
    """Rules of Felix's in a chain of the kernel's: those that are not in their place are taken out first."""
    if what == "stray":
        return [f"-D {chain}"]
    rules = {"first": table.inserted, "last": table.appended}.get(what, {}).get(chain, ())
    comments = (hash_rules if what == "first" else hash_appended)(chain, rules)
    pairs = list(zip(comments, rules, strict=True))
    out = [_render_rule(f"-D {chain}", *pair) for pair in pairs if pair[0] in found.split()]
    if what == "first":
        return out + [_render_rule(f"-I {chain}", *pair) for pair in reversed(pairs)]
    return out + [_render_rule(f"-A {chain}", *pair) for pair in pairs]


def _divide_chunks(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as fit into one transaction, a chain's in one if possible: else it is whole only after the last of them."""
    blocks: list[list[str]] = []
    for line in lines:
        if line.startswith("-A cali-") and blocks:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    chunk, size = list[str](), 0
    for block in blocks:
        whole = sum(_weigh(line) for line in block)
        for line in block:
            if chunk and size + (whole if line is block[0] else _weigh(line)) > _TOGETHER:
                yield chunk
                chunk, size = [], 0
            chunk.append(line)
            size += _weigh(line)
    if chunk:
        yield chunk


def _weigh(line: str) -> int:
    comments = line.count("--comment")
    return _LINE + comments * _COMMENT_BYTES + (line.count("-m ") - comments) * _MATCH


def carry_out(lines: Sequence[str]) -> list[str]:
    """All by one call; when something is refused, transaction by transaction, so that the others are done. What was refused."""
    argv = ("iptables-restore", "-w", "--noflush")
    if not try_restore(argv, lines):
        return []
    ends = [number for number, line in enumerate(lines, 1) if line == "COMMIT"]
    return [refused for begin, end in pairwise([0, *ends]) for refused in try_restore(argv, lines[begin:end])]


def try_restore(argv: Sequence[str], lines: Sequence[str]) -> list[str]:
    """Give lines to a program; its words when it refuses."""
    try:
        run(argv, stdin="\n".join(lines) + "\n")
    except KernelError as error:
        return [error.message]
    return []
