"""A probe's states: what one answer after the other comes to (kubelet, prober/worker.go)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

KINDS: Final = ("startup", "readiness", "liveness")


@dataclass(frozen=True)
class Limits:
    """Of a probe's spec, with the API's defaults."""

    delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3

    @classmethod
    def parse(cls, probe: Mapping[str, Any]) -> Limits:
        """Of a container's readinessProbe and the like."""
        return cls(
            float(probe.get("initialDelaySeconds") or 0), float(probe.get("periodSeconds") or 10),
            float(probe.get("timeoutSeconds") or 1), int(probe.get("successThreshold") or 1),
            int(probe.get("failureThreshold") or 3),
        )  # fmt: skip


@dataclass
class Verdict:
    """`good`: None before the first decision. A readiness probe begins as failed, a liveness probe as passed."""

    limits: Limits
    good: bool | None = None
    _last: bool | None = None
    _run: int = 0

    def take(self, *, passed: bool) -> bool:
        """One more answer; whether the decision changed by it."""
        self._run = self._run + 1 if passed == self._last else 1
        self._last = passed
        needed = self.limits.successes if passed else self.limits.failures
        if self._run < needed or self.good is passed:
            return False
        self.good = passed
        return True


def find_port(port: int | str, container: Mapping[str, Any]) -> int:
    """A number, or the name of one of the container's ports. Raises ValueError."""
    if isinstance(port, int) or str(port).isdecimal():
        return int(port)
    for each in container.get("ports") or ():
        if each.get("name") == port:
            return int(each["containerPort"])
    raise ValueError(f"couldn't find port: {port!r}")
