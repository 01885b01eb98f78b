"""Images: a table of this machine's programs. An image that is not in it can't be pulled, as one that no registry has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.kubelet.image_files import CALICO, FLEXVOL, LAUNCH, NGINX, PLUGIN, SITE, TYPES, UDS, WELCOME

_TAG: Final = re.compile(r"[\w][\w.\-]{0,127}")


@dataclass(frozen=True)
class Image:
    """`entrypoint` and `command` as an image's; `files`: path -> text, the container's own copies."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    size: int = 4_000_000

    def plan_argv(self, container: Mapping[str, Any]) -> tuple[str, ...]:
        """What is run: the container's command in the place of the entrypoint, its args in the place of the image's."""
        command, args = container.get("command"), container.get("args")
        if command:
            return (*command, *(args or ()))
        return (*self.entrypoint, *(args or self.command))


_SHELL: Final = Image(command=("sh",))
_WEB: Final = Image(
    command=("nginx", "-e", "stderr", "-g", "daemon off;"),
    files={
        "/etc/nginx/nginx.conf": NGINX, "/etc/nginx/conf.d/default.conf": SITE, "/etc/nginx/mime.types": TYPES,
        "/usr/share/nginx/html/index.html": WELCOME,
    },
    size=60_000_000,
)  # fmt: skip
_WAIT: Final = Image(command=("sleep", "infinity"))

IMAGES: Final[Mapping[str, Image]] = {
    "nginx": _WEB,
    "nginx-unprivileged": _WEB,
    "busybox": _SHELL,
    "alpine": _SHELL,
    "debian": Image(command=("bash",)),
    "ubuntu": Image(command=("bash",)),
    "netshoot": Image(command=("bash",)),
    "network-multitool": _WEB,
    "jessie-dnsutils": _WAIT,
    "dnsutils": _WAIT,
    "curl": Image(entrypoint=("curl",)),
    "iperf3": Image(entrypoint=("iperf3",), command=("-s",)),
    "agnhost": Image(entrypoint=("agnhost",), command=("pause",)),
    "pause": _WAIT,
    "kube-proxy": Image(command=("kube-proxy",)),
    "coredns": Image(entrypoint=("coredns",)),
    "kubectl": Image(entrypoint=("kubectl",)),
    "flannel": Image(entrypoint=("flanneld",)),
    "flannel-cni-plugin": Image(files={"/flannel": PLUGIN}),
    "calico/cni": Image(files=CALICO),
    "calico/node": Image(entrypoint=("calico-node", "-services")),
    "calico/kube-controllers": Image(entrypoint=("kube-controllers",)),
    "calico/pod2daemon-flexvol": Image(
        entrypoint=("/opt/flexvol.sh",), files={"/opt/flexvol.sh": FLEXVOL, "/opt/uds": UDS}
    ),
    "weave-kube": Image(command=("/home/weave/launch.sh",), files={"/home/weave/launch.sh": LAUNCH}),
    "weave-npc": _WAIT,
}


def parse_name(image: str) -> tuple[str, str]:
    """The whole name (registry, path, tag or digest) and its last part without tag, by which the table has it."""
    name, digest = image.partition("@")[::2]
    repository, tag = name, ""
    if ":" in name.rsplit("/", 1)[-1]:
        repository, tag = name.rsplit(":", 1)
    first = repository.split("/")[0]
    if "/" not in repository:
        repository = f"docker.io/library/{repository}"
    elif "." not in first and ":" not in first and first != "localhost":
        repository = f"docker.io/{repository}"
    whole = f"{repository}@{digest}" if digest else f"{repository}:{tag or 'latest'}"
    return whole, repository.rsplit("/", 1)[-1]


def is_valid(image: str) -> bool:
    """Whether it can be an image's name at all; else Kubernetes says InvalidImageName."""
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    name = image.partition("@")[0]
    name = name.rsplit(":", 1)[0] if ":" in name.rsplit("/", 1)[-1] else name
    return (
        bool(name)
        and name == name.lower()
        and not re.search(r"[^a-z0-9._/:\-]", name)
        and (not tag or "@" in image or bool(_TAG.fullmatch(tag)))
    )


def find_image(image: str) -> Image | None:
    """By its last name, or its last two. None: no registry has it."""
    whole, name = parse_name(image)
    return IMAGES.get(f"{whole.split('/')[-2]}/{name}") or IMAGES.get(name)


def render_pull_error(image: str) -> str:
    """What containerd says."""
    whole, _ = parse_name(image)
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{whole}": '
        f'failed to resolve reference "{whole}": {whole}: not found'
    )
