"""The VM as data, and virtme-ng's command line for it. Pure: nothing is looked up here."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.vm.debian import Kernel

STDERR: Final = "labkit.stderr"  # the port for the command's stderr: virtme-ng's own goes with the console
VALUES: Final = "opt/labkit/values"  # where the guest finds what it is to do (qemu's fw_cfg)
GUEST: Final = "10.0.2.15"  # its address in qemu's own network; vm/guest.sh has it too
SCRATCH: Final = (Path("/etc"), Path("/tmp"), Path("/var"))  # noqa: S108 - can be written to in the guest; it is gone with it


@dataclass(frozen=True)
class Plan:
    """One VM. `memory` in MB; `scratch`: folders that can be written to and forget it; `shared`: those that are this machine's own;
    `cached`: tag and folder of what stays as it is meanwhile; `port`: of this machine's loopback, led into the VM (0: none).
    """

    kernel: Kernel
    virtme: Path
    script: Path
    memory: int
    processors: int
    kvm: bool
    scratch: tuple[Path, ...]
    shared: tuple[Path, ...]
    cached: tuple[tuple[str, Path], ...]
    port: int = 0


def plan_command(plan: Plan, stderr: int, values: int) -> list[str]:
    """virtme-run's words; `stderr`, `values`: descriptors that it has. qemu is started by vm/qemu, so that it ends with virtme-run, and virtme-run ends with us."""
    words = [
        "setpriv", "--pdeathsig", "TERM", sys.executable, "-P", str(plan.virtme / "bin" / "virtme-run"),
        "--name", "labkit", "--user", "root", "--kimg", str(plan.kernel.image), "--mods", "auto",
        "--busybox", str(plan.kernel.folder / "bin" / "busybox"), "--qemu-bin", str(plan.script.with_name("qemu")),
        "--force-9p", "--memory", f"{plan.memory}M", "--cpus", str(plan.processors), "--show-boot-console",
        "--kopt", "loglevel=7",
    ]  # fmt: skip
    words += [] if plan.kvm else ["--disable-kvm"]
    words += [f"--overlay-rwdir={folder}" for folder in plan.scratch]
    words += [f"--rwdir={folder}" for folder in plan.shared]
    words += ["--script-sh", render_script(plan), "--qemu-opts", *plan_devices(plan, stderr, values)]
    return words


def render_script(plan: Plan) -> str:
    """The one line that virtme-ng has the guest run; short, for it becomes a word of the kernel's (2,048 bytes in all)."""
    return f"bash {quote(plan.script)} {quote(plan.kernel.folder)}"


def quote(path: Path) -> str:
    """For the shell."""
    return "'" + str(path).replace("'", "'\\''") + "'"


def plan_devices(plan: Plan, stderr: int, values: int) -> list[str]:
    """qemu's words for what virtme-ng knows nothing of."""
    words = ["-fw_cfg", f"name={VALUES},file=/proc/self/fd/{values}"]
    words += ["-chardev", f"file,id=command,path=/proc/self/fd/{stderr}", "-device", "virtio-serial-pci"]
    words += ["-device", f"virtserialport,name={STDERR},chardev=command"]
    for tag, folder in plan.cached:
        path = escape(folder)
        words += ["-fsdev", f"local,id={tag},path={path},security_model=none,readonly=on,multidevs=remap"]
        words += ["-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
    return words + (plan_network(plan.port) if plan.port else [])


def plan_network(port: int) -> list[str]:
    """One way in, from this machine's loopback only, and none out (`restrict`)."""
    forward = f"hostfwd=tcp:127.0.0.1:{port}-{GUEST}:{port}"
    return ["-netdev", f"user,id=port,restrict=on,{forward}", "-device", "virtio-net-pci,netdev=port"]


def escape(path: Path) -> str:
    """A comma ends a value in qemu's options; doubled it stands for itself."""
    return str(path).replace(",", ",,")
