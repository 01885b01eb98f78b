"""BIRD's three files: BIRD itself reads them, and they say what Calico's say."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest

from labkit.agents.calico.confd import BlockConf, NodeConf, Peer, PoolConf, plan_mesh, render_files

POOL = "10.233.64.0/18"
NODE = NodeConf(
    "playcekube-master01",
    "10.0.0.11/16",
    pools=(PoolConf(POOL, ipip="Always"),),
    blocks=(BlockConf("10.233.77.0/24"),),
    mesh=tuple(Peer(f"10.0.0.{number}") for number in (11, 12, 13, 21, 22)),
)
REFLECTOR = dataclasses.replace(
    NODE,
    mesh=None,
    cluster_id="244.0.0.1",
    global_peers=(Peer("10.0.0.1", 64513, port=1790, password="secret", restart=30, keep_next_hop=True),),
    node_peers=(Peer("10.0.0.12", client=True), Peer("10.0.0.13", source=False)),
)


def change_pool(**how: object) -> NodeConf:
    return dataclasses.replace(NODE, pools=(PoolConf(POOL, **how),))  # type: ignore[arg-type]


@pytest.mark.skipif(not shutil.which("bird"), reason="bird is missing: ./lab setup installs it (Debian: bird2)")
@pytest.mark.parametrize(
    "node",
    [
        NODE,
        REFLECTOR,
        change_pool(ipip="CrossSubnet"),
        change_pool(vxlan="Always", disable_export=True),
        dataclasses.replace(NODE, blocks=(), pools=(), mesh=()),
        dataclasses.replace(NODE, blocks=(BlockConf("10.233.77.1/32"), BlockConf("10.233.78.0/24", confirmed=False))),
    ],
    ids=["mesh", "reflector", "cross", "vxlan", "empty", "pending"],
)
def test_bird_can_read_them(node: NodeConf, tmp_path: Path) -> None:
    for name, text in render_files(node).items():
        (tmp_path / name).write_text(text)
    told = subprocess.run(["bird", "-p", "-c", "bird.cfg"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_only_the_higher_address_calls_and_heights_are_texts() -> None:
    """10.0.0.9 sorts behind 10.0.0.11, as Calico's templates compare."""
    told = plan_mesh("10.0.0.11", [Peer(f"10.0.0.{number}") for number in (9, 11, 12, 10)])
    assert {peer.address: peer.passive for peer in told} == {"10.0.0.9": True, "10.0.0.12": True, "10.0.0.10": False}


def test_a_pending_block_is_kept_and_not_told() -> None:
    text = render_files(dataclasses.replace(NODE, blocks=(BlockConf("10.233.78.0/24", confirmed=False),)))[
        "bird_aggr.cfg"
    ]
    assert "route 10.233.78.0/24 blackhole;" in text
    assert "net = " not in text


@pytest.mark.parametrize(
    ("how", "tunnels", "rejects"),
    [({"ipip": "Always"}, 1, 0), ({"ipip": "CrossSubnet"}, 1, 0), ({}, 0, 0), ({"vxlan": "Always"}, 0, 1)],
)
def test_the_kernel_gets_what_the_pools_mode_says(how: dict[str, str], tunnels: int, rejects: int) -> None:
    text = render_files(change_pool(**how))["bird_ipam.cfg"].partition("filter calico_kernel_programming")[2]
    assert (text.count('ifname = "tunl0"'), text.count("    reject;")) == (tunnels, rejects)
    assert ("bgp_next_hop ~ 10.0.0.0/16" in text) is (how.get("ipip") == "CrossSubnet")


def test_a_reflector_names_its_clients_and_no_mesh() -> None:
    text = render_files(REFLECTOR)["bird.cfg"]
    assert "# Node-to-node mesh disabled" in text
    assert "Mesh_" not in text
    assert text.count("rr client;") == 1
    assert "protocol bgp Global_10_0_0_1_port_1790 from bgp_template" in text
