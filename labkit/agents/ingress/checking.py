"""What is never rendered: whatever of an Ingress could end a directive or begin another one.

The API server lets through nearly every path. 1.5.1 looked for a few words and rendered the rest (CVE-2021-25742 and its followers);
the limits here are those of later versions: strict paths, and for regular expressions the characters that they need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_HOST: Final = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
PLAIN_PATH: Final = re.compile(r"/[-._~A-Za-z0-9/:@%+,=!&()*]*")
REGEX_PATH: Final = re.compile(r"/[-._~A-Za-z0-9/:@%,!^$\[\](){}*+?|&=\\]*")
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST: Final = 1000  # of a path: nginx's buffer for a directive has 4 KB


def find_fault(rule: Mapping[str, Any], *, regex: bool) -> str:
    """What is wrong with one rule, host and paths, in the words of the real controller's inspector; empty for nothing."""
    host = str(rule.get("host") or "")
    if host and not _HOST.fullmatch(host):
        return f"invalid host {host!r:.80}"
    for path in (rule.get("http") or {}).get("paths") or ():
        if fault := _find_path_fault(path, regex=regex) or _find_backend_fault(path.get("backend") or {}):
            return fault
    return ""


def _find_path_fault(path: Mapping[str, Any], *, regex: bool) -> str:
    text, kind = str(path.get("path") or "/"), str(path.get("pathType") or "Prefix")
    if len(text) > _LONGEST:
        return f"invalid http path: it has {len(text)} characters, more than {_LONGEST}"
    if not regex:
        return "" if PLAIN_PATH.fullmatch(text) else f"path {text!r:.80} cannot be used with pathType {kind}"
    if not REGEX_PATH.fullmatch(text):
        return f"invalid http path: invalid value found: {text!r:.80}"
    try:
        re.compile(text)
    except re.error as error:
        return f"invalid http path: {text!r:.80} is no regular expression: {error}"
    return ""


def _find_backend_fault(backend: Mapping[str, Any]) -> str:
    service = backend.get("service") or {}
    named = (service.get("name"), (service.get("port") or {}).get("name"))
    wrong = [name for name in named if name and not _NAME.fullmatch(str(name))]
    return f"invalid backend {wrong[0]!r:.80}" if wrong else ""
