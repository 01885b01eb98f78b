"""nginx.ingress.kubernetes.io/…: what an Ingress wants besides its rules (ingress-nginx 1.5.1, internal/ingress/annotations).

What a value may look like is what later versions allow (1.15, annotations/parser/validators.go): 1.5.1 wrote everything into nginx.conf.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

PREFIX: Final = "nginx.ingress.kubernetes.io/"
_CODES: Final = {"permanent-redirect": 301, "temporal-redirect": 302}
_URL: Final = re.compile(r"[-._~A-Za-z0-9/:,?&=$]*")  # no quotes, no braces, no blanks, no semicolons
_TARGET: Final = re.compile(r"/?[-._~A-Za-z0-9/:$]*")
_HOST: Final = re.compile(r"[-._~A-Za-z0-9/:]+")
_SIZE: Final = re.compile(r"\d{1,9}[kKmMgG]?")
_SECONDS: Final = re.compile(r"\d{1,6}")
_NETWORKS: Final = re.compile(r"\d+(\.\d+){3}(/\d+)?( *, *\d+(\.\d+){3}(/\d+)?)*")


@dataclass(frozen=True)
class Annotations:
    """`redirect`: status and URL; `allowed`: prefixes of clients; `timeouts`: (directive, seconds)."""

    rewrite_target: str = ""
    use_regex: bool = False
    ssl_redirect: bool = True
    force_ssl_redirect: bool = False
    preserve_trailing_slash: bool = False
    app_root: str = ""
    redirect: tuple[int, str] | None = None
    upstream_vhost: str = ""
    protocol: str = "http"
    body_size: str = ""
    timeouts: tuple[tuple[str, str], ...] = ()
    allowed: tuple[str, ...] = ()


NONE: Final = Annotations()
Take = Callable[[str], dict[str, Any]]  # the annotation's value -> fields of Annotations


def parse_annotations(found: Mapping[str, str]) -> tuple[Annotations, tuple[str, ...], tuple[str, ...]]:
    """What holds; a sentence for each one that nobody here knows; one for each whose value could break nginx.conf."""
    own = {key.removeprefix(PREFIX): str(value) for key, value in sorted(found.items()) if key.startswith(PREFIX)}
    fields: dict[str, Any] = {"timeouts": ()}
    wrong = []
    for name in sorted(own.keys() & _KNOWN.keys()):
        try:
            taken = _KNOWN[name](own[name])
        except ValueError as error:
            wrong.append(f"annotation {PREFIX}{name} contains invalid value {own[name]!r:.80}: {error}")
        else:
            fields |= taken | {"timeouts": fields["timeouts"] + taken.get("timeouts", ())}
    unknown = (
        f"annotation {PREFIX}{name} has no effect: this controller doesn't know it"
        for name in own
        if name not in _KNOWN
    )
    return Annotations(**fields), tuple(unknown), tuple(wrong)


def _check(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"it has to match {pattern.pattern}")
    return value


def _parse_truth(value: str) -> bool:
    """As Go's strconv.ParseBool."""
    if value in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if value in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError("it has to be true or false")


def _truth(field: str) -> Take:
    return lambda value: {field: _parse_truth(value)}


def _text(field: str, pattern: re.Pattern[str]) -> Take:
    return lambda value: {field: _check(pattern, value)}


def _timeout(directive: str) -> Take:
    return lambda value: {"timeouts": ((directive, f"{_check(_SECONDS, value)}s"),)}


def _redirect(name: str) -> Take:
    return lambda value: {"redirect": (_CODES[name], _check(_URL, value))}


def _take_protocol(value: str) -> dict[str, Any]:
    if value not in ("HTTP", "HTTPS"):
        raise ValueError("it has to be HTTP or HTTPS; the real controller knows gRPC, FastCGI and AJP, too")
    return {"protocol": value.lower()}


def _take_allowed(value: str) -> dict[str, Any]:
    return {"allowed": tuple(each.strip() for each in _check(_NETWORKS, value).split(","))}


_KNOWN: Final[Mapping[str, Take]] = {
    "rewrite-target": _text("rewrite_target", _TARGET),
    "use-regex": _truth("use_regex"),
    "ssl-redirect": _truth("ssl_redirect"),
    "force-ssl-redirect": _truth("force_ssl_redirect"),
    "preserve-trailing-slash": _truth("preserve_trailing_slash"),
    "app-root": _text("app_root", _TARGET),
    **{name: _redirect(name) for name in _CODES},
    "upstream-vhost": _text("upstream_vhost", _HOST),
    "backend-protocol": _take_protocol,
    "proxy-body-size": _text("body_size", _SIZE),
    **{f"proxy-{kind}-timeout": _timeout(f"proxy_{kind}_timeout") for kind in ("connect", "read", "send")},
    "whitelist-source-range": _take_allowed,
}
