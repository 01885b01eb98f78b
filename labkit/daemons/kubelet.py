"""kubelet (labkit/agents/kubelet), this course's: ready when it serves port 10250, whether or not there is an API server.

Values: `kubeconfig`, and `node_ip`, the node's own first address if it is empty. Its arguments are kubelet's.
"""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Listens, Program, Wish

_PORT = 10250


def plan_daemon(wish: Wish) -> Daemon:
    """One a node."""
    address = [f"--node-ip={wish.values['node_ip']}"] if wish.values["node_ip"] else []
    argv = ("kubelet", f"--kubeconfig={wish.values['kubeconfig']}", *address, *wish.arguments)
    return Daemon(wish.name, argv, Listens(_PORT), pid_file="/run/kubelet/kubelet.pid")


PROGRAM = Program(plan_daemon, {"kubeconfig": "/etc/kubernetes/kubelet.conf", "node_ip": ""})
