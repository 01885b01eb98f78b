"""A pod of a check's own, plugged in as the node's container runtime would do it, and gone afterwards."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.check.verdict import Failed, expect
from labkit.check.view import View
from labkit.cni import Attachment, CniError, Network, Runtime


@dataclass(frozen=True)
class Plugged:
    """The pod's name, its first address, and the name of the network that the node's conf puts it into."""

    name: str
    address: str
    network: str


@contextlib.contextmanager
def plug_in_pod(view: View, node: str, *, capabilities: Mapping[str, Any] | None = None) -> Iterator[Plugged]:
    """ADD by the conf that the node takes, DEL at the end. The check is red when a plugin says no, or gives no address."""
    name = f"check-{secrets.token_hex(4)}"
    runtime = Runtime(view.machine(node).behind)
    attachment = Attachment(secrets.token_hex(16), f"/run/netns/{name}", capabilities=capabilities or {})
    with view.add_pod(node, name):
        network, result = _add(runtime, attachment, node)
        try:
            addresses = [str(each["address"]).partition("/")[0] for each in result.get("ips", [])]
            expect(addresses, expected=f"an address for a new pod on {node}", observed="the plugins gave it none")
            yield Plugged(name, addresses[0], network.name)
        finally:
            runtime.delete(network, attachment)


def _add(runtime: Runtime, attachment: Attachment, node: str) -> tuple[Network, Mapping[str, Any]]:
    try:
        network = runtime.read_network()
        return network, runtime.add(network, attachment)
    except CniError as error:
        raise Failed(expected=f"{node} plugs in a new pod", observed=error.message) from error
