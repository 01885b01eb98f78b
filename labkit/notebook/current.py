"""The lab this notebook works on."""

from __future__ import annotations

import labkit
from labkit.check import LiveLab


class CurrentLab:
    """What `%lab start` began or found; without it the only lab that runs."""

    def __init__(self) -> None:
        self._lab: LiveLab | None = None

    def get(self) -> LiveLab:
        """The lab. Raises UsageError when there is none to choose."""
        if self._lab is None:
            self._lab = labkit.attach()
        return self._lab

    def set(self, lab: LiveLab | None) -> None:
        """From now on this one; None: look for one again."""
        self._lab = lab

    def known(self) -> LiveLab | None:
        """The same without looking: for completion, which must not wait."""
        return self._lab
