"""Every lab's checks are proven: `labkit prove`; and what is kept beside the lab is what comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.lab.folders import find_lab, list_labs
from labkit.proof.prove import prove
from labkit.proof.record import FILE, read_record, render_record
from labkit.show.proof import render_proof


@pytest.mark.slow
@pytest.mark.timeout(1800)  # some hundred checks of a lab with a cluster, on a busy computer
@pytest.mark.parametrize("lab", list_labs())
def test_proven(lab: str) -> None:
    proof = prove(lab)
    assert proof.ok, render_proof(proof)
    folder = find_lab(lab)
    kept, now = read_record(folder), json.loads(render_record(folder, proof))
    assert drop_timing(kept) == drop_timing(now), f"labkit prove {lab} writes {FILE}"


def drop_timing(record: dict[str, Any]) -> dict[str, Any]:
    """Without the checks that a fault turns red: which of several that depend on each other came first is the machine's affair."""
    faults = [{key: value for key, value in fault.items() if key != "breaks"} for fault in record["faults"]]
    return record | {"faults": faults}
