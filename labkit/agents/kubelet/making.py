"""What a container is made from: its words, variables, mounts. All of it blocks, and so runs in a thread."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from labkit.agents.containers.client import ContainerError
from labkit.agents.containers.spec import Life, Mount, Spec
from labkit.agents.kubelet.environment import expand, plan_environment, plan_service_variables
from labkit.agents.kubelet.ground import Ground, insist
from labkit.agents.kubelet.images import Image, find_image
from labkit.agents.kubelet.names import plan_domain, plan_hostname, plan_resolver, render_host_hosts, render_hosts
from labkit.agents.kubelet.record import Kept, find_logs, list_kept
from labkit.agents.kubelet.sandbox import Sandbox, add_sandbox, del_orphans, plan_name, write_files
from labkit.agents.kubelet.status import MAIN, Box
from labkit.agents.kubelet.volumes import Sources, ensure_volumes, plan_mounts, write_image_files
from labkit.errors import LabkitError

_LIFE: Final = 3600  # seconds of a token, where none is said
_SCALE: Final = 0.8  # of its life, after which there is a new one


class Maker:
    """For one pod."""

    def __init__(self, ground: Ground, kept: Kept) -> None:
        self._ground = ground
        self._kept = kept
        self._tokens: dict[str, tuple[float, str]] = {}

    @property
    def _pod(self) -> Mapping[str, Any]:
        return self._kept.pod

    @property
    def _namespace(self) -> str:
        return str(self._pod["metadata"]["namespace"])

    def find_container(self, name: str) -> Mapping[str, Any]:
        """Of the pod's spec."""
        spec = self._pod["spec"]
        return next(each for each in (*(spec.get("initContainers") or ()), *spec["containers"]) if each["name"] == name)

    def reference(self, box: Box | None = None) -> dict[str, Any]:
        """What events are about: the pod, or one of its containers."""
        metadata = self._pod["metadata"]
        about = {key: metadata[key] for key in ("name", "namespace", "uid")} | {"kind": "Pod"}
        if box:
            about["fieldPath"] = f"spec.{'containers' if box.role == MAIN else 'initContainers'}{{{box.name}}}"
        return about

    def ensure_volumes(self) -> dict[str, str]:
        """Name -> path; files are brought up to date. Raises VolumeError, KubeError."""
        read = lambda kind, name: self._ground.read_files(self._namespace, kind, name)  # noqa: E731
        return ensure_volumes(self._pod, f"{self._kept.folder}/volumes", Sources(read, self._read_token))

    def _read_token(self, wanted: Mapping[str, Any]) -> str:
        """Of the pod's service account, a new one when most of the last one's life is over."""
        import time

        key, now = f"{wanted.get('audience')} {wanted['path']}", time.monotonic()
        if key in self._tokens and self._tokens[key][0] > now:
            return self._tokens[key][1]
        seconds, metadata = int(wanted.get("expirationSeconds") or _LIFE), self._pod["metadata"]
        bound = {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"], "uid": metadata["uid"]}
        spec = {
            "expirationSeconds": seconds,
            "boundObjectRef": bound,
            "audiences": [wanted["audience"]] if wanted.get("audience") else [],
        }
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        account = self._pod["spec"].get("serviceAccountName") or "default"
        token = insist(self._ground.api.create_below, "ServiceAccount", account, "token", request, self._namespace)[
            "status"
        ]["token"]
        self._tokens[key] = (now + _SCALE * seconds, token)
        return str(token)

    def start(self, box: Box, volumes: Mapping[str, str]) -> Life:
        """A new run of a container, with its events. Raises ConfigError, ContainerError, KubeError."""
        image = find_image(box.image)
        assert image
        container = self.find_container(box.name)
        self._say_pulled(box, container, image)
        spec = self._plan_spec(box, container, image, volumes)
        box.id = spec.id
        self._ground.record(self.reference(box), "Created", "Container created")
        try:
            life = self._ground.containers.start(spec)
        except ContainerError:
            shutil.rmtree(spec.folder, ignore_errors=True)
            raise
        self._ground.record(self.reference(box), "Started", "Container started")
        self._forget_old(box)
        return life

    def _forget_old(self, box: Box) -> None:
        if box.former:
            try:
                self._ground.containers.forget(box.former)
            except LabkitError:
                return

    def _say_pulled(self, box: Box, container: Mapping[str, Any], image: Image) -> None:
        if container.get("imagePullPolicy") == "Always":
            self._ground.record(self.reference(box), "Pulling", f'Pulling image "{box.image}"')
            said = f'Successfully pulled image "{box.image}" in 1ms (1ms including waiting). Image size: {image.size} bytes.'
        else:
            said = f'Container image "{box.image}" already present on machine and can be accessed by the pod'
        self._ground.record(self.reference(box), "Pulled", said)

    def _plan_spec(self, box: Box, container: Mapping[str, Any], image: Image, volumes: Mapping[str, str]) -> Spec:
        name = secrets.token_hex(32)
        folder = f"{self._kept.folder}/containers/{name}"
        environment = self._plan_environment(container, image)
        argv = tuple(expand(word, environment) for word in image.plan_argv(container))
        mounts = self._plan_mounts(container, volumes)
        mounts = [*write_image_files(folder, image.files, mounts), *mounts]
        sandbox, node = self._kept.sandbox, self._ground.settings.node
        return Spec(
            name, argv, environment, folder, f"{find_logs(self._pod)}/{box.name}/{box.restarts}.log",
            netns=sandbox.path if sandbox else "", hostname=plan_hostname(self._pod, node) if sandbox else "",
            cwd=container.get("workingDir") or "/", mounts=tuple(mounts),
            terminal=bool(container.get("tty")), stdin=bool(container.get("stdin")),
        )  # fmt: skip

    def _plan_environment(self, container: Mapping[str, Any], image: Image) -> dict[str, str]:
        links = self._pod["spec"].get("enableServiceLinks", True)
        services = plan_service_variables(list(self._ground.services.values()), self._namespace, links=links)
        read = lambda kind, name: self._ground.read_text(self._namespace, kind, name)  # noqa: E731
        own = plan_environment(container, self._with_addresses(), services, read)
        first = {
            "PATH": os.environ["PATH"],
            "HOSTNAME": plan_hostname(self._pod, self._ground.settings.node),
            "HOME": "/root",
        }
        return first | ({"TERM": "xterm"} if container.get("tty") else {}) | dict(image.environment) | own

    def _with_addresses(self) -> dict[str, Any]:
        host = self._ground.settings.address
        addresses = self._kept.sandbox.addresses if self._kept.sandbox else (host,)
        status = {
            "hostIP": host,
            "hostIPs": [{"ip": host}],
            "podIP": addresses[0] if addresses else "",
            "podIPs": [{"ip": each} for each in addresses],
        }
        return {**self._pod, "status": status}

    def _plan_mounts(self, container: Mapping[str, Any], volumes: Mapping[str, str]) -> list[Mount]:
        """The container's volumes, and the three files that kubelet makes."""
        own = plan_mounts(container, self._pod, volumes)
        targets = {mount.target for mount in own}
        return own + [Mount(path, target) for target, path in self._write_files().items() if target not in targets]

    def add_sandbox(self) -> Sandbox:
        """The pod's network; its machine has the names that its containers have. Raises LabkitError."""
        texts = self._render_files(())
        known = {kept.sandbox.id for kept in list_kept().values() if kept.sandbox}
        del_orphans(plan_name(self._pod), self._ground.runtime, known)
        sandbox = add_sandbox(self._pod, self._ground.runtime, texts)
        write_files(sandbox.name, self._render_files(sandbox.addresses))
        return sandbox

    def _render_files(self, addresses: Sequence[str]) -> dict[str, str]:
        """hosts and resolv.conf of a pod with a network of its own."""
        pod, settings = self._pod, self._ground.settings
        hostname, aliases = plan_hostname(pod, settings.node), pod["spec"].get("hostAliases") or ()
        return {
            "hosts": render_hosts(addresses, hostname, plan_domain(pod, settings), aliases),
            "resolv.conf": self._render_resolver(),
        }

    def _render_resolver(self) -> str:
        host = Path(self._ground.settings.resolv_conf)
        text = host.read_text(encoding="utf-8") if host.exists() else ""
        return plan_resolver(self._pod, self._ground.settings, text).render()

    def _write_files(self) -> dict[str, str]:
        pod, settings, sandbox = self._pod, self._ground.settings, self._kept.sandbox
        hostname = plan_hostname(pod, settings.node)
        aliases = pod["spec"].get("hostAliases") or ()
        if sandbox:
            texts = self._render_files(sandbox.addresses)
        else:
            hosts = render_host_hosts(Path("/etc/hosts").read_text(encoding="utf-8"), aliases)
            texts = {"hosts": hosts, "resolv.conf": self._render_resolver()}
        texts["hostname"] = f"{hostname}\n"
        folder = Path(self._kept.folder, "etc")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        return {f"/etc/{name}": str(folder / name) for name in texts}
