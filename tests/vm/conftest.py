"""One VM for all tests that look into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vm.inside import Inside, start_inside


@pytest.fixture(scope="session")
def inside() -> Iterator[Inside]:
    with start_inside() as inside:
        yield inside
