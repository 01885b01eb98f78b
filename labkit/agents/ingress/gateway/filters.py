"""Filters of an HTTPRoute's rule as nginx's directives; whatever is not served, or could break out of its place, raises UnsupportedError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.ingress.checking import PLAIN_PATH

_HOST: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]+")
_VALUE: Final = re.compile(r"[^\"\\$\x00-\x1f\x7f-\U0010ffff]*")
_STANDARD: Final = {"http": 80, "https": 443}


class UnsupportedError(Exception):
    """A route asks for something that is not served here."""


@dataclass(frozen=True)
class Effect:
    """`lines`: directives before the answer; `answer`: a `return` in the pods' place; `headers`: name -> value of what the pod gets."""

    lines: tuple[str, ...] = ()
    answer: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def plan_effect(filters: list[Mapping[str, Any]], prefix: str) -> Effect:
    """`prefix`: the path that the rule matched, without its last slash; empty where it was no PathPrefix. Raises UnsupportedError."""
    lines: list[str] = []
    headers: dict[str, str] = {}
    answer = ""
    for each in filters:
        kind = each["type"]
        if kind == "RequestRedirect":
            answer = _plan_redirect(each.get("requestRedirect") or {}, prefix, lines)
        elif kind == "URLRewrite":
            _plan_rewrite(each.get("urlRewrite") or {}, prefix, lines)
        elif kind == "RequestHeaderModifier":
            headers |= _plan_headers(each.get("requestHeaderModifier") or {})
        else:
            raise UnsupportedError(f"filter {kind} is not served by this controller")
    return Effect(tuple(lines), answer, tuple(headers.items()))


def _plan_redirect(said: Mapping[str, Any], prefix: str, lines: list[str]) -> str:
    lines += _plan_path(said.get("path"), prefix, flag="")
    scheme, port = said.get("scheme"), said.get("port")
    host = _check(_HOST, said.get("hostname"), "hostname") if said.get("hostname") else "$host"
    shown = "" if port is None or _STANDARD.get(scheme or "") == port else f":{int(port)}"
    path = "$uri$is_args$args" if said.get("path") else "$request_uri"
    return f"return {int(said.get('statusCode', 302))} {scheme or '$scheme'}://{host}{shown}{path};"


def _plan_rewrite(said: Mapping[str, Any], prefix: str, lines: list[str]) -> None:
    if said.get("hostname"):
        lines.append(f'set $upstream_host "{_check(_HOST, said["hostname"], "hostname")}";')
    lines += _plan_path(said.get("path"), prefix, flag=" break")


def _plan_path(said: Mapping[str, Any] | None, prefix: str, *, flag: str) -> list[str]:
    if not said:
        return []
    if said["type"] == "ReplaceFullPath":
        return [f'rewrite "^" "{_check(PLAIN_PATH, said.get("replaceFullPath") or "/", "path")}"{flag};']
    new = _check(PLAIN_PATH, said.get("replacePrefixMatch") or "/", "path").rstrip("/")
    if new:
        return [f'rewrite "^{re.escape(prefix)}(/.*)?$" "{new}$1"{flag};']
    return [f'rewrite "^{re.escape(prefix)}/?(.*)$" "/$1"{flag};']


def _plan_headers(said: Mapping[str, Any]) -> dict[str, str]:
    """`add` puts its value behind what the client sent, as one header with commas between."""
    headers: dict[str, str] = {}
    for each in said.get("set") or ():
        headers[_check(_HEADER, each["name"], "header")] = _check(_VALUE, each["value"], "header")
    for each in said.get("add") or ():
        name = _check(_HEADER, each["name"], "header")
        sent = f"$http_{name.lower().replace('-', '_')}"
        headers[name] = f"{sent},{_check(_VALUE, each['value'], 'header')}"
    return headers | {_check(_HEADER, name, "header"): "" for name in said.get("remove") or ()}


def _check(pattern: re.Pattern[str], value: object, what: str) -> str:
    if not pattern.fullmatch(str(value)):
        raise UnsupportedError(f"{what} {str(value)!r:.80} can't be written into nginx.conf")
    return str(value)
