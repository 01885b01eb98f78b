"""What the environment says about a world to be made: with whom it ends, which folder it shares."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from labkit.errors import UsageError
from labkit.state import find_state_folder

_LARGEST: Final = 1 << 22  # process numbers end there (PID_MAX_LIMIT, proc(5))


def find_owner() -> int | None:
    """The process with which a lab ends (`./lab up` says so in LABKIT_OWNER); None: it ends by itself when left alone."""
    text = os.environ.get("LABKIT_OWNER", "")
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST)) else 0
    if not 0 < number <= _LARGEST:
        raise UsageError(f"LABKIT_OWNER is {text[:40]!r}", hint="the number of a running process, or leave it out")
    return number


def find_work() -> Path | None:
    """The folder that worlds and the host share (LABKIT_WORK). Nothing that is run on the host may lie in it. Raises UsageError."""
    text = os.environ.get("LABKIT_WORK", "")
    if not text:
        return None
    hint = "a folder of yours, from / on, or leave it out; ./lab up takes work/files"
    work = Path(text)
    try:
        if not work.is_absolute() or not work.is_dir():
            raise UsageError(f"LABKIT_WORK is {text!r}: not a folder, or not named from / on", hint=hint)
        work = work.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"LABKIT_WORK is {text!r}: {error}", hint=hint) from error
    run = [Path(__file__).parents[2], Path(sys.prefix), Path(sys.base_prefix), find_state_folder()]
    inside = [path for path in run if path.resolve().is_relative_to(work)]
    if inside:
        raise UsageError(f"LABKIT_WORK is {text!r}: every lab could change {inside[0]}, which lies in it", hint=hint)
    return work
