"""The CNI runtime: what containerd and libcni do with a network configuration (specification 1.1.0, section 3)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

from labkit.cni import cache
from labkit.cni.attachment import BIN, Attachment, plan_stdin
from labkit.cni.conf import FOLDER, VERSIONS, Network, choose_conf, parse_conf
from labkit.cni.errors import DECODE_FAILURE, INCOMPATIBLE_VERSION, CniError
from labkit.cni.plugin import Node, Tell, call_plugin

NEWEST: Final = VERSIONS[-1]


class Runtime:
    """ADD, DEL, CHECK, GC, STATUS and VERSION on one node. `tell` is given every call as it happened."""

    def __init__(self, node: Node, tell: Tell = lambda _: None) -> None:
        self._node = node
        self._tell: Tell = tell

    def read_network(self) -> Network:
        """The network that new pods of this node get: the first conf in /etc/cni/net.d."""
        names = self._node.run(["ls", FOLDER]).stdout.split("\n")
        file = choose_conf(names)
        return parse_conf(self._node.run(["cat", f"{FOLDER}/{file}"]).stdout, file=file)

    def add(self, network: Network, attachment: Attachment) -> Mapping[str, Any]:
        """Run the chain in order, each plugin with the result before it; the last result counts and is kept.

        When a plugin fails, DEL is called for all of them before the error is raised.
        """
        result: Any = None
        try:
            for plugin in network.plugins:
                result = _require(self._call("ADD", network, plugin, attachment, result), plugin["type"])
            cache.write_cached(self._node, network, attachment, result)
        except CniError:
            with contextlib.suppress(CniError):  # the first error is the one that explains
                self.delete(network, attachment)
            raise
        return dict(result)

    def delete(self, network: Network, attachment: Attachment) -> None:
        """Run the chain backwards with the kept result. Safe to repeat, also when nothing was ever added.

        Goes on after an error, so that as much as possible is cleaned up, and raises the first one at the end.
        """
        kept = cache.read_cached(self._node, network.name, attachment)
        previous = kept.result if kept and network.is_at_least("0.4.0") else None
        attachment = kept.attachment if kept else attachment  # with the capabilities that ADD had
        failures = []
        for plugin in reversed(network.plugins):
            try:
                self._call("DEL", network, plugin, attachment, previous)
            except CniError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        cache.remove_cached(self._node, network.name, attachment)

    def check(self, network: Network, attachment: Attachment) -> None:
        """Ask every plugin whether what it made is still there. Raises CniError with what is missing."""
        if not network.is_at_least("0.4.0"):
            raise CniError(
                f"network {network.name}: configuration version {network.version} does not support CHECK",
                code=INCOMPATIBLE_VERSION, hint="CHECK came with cniVersion 0.4.0",
            )  # fmt: skip
        if network.disable_check:
            return
        kept = cache.read_cached(self._node, network.name, attachment)
        if kept is None:
            raise CniError(f"{attachment.container} has no kept result in network {network.name}", hint="ADD it first")
        for plugin in network.plugins:
            self._call("CHECK", network, plugin, attachment, kept.result)

    def collect_garbage(self, network: Network, valid: list[Attachment]) -> None:
        """DEL what the node remembers and `valid` does not name, then (from 1.1.0 on) GC of every plugin."""
        if network.disable_gc:
            return
        keys = {(each.container, each.link) for each in valid}
        for kept in cache.list_cached(self._node):
            if kept.network == network.name and (kept.attachment.container, kept.attachment.link) not in keys:
                self.delete(network, kept.attachment)
        if not network.is_at_least("1.1.0"):
            return
        named = [{"containerID": each.container, "ifname": each.link} for each in valid]
        failures = []
        for plugin in network.plugins:
            config = plan_stdin(network, plugin, {}) | {"cni.dev/valid-attachments": named}
            try:
                self._run("GC", plugin["type"], config)
            except CniError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def read_status(self, network: Network) -> None:
        """Ask every plugin whether it can serve ADD now; before 1.1.0 there is no such question. Raises CniError (50, 51)."""
        for plugin in network.plugins if network.is_at_least("1.1.0") else ():
            self._run("STATUS", plugin["type"], plan_stdin(network, plugin, {}))

    def read_versions(self, plugin: str) -> tuple[str, ...]:
        """The versions that a plugin speaks."""
        answer = self._run("VERSION", plugin, {"cniVersion": NEWEST})
        versions = answer.get("supportedVersions") if isinstance(answer, dict) else None
        if not isinstance(versions, list) or not all(isinstance(each, str) for each in versions):
            raise CniError(f"{plugin} VERSION on {self._node.name} gave {json.dumps(answer)[:200]}")
        return tuple(versions)

    def _call(
        self, command: str, network: Network, plugin: Mapping[str, Any], attachment: Attachment, previous: Any
    ) -> Any:
        config = plan_stdin(network, plugin, attachment.capabilities, previous)
        return call_plugin(self._node, plugin["type"], attachment.plan_environment(command), config, self._tell)

    def _run(self, command: str, plugin: str, config: Any) -> Any:
        environment = {"CNI_COMMAND": command, "CNI_PATH": BIN}
        return call_plugin(self._node, plugin, environment, config, self._tell)


def _require(result: Any, plugin: str) -> Any:
    if result is None:
        raise CniError(f"{plugin} ADD succeeded without a result", code=DECODE_FAILURE)
    return result
