"""Calico's selectors: all(), global(), has(k), k == 'v', k != 'v', k in { 'v' }, k not in { 'v' }, k contains 'v', starts with, ends with, !, &&, ||, brackets.

Source: libcalico-go lib/selector (release-v3.20). A selector's text in its one canonical form is what ipsets are named after.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from labkit.errors import UsageError

Labels = Mapping[str, str]
Test = Callable[[Labels], bool]
_TOKEN: Final = re.compile(r"\s*(all\(\s*\)|global\(\s*\)|has\(|&&|\|\||==|!=|[!(){},]|'[^']*'|\"[^\"]*\"|[\w./-]+)")
_LABEL: Final = re.compile(r"[\w./-]{1,512}")
_COMPARISONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "==": operator.eq, "!=": operator.ne, "contains": operator.contains, "starts with": str.startswith, "ends with": str.endswith,
}  # fmt: skip
_HINT: Final = "as in: has(rack) && role == 'edge'"


@dataclass(frozen=True)
class Selector:
    """`text`: in its canonical form; `needs`: labels without which it fits nothing, by which those that fit are found sooner."""

    text: str
    test: Test
    needs: frozenset[tuple[str, str]] = frozenset()

    def __call__(self, labels: Labels) -> bool:
        """Whether it fits."""
        return self.test(labels)


EVERYTHING: Final = Selector("all()", lambda _: True)


@lru_cache(maxsize=8192)
def parse_selector(text: str, prefix: str = "") -> Selector:
    """A selector; `prefix` is put before every label's name. Without words it fits everything. Raises UsageError."""
    return _Parser(text, prefix).parse()


class _Parser:
    def __init__(self, text: str, prefix: str) -> None:
        self._text, self._prefix = text, prefix
        self._words = _divide(text)

    def parse(self) -> Selector:
        if not self._words:
            return EVERYTHING
        found = self._parse_any()
        if self._words:
            raise self._refuse(self._words[0])
        return found

    def _parse_any(self) -> Selector:
        parts = [self._parse_every()]
        while self._take("||"):
            parts.append(self._parse_every())
        return (
            parts[0]
            if len(parts) == 1
            else Selector(_join(parts, "||"), lambda labels: any(each.test(labels) for each in parts))
        )

    def _parse_every(self) -> Selector:
        parts = [self._parse_one()]
        while self._take("&&"):
            parts.append(self._parse_one())
        if len(parts) == 1:
            return parts[0]
        needs = frozenset[tuple[str, str]]().union(*(each.needs for each in parts))
        return Selector(_join(parts, "&&"), lambda labels: all(each.test(labels) for each in parts), needs)

    def _parse_one(self) -> Selector:
        negated = False
        while self._take("!"):
            negated = not negated
        found = self._parse_plain()
        return Selector(f"!{found.text}", lambda labels: not found.test(labels)) if negated else found

    def _parse_plain(self) -> Selector:
        word = self._next()
        if word == "(":
            found = self._parse_any()
            self._expect(")")
            return found
        if word.startswith(("all(", "global(")):
            return Selector(f"{word.partition('(')[0]}()", lambda _: True)
        if word == "has(":
            key = self._prefix + self._read_label(self._next())
            self._expect(")")
            return Selector(f"has({key})", lambda labels: key in labels)
        return self._parse_comparison(self._prefix + self._read_label(word))

    def _parse_comparison(self, key: str) -> Selector:
        said = self._next()
        if said in ("not", "starts", "ends"):
            said = f"{said} {self._next()}"
        if said in ("in", "not in", "notin"):
            return _plan_membership(key, said == "in", self._parse_values())
        if said not in _COMPARISONS:
            raise self._refuse(said)
        value, compare, missing = self._read_value(), _COMPARISONS[said], said == "!="
        needs = frozenset({(key, value)}) if said == "==" else frozenset[tuple[str, str]]()

        def test(labels: Labels) -> bool:
            return compare(labels[key], value) if key in labels else missing

        return Selector(f"{key} {said} {_quote(value)}", test, needs)

    def _parse_values(self) -> frozenset[str]:
        self._expect("{")
        if self._take("}"):
            return frozenset()
        values = {self._read_value()}
        while self._take(","):
            values.add(self._read_value())
        self._expect("}")
        return frozenset(values)

    def _read_label(self, word: str) -> str:
        if not _LABEL.fullmatch(word):
            raise self._refuse(word)
        return word

    def _read_value(self) -> str:
        word = self._next()
        if word[:1] not in "'\"":
            raise self._refuse(word)
        return word[1:-1]

    def _take(self, word: str) -> bool:
        if self._words[:1] == [word]:
            self._words.pop(0)
            return True
        return False

    def _next(self) -> str:
        if not self._words:
            raise self._refuse("its end")
        return self._words.pop(0)

    def _expect(self, word: str) -> None:
        if (found := self._next()) != word:
            raise self._refuse(found)

    def _refuse(self, word: str) -> UsageError:
        return UsageError(f"the selector {self._text!r} can't be read at {word}", hint=_HINT)


def _plan_membership(key: str, wanted: bool, values: frozenset[str]) -> Selector:  # noqa: FBT001 - in, or not in
    text = ", ".join(_quote(value) for value in sorted(values))
    needs = frozenset((key, value) for value in values) if wanted and len(values) == 1 else frozenset[tuple[str, str]]()
    return Selector(
        f"{key} {'in' if wanted else 'not in'} {{{text}}}", lambda labels: (labels.get(key) in values) is wanted, needs
    )


def _join(parts: Sequence[Selector], word: str) -> str:
    return f"({f' {word} '.join(each.text for each in parts)})"


def _quote(value: str) -> str:
    return f"'{value}'" if '"' in value else f'"{value}"'


def _divide(text: str) -> list[str]:
    words, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise UsageError(f"the selector {text!r} can't be read at {text[at:]}", hint=_HINT)
        words.append(found[1])
        at = found.end()
    return words
