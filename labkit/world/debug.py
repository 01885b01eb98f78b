"""LABKIT_DEBUG=1: what this process asks of worlds and runs, with the time each took, on stderr."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

_SHOWN: Final = 300  # characters of a request or an answer


def is_on() -> bool:
    """Whether it was asked for."""
    return os.environ.get("LABKIT_DEBUG", "") not in ("", "0")


def show(began: float, words: str) -> None:
    """A line: milliseconds since `began` (time.monotonic), and what took them."""
    if is_on():
        sys.stderr.write(f"labkit {(time.monotonic() - began) * 1000:9.2f} ms  {words}\n")


def show_request(began: float, fields: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """A request to PID 1 and what it said: `run web: ip -j link`, or the operation and its fields."""
    if is_on():
        show(began, f"{render_request(fields)} -> {str(answer.get('error', answer.get('ok')))[:_SHOWN]}")


def render_request(fields: Mapping[str, Any]) -> str:
    """In one line; a command so that it can be pasted."""
    if fields.get("op") == "run":
        judge = "judge " if fields.get("judge") else ""
        return f"{judge}run {fields.get('machine')}: {shlex.join(fields.get('argv', ()))}"
    rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in ("op", "id"))
    return f"{fields.get('op')} {rest}".strip()[:_SHOWN]
