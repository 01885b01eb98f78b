"""The steps of making a world, named, so that what was refused can be told with its remedy (remedies.py)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class StageError(Exception):
    """A step of making the world failed."""

    def __init__(self, stage: str, error: OSError) -> None:
        super().__init__(stage)
        self.message = {"error": error.strerror or str(error), "errno": error.errno or 0, "stage": stage}


@contextlib.contextmanager
def stage(name: str) -> Iterator[None]:
    """Names the step for world/remedies.py."""
    try:
        yield
    except OSError as error:
        raise StageError(name, error) from error
