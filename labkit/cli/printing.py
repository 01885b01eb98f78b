"""Text and JSON on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_json(value: Any) -> None:
    """One JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_progress(text: str) -> None:
    """A line on stderr, so that stdout stays what was asked for."""
    print(text, file=sys.stderr, flush=True)
