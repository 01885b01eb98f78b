"""The CNI runtime: what containerd and libcni do with a network configuration (specification 1.1.0, section 3)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from labkit.cni import cache
from labkit.cni.attachment import BIN, Attachment, plan_stdin
from labkit.cni.call import TIMEOUT, Caller, Node, Tell
from labkit.cni.conf import FOLDER, Network, choose_conf, parse_conf
from labkit.cni.errors import DECODE_FAILURE, INCOMPATIBLE_VERSION, UNKNOWN_CONTAINER, AlreadyAddedError, CniError
from labkit.cni.result import parse_result, plan_result
from labkit.errors import JsonError, LabkitError, parse_json

# every file with its text in one go: name, NUL, text, NUL
_READ: Final = (
    'cd "$1" && for f in * .[!.]*; do [ -d "$f" ] || { printf "%s\\0" "$f"; cat -- "$f"; printf "\\0"; }; done'
)


class Runtime:
    """ADD, DEL, CHECK and GC on one node.

    `tell` is given every call as it happened; each plugin has `timeout` seconds.
    """

    def __init__(self, node: Node, tell: Tell = lambda _: None, *, timeout: float = TIMEOUT) -> None:
        self._node = node
        self._caller = Caller(node, tell, timeout)

    def read_network(self) -> Network:
        """The network that new pods of this node get: the first conf in /etc/cni/net.d."""
        parts = self._node.run(["sh", "-c", _READ, "sh", FOLDER]).stdout.split("\0")
        texts = dict(zip(parts[::2], parts[1::2], strict=False))
        file = choose_conf(list(texts))
        return parse_conf(texts[file], file=file)

    def add(self, network: Network, attachment: Attachment) -> Mapping[str, Any]:
        """Run the chain in order, each plugin with the result before it; the last result counts and is kept.

        When a plugin fails, DEL is called for all of them before the error is raised. A second ADD without a DEL is refused.
        """
        environment = attachment.plan_environment("ADD")
        if not cache.reserve(self._node, network, attachment):
            raise AlreadyAddedError(
                f"container {attachment.container[:13]} has {attachment.link} in network {network.name} already, "
                "or an ADD of it was broken off",
                hint="the specification allows no second ADD without a DEL in between",
            )
        result: dict[str, Any] | None = None
        try:
            for plugin in network.plugins:
                config = plan_stdin(network, plugin, attachment.capabilities, result)
                said = self._caller.call(plugin["type"], environment, config)
                result = _parse_result(said, network, plugin["type"])
            cache.write_cached(self._node, network, attachment, result or {})
        except LabkitError:
            self._roll_back(network, attachment)
            raise
        return result or {}

    def _roll_back(self, network: Network, attachment: Attachment) -> None:
        """DEL of every plugin, even those that were not reached and those that refuse: the first error is the one that explains."""
        for plugin in reversed(network.plugins):
            with contextlib.suppress(LabkitError):
                self._del(network, plugin, attachment, None)
        with contextlib.suppress(LabkitError):
            cache.remove_cached(self._node, network.name, attachment)

    def delete(self, network: Network, attachment: Attachment) -> None:
        """Run the chain backwards with the kept result, up to the first error, which is raised.

        Safe to repeat, also when nothing was ever added; what is kept is forgotten when all plugins have succeeded.
        """
        kept = cache.read_cached(self._node, network.name, attachment)
        previous = kept.result if kept and network.is_at_least("0.4.0") else None
        attachment = kept.attachment if kept else attachment  # with the capabilities that ADD had
        for plugin in reversed(network.plugins):
            self._del(network, plugin, attachment, previous)
        cache.remove_cached(self._node, network.name, attachment)

    def _del(
        self, network: Network, plugin: Mapping[str, Any], attachment: Attachment, previous: Mapping[str, Any] | None
    ) -> None:
        result = plan_result(previous, network.version) if previous is not None else None
        config = plan_stdin(network, plugin, attachment.capabilities, result)
        try:
            self._caller.call(plugin["type"], attachment.plan_environment("DEL"), config)
        except CniError as error:
            if error.code != UNKNOWN_CONTAINER:  # it has nothing to clean up, the specification says
                raise

    def check(self, network: Network, attachment: Attachment) -> bool:
        """Ask every plugin whether what it made is still there. False when the conf forbids asking (disableCheck).

        Raises CniError with what is missing.
        """
        if not network.is_at_least("0.4.0"):
            raise CniError(
                f"network {network.name}: configuration version {network.version} does not support CHECK",
                code=INCOMPATIBLE_VERSION, hint="CHECK came with cniVersion 0.4.0",
            )  # fmt: skip
        if network.disable_check:
            return False
        kept = cache.read_cached(self._node, network.name, attachment)
        if kept is None or kept.result is None:
            raise CniError(
                f"container {attachment.container[:13]} has no kept result in network {network.name}",
                hint="ADD it first",
            )
        result = plan_result(kept.result, network.version)
        environment = kept.attachment.plan_environment("CHECK")
        for plugin in network.plugins:
            config = plan_stdin(network, plugin, kept.attachment.capabilities, result)
            self._caller.call(plugin["type"], environment, config)
        return True

    def remember(self, network: Network, attachment: Attachment) -> None:
        """Write down an attachment whose plugins somebody else is going to call: `list_kept` tells of it."""
        cache.reserve(self._node, network, attachment)

    def forget(self, network: Network, attachment: Attachment) -> None:
        """The opposite, when nothing is left of it."""
        cache.remove_cached(self._node, network.name, attachment)

    def sweep(self) -> None:
        """Remove half files of runtimes that were killed as they wrote."""
        cache.sweep(self._node)

    def list_kept(self, container: str = "") -> list[cache.Cached]:
        """What ADD made and no DEL has taken away, of one container or of all."""
        return cache.list_cached(self._node, container)

    def collect_garbage(self, network: Network, valid: Sequence[Attachment]) -> None:
        """DEL what the node remembers and `valid` does not name, then (from 1.1.0 on) GC of every plugin.

        Goes on after an error and raises the first one at the end; does nothing where the conf says disableGC.
        """
        if network.disable_gc:
            return
        keys = {(each.container, each.link) for each in valid}
        kept = [each.attachment for each in self.list_kept() if each.network == network.name]
        stale = [each for each in kept if (each.container, each.link) not in keys]
        named = [{"containerID": each.container, "ifname": each.link} for each in valid]
        asked = network.plugins if network.is_at_least("1.1.0") else ()
        _run_all(
            [
                *(lambda each=each: self.delete(network, each) for each in stale),
                *(lambda plugin=plugin: self._collect(network, plugin, named) for plugin in asked),
            ]
        )

    def _collect(self, network: Network, plugin: Mapping[str, Any], named: Sequence[Mapping[str, str]]) -> None:
        config = plan_stdin(network, plugin, {}) | {"cni.dev/valid-attachments": named}
        self._caller.call(plugin["type"], {"CNI_COMMAND": "GC", "CNI_PATH": BIN}, config)


def _parse_result(said: str, network: Network, plugin: str) -> dict[str, Any]:
    if not said.strip():
        raise CniError(f"{plugin} ADD succeeded without a result", code=DECODE_FAILURE)
    try:
        return parse_result(_parse_json(said, f"{plugin} ADD"), network.version)
    except ValueError as error:
        raise CniError(f"{plugin} ADD gave a result that can't be used: {error}", code=DECODE_FAILURE) from error


def _parse_json(said: str, what: str) -> Any:
    try:
        return parse_json(said, what)
    except JsonError as error:  # a learner's plugin may say anything
        raise CniError(f"{what} printed no JSON: {said[:200]!r}", code=DECODE_FAILURE) from error


def _run_all(steps: Iterable[Callable[[], None]]) -> None:
    """Every step, whatever the others do; the first error is raised at the end."""
    failures = []
    for step in steps:
        try:
            step()
        except CniError as error:
            failures.append(error)
    if failures:
        raise failures[0]
