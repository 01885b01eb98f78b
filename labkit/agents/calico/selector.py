"""Calico's selectors, as far as labels go: all(), has(k), k == 'v', k != 'v', k in { 'v' }, k not in { 'v' }, !, &&, ||, brackets.

Source: libcalico-go lib/selector (release-v3.20); its `global()`, `contains`, `starts with` and `ends with` are not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from labkit.errors import UsageError

Labels = Mapping[str, str]
Test = Callable[[Labels], bool]
_TOKEN: Final = re.compile(r"\s*(all\(\)|has\(|&&|\|\||==|!=|[!(){},]|not in\b|in\b|'[^']*'|\"[^\"]*\"|[\w./-]+)")


def parse_selector(text: str) -> Test:
    """A function that says of labels whether they fit. Raises UsageError."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._words = _divide(text)

    def parse(self) -> Test:
        if not self._words:
            return lambda _: True  # no selector selects all, as in Calico
        test = self._parse_any()
        if self._words:
            raise self._refuse(self._words[0])
        return test

    def _parse_any(self) -> Test:
        tests = [self._parse_every()]
        while self._take("||"):
            tests.append(self._parse_every())
        return lambda labels: any(test(labels) for test in tests)

    def _parse_every(self) -> Test:
        tests = [self._parse_one()]
        while self._take("&&"):
            tests.append(self._parse_one())
        return lambda labels: all(test(labels) for test in tests)

    def _parse_one(self) -> Test:
        if self._take("!"):
            test = self._parse_one()
            return lambda labels: not test(labels)
        if self._take("("):
            test = self._parse_any()
            self._expect(")")
            return test
        if self._take("all()"):
            return lambda _: True
        if self._take("has("):
            key = self._next()
            self._expect(")")
            return lambda labels: key in labels
        return self._parse_comparison(self._next())

    def _parse_comparison(self, key: str) -> Test:
        operator = self._next()
        if operator in ("==", "!="):
            value = _unquote(self._next())
            return lambda labels: (labels.get(key) == value) is (operator == "==")
        if operator in ("in", "not in"):
            values = self._parse_values()
            return lambda labels: (labels.get(key) in values) is (operator == "in")
        raise self._refuse(operator)

    def _parse_values(self) -> set[str]:
        self._expect("{")
        values = {_unquote(self._next())}
        while self._take(","):
            values.add(_unquote(self._next()))
        self._expect("}")
        return values

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
        return UsageError(
            f"the selector {self._text!r} can't be read at {word}", hint="as in: has(rack) && role == 'edge'"
        )


def _divide(text: str) -> list[str]:
    words, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise UsageError(
                f"the selector {text!r} can't be read at {text[at:]}", hint="as in: has(rack) && role == 'edge'"
            )
        words.append(found[1])
        at = found.end()
    return words


def _unquote(word: str) -> str:
    return word[1:-1] if word[:1] in "'\"" else word
