"""The kernel's network as values: written in batches, read as evidence, captured from outside."""

from __future__ import annotations

from labkit.net.errors import NetError
from labkit.net.write.batch import Batch, commit_all

__all__ = ["Batch", "NetError", "commit_all"]
