"""Every lab's checks are proven: `labkit prove`."""

from __future__ import annotations

import json

import pytest

from labkit.check import prove
from labkit.lab.course import list_labs


@pytest.mark.slow
@pytest.mark.timeout(900)  # some two hundred worlds of a lab with agents, on a busy computer
@pytest.mark.parametrize("lab", list_labs())
def test_proven(lab: str) -> None:
    proof = prove(lab)
    assert proof.ok, json.dumps(proof.to_data(), indent=1)
