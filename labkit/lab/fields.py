"""Reading a TOML table key by key: wrong type, missing or unknown key is an error that names file and key."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from labkit.errors import UsageError

T = TypeVar("T")
REQUIRED: Any = object()  # a default that says: the key must be there
WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a table"}


class Table:
    """One table of a file; leaving it as a context refuses keys that nobody took."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self._left = dict(data)
        self.where = where

    def take(self, key: str, kind: type[T], default: T = REQUIRED) -> T:
        """The value of `key`, of exactly this type (a float may be written as 5)."""
        if key not in self._left:
            if default is REQUIRED:
                raise UsageError(f"{self.where}: no {key}", hint=f"add {key} = {WORDS.get(kind, 'text or a number')}")
            return default
        value: T = self._expect(self._left.pop(key), kind, key)
        return value

    def take_optional(self, key: str, kind: type[T]) -> T | None:
        """The same for a key that may be left out."""
        return self.take(key, kind) if key in self._left else None

    def take_texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; () when it is left out."""
        return tuple(self._expect(value, str, f"{key}[{i}]") for i, value in enumerate(self.take(key, list, [])))

    def take_map(self, key: str) -> dict[str, str]:
        """A table of texts; numbers in it become text."""
        values = self.take(key, dict, {})
        return {name: str(self._expect(v, str | int, f"{key}.{name}")) for name, v in values.items()}

    def take_tables(self, key: str) -> list[Table]:
        """The tables of an array `[[key]]`."""
        rows = self.take(key, list, [])
        names = [f"{key}{getattr(row, 'place', f'[{i}]')}" for i, row in enumerate(rows)]
        return [
            Table(self._expect(row, dict, name), f"{self.where}: {name}") for name, row in zip(names, rows, strict=True)
        ]

    def take_table(self, key: str) -> Table:
        """The table `[key]`, empty when it is left out."""
        return Table(self.take(key, dict, {}), f"{self.where}: {key}")

    def take_optional_table(self, key: str) -> Table | None:
        """The same, None when it is left out."""
        return self.take_table(key) if key in self._left else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say where, in errors of the values; refuse keys that nobody took: a misspelt one must not be ignored."""
        if isinstance(error, UsageError) and not error.message.startswith(self.where):
            raise UsageError(f"{self.where}: {error.message}", hint=error.hint) from error
        if error is None and self._left:
            raise UsageError(
                f"{self.where}: unknown key {', '.join(sorted(self._left))}", hint="labs/README.md lists the keys"
            )

    def _expect(self, value: Any, kind: Any, key: str) -> Any:
        if kind is float and type(value) is int:
            return float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            wanted = WORDS.get(kind, "text or a number")
            raise UsageError(f"{self.where}: {key} is {value!r}", hint=f"{key} has to be {wanted}")
        return value
