"""Matches of an HTTPRoute's rule: the path, and conditions on headers, method and query as regular expressions on nginx's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.ingress.checking import PLAIN_PATH, REGEX_PATH
from labkit.agents.ingress.gateway.filters import UnsupportedError
from labkit.agents.ingress.model import EXACT, PREFIX, REGEX

_KINDS: Final = {"Exact": EXACT, "PathPrefix": PREFIX, "RegularExpression": REGEX}
_NAMES: Final = {"http": re.compile(r"[A-Za-z0-9-]+"), "arg": re.compile(r"[A-Za-z0-9_]+")}
_VALUE: Final = re.compile(r"[^\"\\\x00-\x1f\x7f-\U0010ffff]+")
_PATTERN: Final = re.compile(r"[^\"\x00-\x1f\x7f-\U0010ffff]+")

Conditions = tuple[tuple[str, str], ...]


def parse_path(match: Mapping[str, Any]) -> tuple[str, str]:
    """Path and kind. Raises UnsupportedError."""
    said = match.get("path") or {}
    kind, value = _KINDS[said.get("type", "PathPrefix")], said.get("value") or "/"
    if not (REGEX_PATH if kind == REGEX else PLAIN_PATH).fullmatch(value) or (kind == REGEX and not _is_regex(value)):
        raise UnsupportedError(f"path {value!r:.80} can't be written into nginx.conf")
    return (value.rstrip("/") or "/") if kind == PREFIX else value, kind


def parse_conditions(match: Mapping[str, Any]) -> Conditions:
    """(variable, regular expression for the whole of it), each variable once, in the order of their names. Raises UnsupportedError."""
    found = {
        f"${kind}_{_find_name(kind, each)}": _find_pattern(each)
        for kind, key in (("http", "headers"), ("arg", "queryParams"))
        for each in match.get(key) or ()
    }
    method = {"$request_method": match["method"]} if match.get("method") else {}
    return tuple(sorted((found | method).items()))


def _find_name(kind: str, said: Mapping[str, Any]) -> str:
    name = str(said["name"])
    if not _NAMES[kind].fullmatch(name):
        raise UnsupportedError(f"{name!r:.80} can't be asked for by a variable of nginx")
    return name.lower().replace("-", "_") if kind == "http" else name


def _find_pattern(said: Mapping[str, Any]) -> str:
    value = str(said["value"])
    if said.get("type", "Exact") == "Exact" and _VALUE.fullmatch(value):
        return re.escape(value)
    if (
        said.get("type") == "RegularExpression"
        and _PATTERN.fullmatch(value)
        and "\\\\" not in value
        and _is_regex(value)
    ):
        return f"(?:{value})"
    raise UnsupportedError(f"value {value!r:.80} can't be written into nginx.conf")


def _is_regex(value: str) -> bool:
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def rank(match: Mapping[str, Any]) -> tuple[bool, int, int]:
    """Of two matches with the same path the lower one comes first: with a method, more headers, more of the query."""
    return not match.get("method"), -len(match.get("headers") or ()), -len(match.get("queryParams") or ())
