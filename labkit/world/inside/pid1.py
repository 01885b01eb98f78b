"""PID 1 of a world: small, single-threaded, standard library only.

It holds machines, runs commands in them and hands out sockets opened in them. It knows nothing of rtnetlink, packets or Kubernetes.
It ends when told to, when its owner ends, when its starter goes before saying "keep", or when nobody was attached for the lease.
With it the kernel ends everything in the world.
"""

from __future__ import annotations

import os
import selectors
import socket
from typing import Any, Final

from labkit.world import kernel
from labkit.world.inside import enclosure, maker, seccomp, skeleton
from labkit.world.inside.drains import Drains
from labkit.world.inside.jobs import Jobs
from labkit.world.inside.journal import Journal
from labkit.world.inside.loop import Loop
from labkit.world.inside.outer import drop_to_world_uid
from labkit.world.inside.registry import Registry
from labkit.world.inside.requests import Requests
from labkit.world.inside.stages import stage

# capabilities(7): what PID 1 and the judge's programs need of namespaces, and nothing that is about files
_KEPT: Final = (
    5,  # KILL
    10,  # NET_BIND_SERVICE
    12,  # NET_ADMIN
    13,  # NET_RAW
    18,  # SYS_CHROOT: to enter a mount namespace
    19,  # SYS_PTRACE: to read whose namespace a process is in
    21,  # SYS_ADMIN
)


def run(spec: dict[str, Any], descriptors: list[int], client: socket.socket, listener: socket.socket) -> None:
    """Become the world that `spec` describes and serve it until its end. Never returns."""
    host_pid = int(os.readlink("/proc/self"))  # noqa: PTH115 - /proc is still the host's
    owner = descriptors.pop(0) if spec.get("owner") else None
    journal = Journal(descriptors.pop(0) if spec.get("journal") else None)
    work, outfit = spec["work"], spec["outfit"]
    visible = enclosure.Visible(
        spec["package"], spec["site"], work, spec["work_tree"], outfit["programs"], outfit["own"],
        outfit["binaries"],
    )  # fmt: skip
    with stage("file tree"):
        enclosure.enter_private_root(visible, drop_to_world_uid)
    with stage("system-call filter"):
        seccomp.ensure_filter()
    with stage("inner user namespace"):
        inner = maker.make_inner()
    with stage("first machine"):
        skeleton.write_skeleton("judge", {}, skeleton.Skeleton())  # in PID 1's mount namespace only
        _hide()
        registry = Registry(inner, skeleton.plan_skeleton(outfit, work.path if work else None))
        registry.add_switches(open_=outfit["open_switches"])
        _give_up_rights()
    selector = selectors.EpollSelector()
    jobs = Jobs(inner, spec["limits"])
    requests = Requests(registry, jobs, spec | {"pid": host_pid}, journal, Drains(selector).add)
    loop = Loop(selector, requests, jobs, spec["lease"])
    _close_standard()
    try:
        loop.serve(client, listener, owner)
    except BaseException as error:  # noqa: BLE001 - whatever it is: PID 1 does not end without a word
        loop.tell_end(error)
    finally:
        os._exit(0)


def _hide() -> None:
    """Nobody inside may look into this process, nor into a child of it that has not entered the inner namespace."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.set_name("labkit-world")


def _give_up_rights() -> None:
    """As root PID 1 and the judge's programs had root's rights over root's files, and over /sys: root is a uid of this namespace."""
    kernel.make_read_only("/sys")
    kernel.keep_capabilities(_KEPT)


def _close_standard() -> None:
    """What went wrong until here was said on standard error, which the starter reads; later faults go into the journal."""
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
