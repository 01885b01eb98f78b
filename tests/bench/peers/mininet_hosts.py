"""Hosts on a LinuxBridge by Mininet, in namespaces made for it: prints the seconds as JSON."""

from __future__ import annotations

import json
import sys
import time

if sys.version_info >= (3, 12):
    import setuptools  # noqa: F401 - mininet imports distutils, which only setuptools has since 3.12

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge


def main(hosts: int, gateway: str) -> None:
    setLogLevel("error")
    began = time.perf_counter()
    network = Mininet(controller=None, switch=LinuxBridge, build=False, ipBase="10.0.0.0/16")
    switch = network.addSwitch("s1")
    for number in range(1, hosts + 1):
        network.addLink(network.addHost(f"h{number}", defaultRoute=f"via {gateway}"), switch)
    network.start()
    built = time.perf_counter()
    network.stop()
    print(json.dumps({"build": built - began, "down": time.perf_counter() - built}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
