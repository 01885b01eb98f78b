"""etcd: the cluster's store, for the API server of the same machine alone (plain HTTP on the loopback link).

It does not wait for the disk (--unsafe-no-fsync): a machine's files are memory, and killing etcd loses nothing that it had written.
Values: `data`, its folder; `memory`, from which Go tidies up more often (MiB).
"""

from __future__ import annotations

from typing import Final

from labkit.daemons.daemon import Answers, Daemon, Program, Wish, limit_memory, plan_argv

CLIENTS: Final = "http://127.0.0.1:2379"
_PEERS: Final = "http://127.0.0.1:2380"
_METRICS: Final = 2381


def plan_daemon(wish: Wish) -> Daemon:
    """A cluster of one."""
    options = {
        "name": "control",
        "data-dir": wish.values["data"],
        "listen-client-urls": CLIENTS,
        "advertise-client-urls": CLIENTS,
        "listen-peer-urls": _PEERS,
        "initial-advertise-peer-urls": _PEERS,
        "initial-cluster": f"control={_PEERS}",
        "listen-metrics-urls": f"http://127.0.0.1:{_METRICS}",
        "unsafe-no-fsync": "true",
        "heartbeat-interval": 50,  # milliseconds; it elects itself, after 250 of them, not 1,000
        "election-timeout": 250,
        "log-level": "warn",
    }
    argv = plan_argv("etcd", options, wish)
    environment = limit_memory(wish.values["memory"])
    return Daemon(wish.name, argv, Answers(_METRICS, "/readyz", tls=False), environment=environment, seconds=20)


PROGRAM = Program(plan_daemon, {"data": "/var/lib/etcd", "memory": 40})
