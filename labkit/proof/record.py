"""A lab's proof, kept beside it: `labs/NN/proof.json`, with the digest of what it proved."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from labkit.errors import UsageError
from labkit.proof.result import Proof

FILE = "proof.json"
PROVED = ("lab.toml", "checks.py", "solutions/*", "faults/*", "files/*")


def compute_digest(folder: Path) -> str:
    """SHA-256 of the lab's own files that a proof is about, and of what labs share, by name and content."""
    shared = sorted((folder.parent / "shared").rglob("*")) if (folder.parent / "shared").is_dir() else []
    paths = [path for pattern in PROVED for path in sorted(folder.glob(pattern))] + shared
    whole = hashlib.sha256()
    for path in paths:
        if path.is_file() and path.suffix != ".pyc":
            whole.update(f"{path.relative_to(folder.parent)}\0".encode() + path.read_bytes() + b"\0")
    return whole.hexdigest()


def render_record(folder: Path, proof: Proof) -> str:
    """The file's text: the JSON of `labkit prove`, and the digest."""
    return json.dumps({"digest": compute_digest(folder), **proof.to_data()}, indent=1, ensure_ascii=False) + "\n"


def read_record(folder: Path) -> dict[str, Any]:
    """What is kept. UsageError when there is none, or when it is of other files than these."""
    try:
        record: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"labs/{folder.name}/{FILE} can't be read", hint=f"labkit prove {folder.name} writes it"
        ) from error
    if record.get("digest") != compute_digest(folder):
        raise UsageError(
            f"labs/{folder.name}/{FILE} is about other files than those that are there",
            hint=f"labkit prove {folder.name} proves them anew",
        )
    return record
