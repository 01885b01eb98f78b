"""Which Ingresses nginx itself refuses: what no check here foresaw shall cost nobody else their site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]


def find_refused(
    ingresses: Sequence[Object], refusal_of: Callable[[Sequence[Object]], str]
) -> list[tuple[Object, str]]:
    """Those that make a configuration refused, with nginx's words. Halves are tried: n bad ones of m take about n log m tries."""
    words = refusal_of(ingresses)
    if not words or not ingresses:
        return []
    if len(ingresses) == 1:
        return [(ingresses[0], words)]
    middle = len(ingresses) // 2
    return find_refused(ingresses[:middle], refusal_of) + find_refused(ingresses[middle:], refusal_of)
