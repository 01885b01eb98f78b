"""What runs inside a world, as the learner: a folder a program.

`COMMANDS`: the commands that every machine of a lab has, each with the function that is its `main() -> int | None`.
start/programs.py makes the programs of them.
"""

from __future__ import annotations

COMMANDS = {
    "agnhost": "labkit.agents.agnhost.command:main",
    "calico": "labkit.agents.calico.plugin:main",
    "calico-ipam": "labkit.agents.calico.ipam_plugin:main",
    "calico-node": "labkit.agents.calico.node:main",
    "calicoctl": "labkit.agents.calico.ctl.command:main",
    "check-status": "labkit.agents.calico.controllers.health:main",
    "calico-install": "labkit.agents.calico.install:main",
    "daemon": "labkit.agents.daemon.command:main",
    "flannel": "labkit.agents.flannel.plugin:main",
    "flanneld": "labkit.agents.flannel.agent:main",
    "ipip": "labkit.agents.ipip.agent:main",
    "kube-controllers": "labkit.agents.calico.controllers.agent:main",
    "kubelet": "labkit.agents.kubelet.agent:main",
    "weave": "labkit.agents.weave.command:main",
    "weave-net": "labkit.agents.weave.plugin:main",
}
