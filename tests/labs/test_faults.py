"""Every fault of every lab in every right network: it turns a core check red, and taken back it leaves nothing.

A cluster's checks are dear: there the networks beside the reference share the faults out, unless --every-fault is said, and the reference, which meets
them all in the proof, has one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit import check
from labkit.check import Status
from labkit.check.breaking import put_in_and_look
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.harm import list_differences, take_back
from labkit.lab.lab import Lab
from labkit.lab.script import Fault, list_scripts
from labkit.lab.session import start_hidden_lab
from labkit.lab.whole import read_whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

RIGHT = [
    (lab, name)
    for lab in list_labs()
    for name in list_scripts(find_lab(lab), "solutions")
    if not name.startswith("wrong-")
]
OTHERS = {lab: [name for of, name in RIGHT if of == lab and name != "reference"] for lab in list_labs()}
# what a network has not got can't be broken in it: labkit break takes it back and puts another fault in
NOT_THERE = {
    ("00-start-here", "other-second-address"): {"wrong-mask"},  # the other address has the right one
    ("00-start-here", "other-single-address"): {"wrong-mask"},  # a route says who is on the cable
    ("01-switching", "other-cascade"): {
        "learning-off"
    },  # the second switch knows where the host is, and passes nothing on
    ("09-calico-ipam", "other-own-address"): {"no-default-route"},  # its gateway answers without proxy ARP
    ("11-calico-ipip", "other-static"): {"wrong-subnet"},  # its routes do not ask for the subnet
    ("11-calico-ipip", "other-typed"): {"wrong-subnet", "bird-stopped", "not-in-kernel"},  # its routes are not BIRD's
    ("15-policy", "other-one-each"): {"namespace-unlabelled"},  # it knows the namespace by its name
    ("16-ingress", "other-gateway"): {"class-unserved", "wrong-host", "exact-path", "wrong-service-port"},  # no Ingress
    ("07-flannel", "other-replication"): {"missing-neighbour"},  # neighbours are asked for, and asked for again
}


@pytest.mark.parametrize(("lab_name", "solution"), RIGHT)
def test_every_fault_breaks_every_right_network_and_leaves_nothing(
    lab_name: str, solution: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with start_hidden_lab(lab_name, f"faults-{lab_name[:2]}-{solution}", tmp_path / "journal") as lab:
        lab.apply(lab.read_script(solution).split()[0])
        before = read_whole(lab.world)
        told = {}
        for name, fault in choose(lab, solution, every=request.config.getoption("every_fault")).items():
            harm, red = put_in_and_look(lab, fault)
            take_back(lab.world, harm)
            left = [change.label for change in list_differences(lab.world, before)]
            expected = name not in NOT_THERE.get((lab_name, solution), ())
            told[name] = ("" if bool(red) is expected else f"red: {red}", left)
        assert {name: said for name, said in told.items() if said != ("", [])} == {}
        broken = check.run(lab).list_ids(Status.FAILED)
        assert set(broken) <= {"fault_repaired"} | {
            each.id for each in check.list_checks(lab.definition) if each.level == "more"
        }


def choose(lab: Lab, solution: str, *, every: bool) -> dict[str, Fault]:
    """Which faults this network meets."""
    faults, others = lab.read_faults(), OTHERS[lab.name]
    if every or lab.definition.cluster is None:
        return faults
    names = list(faults)
    chosen = names[:1] if solution == "reference" else names[others.index(solution) :: len(others)]
    return {name: faults[name] for name in chosen}
