"""Log lines in the form of klog, which Kubernetes' programs write: `I1130 21:20:00.000000       7 main.go:104] "SSL fake certificate created"`."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys


def render_line(level: str, place: str, text: str, moment: dt.datetime, process: int) -> str:
    """`level`: I, W or E; `place`: file and line of the real program where it says this, or a file of ours."""
    return f"{level}{moment:%m%d %H:%M:%S.%f} {process:7} {place}] {text}"


def say(place: str, text: str, level: str = "I", **values: str) -> None:
    """A line to standard error; `values` make it a structured one, as klog.InfoS does."""
    said = " ".join([json.dumps(text), *(f"{key}={json.dumps(value)}" for key, value in values.items())])
    line = render_line(level, place, said if values else text, dt.datetime.now(dt.UTC), os.getpid())
    print(line, file=sys.stderr, flush=True)


def say_structured(place: str, text: str) -> None:
    """A structured line without values: the text stands in quotes."""
    say(place, json.dumps(text))
