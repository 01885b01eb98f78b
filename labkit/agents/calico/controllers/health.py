"""The controllers' health: a file that the program `check-status` reads, beside them in their container (kube-controllers pkg/status, release-v3.20)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from labkit.errors import JsonError, parse_json

STATUS: Final = Path("/status/status.json")
_PART: Final = "CalicoDatastore"


def write_status(reason: str, path: Path = STATUS) -> None:
    """`reason`: why they are not ready; empty when they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Readiness": {_PART: {"Ready": not reason, "Reason": reason}}}), encoding="utf-8")


def read_trouble(path: Path) -> str:
    """Why they are not ready, in Calico's words; empty when they are."""
    try:
        told = parse_json(path.read_text(encoding="utf-8"), str(path))["Readiness"]
    except OSError as error:
        return f"Failed to read status file {path}: open {path}: {(error.strerror or '').lower()}"
    except (ValueError, KeyError, TypeError, JsonError) as error:
        return f"Failed to read status file {path}: {error!r:.100}"
    return "; ".join(str(each["Reason"]) for each in told.values() if not each["Ready"])


def main() -> int:
    """`check-status -r`, `-l`: 0 when they are ready."""
    parser = argparse.ArgumentParser(
        prog="check-status", description="labkit's stand-in for Calico's: are the controllers ready?"
    )
    parser.add_argument("-r", "--ready", action="store_true", help="readiness")
    parser.add_argument("-l", "--live", action="store_true", help="liveness, which is the same")
    parser.add_argument("-f", "--file", type=Path, default=STATUS, help="what the controllers wrote")
    said = parser.parse_args()
    if not (said.ready or said.live):
        print("No command specified to check-status")
        return 1
    trouble = read_trouble(said.file)
    print(trouble or "Ready")
    return 1 if trouble else 0
