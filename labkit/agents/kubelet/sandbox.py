"""A pod's network: a namespace in the node's /run/netns, plugged in by CNI; what containerd does for kubelet."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.cni.attachment import Attachment, plan_pod_args
from labkit.cni.conf import parse_conf, plan_loopback
from labkit.cni.errors import CniError
from labkit.cni.runtime import Runtime
from labkit.errors import CannotTell, LabkitError, WorldError
from labkit.net import Ran
from labkit.timing import scale
from labkit.world import run_program

FOLDER: Final = "/run/netns"
_UID: Final = "K8S_POD_UID"
# as the machines of a world have it: nothing but the course's own packets
_QUIET: Final = (
    "for each in net/ipv6/conf/all/disable_ipv6 net/ipv6/conf/default/disable_ipv6; do "
    "[ ! -e /proc/sys/$each ] || echo 1 >/proc/sys/$each; done; "
    "for each in all default; do echo 0 >/proc/sys/net/ipv4/conf/$each/rp_filter; done"
)


class Here:
    """This node, as the CNI runtime wants it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(
        self, command: str | Sequence[str], /, *, stdin: str = "", timeout: float | None = None, env: Mapping[str, str] | None = None
    ) -> Ran:  # fmt: skip
        """Here, with these variables besides its own. Raises CannotTell when it takes too long, WorldError."""
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
        try:
            return run_program(argv, stdin=stdin, timeout=timeout and scale(timeout), env={**os.environ, **(env or {})})
        except WorldError as error:
            if "timed out" in error.message:
                raise CannotTell(error.message) from error
            raise


@dataclass(frozen=True)
class Sandbox:
    """`name`: of the namespace; `addresses`: without their prefix lengths."""

    id: str
    name: str
    addresses: tuple[str, ...]

    @property
    def path(self) -> str:
        """Of its network namespace."""
        return f"{FOLDER}/{self.name}"


def plan_name(pod: Mapping[str, Any]) -> str:
    """A machine's name in this course: the pod's, with its namespace where that is not default."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    return str(name) if namespace == "default" else f"{name}.{namespace}"


def plan_capabilities(pod: Mapping[str, Any]) -> dict[str, Any]:
    """What goes to the plugins that say they can do it: host ports."""
    mappings = [
        {
            "hostPort": port["hostPort"], "containerPort": port["containerPort"],
            "protocol": port.get("protocol", "TCP").lower(), "hostIP": port.get("hostIP", ""),
        }
        for container in pod["spec"]["containers"] for port in container.get("ports") or () if port.get("hostPort")
    ]  # fmt: skip
    return {"portMappings": mappings} if mappings else {}


def write_files(name: str, files: Mapping[str, str]) -> None:
    """What the machine of this name shall have in /etc: where `ip netns exec` looks, and the course's own shells."""
    folder = Path("/etc/netns", name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")


def add_sandbox(pod: Mapping[str, Any], runtime: Runtime, files: Mapping[str, str]) -> Sandbox:
    """Make the namespace and ADD it to the node's network; nothing is left when that fails. `files`: of its /etc. Raises LabkitError."""
    network = runtime.read_network()
    name, container = plan_name(pod), secrets.token_hex(32)
    write_files(name, files)
    _run(["ip", "netns", "add", name])
    try:
        _run(["nsenter", f"--net={FOLDER}/{name}", "sh", "-c", _QUIET])
        args = plan_pod_args(pod["metadata"]["namespace"], pod["metadata"]["name"], container)
        args[_UID] = pod["metadata"]["uid"]
        loopback = Attachment(container, f"{FOLDER}/{name}", "lo", args)
        runtime.add(plan_loopback(), loopback)
        attachment = Attachment(container, f"{FOLDER}/{name}", "eth0", args, plan_capabilities(pod))
        result = runtime.add(network, attachment)
    except LabkitError:
        del_sandbox(Sandbox(container, name, ()), runtime)
        raise
    return Sandbox(container, name, find_addresses(result))


def del_orphans(name: str, runtime: Runtime, known: Collection[str]) -> None:
    """What a kubelet made for a pod of this name and was killed before it wrote that down. `known`: sandboxes' ids."""
    path = f"{FOLDER}/{name}"
    attachments = [kept.attachment for kept in runtime.list_kept()]
    made = {each.container for each in attachments if each.netns == path and _UID in each.args}
    for container in made.difference(known):
        del_sandbox(Sandbox(container, name, ()), runtime)


def find_addresses(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a CNI result of any version."""
    families = [result[family]["ip"] for family in ("ip4", "ip6") if family in result]
    listed = [each["address"] for each in result.get("ips") or ()]
    return tuple(address.partition("/")[0] for address in listed or families)


def del_sandbox(sandbox: Sandbox, runtime: Runtime) -> list[str]:
    """DEL from every network it is in, and take the namespace away, whatever goes wrong; what did."""
    trouble = []
    for kept in reversed(runtime.list_kept(sandbox.id)):
        for attempt in range(2):  # once more after an error, as kubelet does
            try:
                runtime.delete(parse_conf(kept.text), kept.attachment)
                break
            except CniError as error:
                if attempt:
                    trouble.append(error.message)
    if Path(sandbox.path).exists():
        done = run_program(["ip", "netns", "del", sandbox.name])
        if done.status:
            trouble.append(done.stderr.strip())
    shutil.rmtree(f"/etc/netns/{sandbox.name}", ignore_errors=True)
    return trouble


def _run(argv: Sequence[str]) -> None:
    done = run_program(argv)
    if done.status:
        raise WorldError(f"{' '.join(argv[:4])}: {done.stderr.strip()}", hint="ip netns")
