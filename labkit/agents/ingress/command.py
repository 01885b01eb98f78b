"""The command: `nginx-ingress-controller --ingress-class=nginx`, in a pod of the Deployment ingress-nginx-controller."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import Final

from labkit.agents.ingress.admission import start_webhook
from labkit.agents.ingress.classes import CONTROLLER
from labkit.agents.ingress.controller import Controller
from labkit.agents.ingress.health import start_health
from labkit.agents.ingress.klog import say, say_structured
from labkit.agents.ingress.watching import Settings
from labkit.errors import LabkitError
from labkit.kube import open_api

_STANDS_IN: Final = (
    "this is labkit's controller in the place of ingress-nginx 1.5.1: nginx is Debian's, without the real one's Lua modules, so every Service "
    "has an upstream of its own in nginx.conf and each change of its pods is a reload, which the real one's Lua balancer does without"
)
_BANNER: Final = """-------------------------------------------------------------------------------
NGINX Ingress controller
  Release:       v1.5.1
  Repository:    https://github.com/kubernetes/ingress-nginx (retired in March 2026)

-------------------------------------------------------------------------------
"""
_SHUTDOWN: Final = 240.0  # seconds, nginx's worker_shutdown_timeout


def main() -> int:
    """Options as the real one's; those that have no meaning here are taken and not used. Runs until SIGTERM."""
    parser = argparse.ArgumentParser(prog="nginx-ingress-controller", description="Serves Ingresses with nginx.")
    parser.add_argument("--controller-class", default=CONTROLLER, help="what an IngressClass has to name")
    parser.add_argument("--ingress-class", default="nginx", help="what the old annotation says for this controller")
    parser.add_argument("--healthz-port", type=int, default=10254)
    parser.add_argument(
        "--validating-webhook", default="", metavar=":PORT", help="where the API server asks; nowhere without it"
    )
    parser.add_argument("--validating-webhook-certificate", default="", metavar="FILE")
    parser.add_argument("--validating-webhook-key", default="", metavar="FILE")
    parser.add_argument("--kubeconfig", default="", help="instead of a pod's service account")
    said, _ = parser.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    say("command.py:1", _STANDS_IN)
    print(_BANNER, flush=True)
    try:
        return _run(said)
    except (LabkitError, OSError) as error:
        say("main.go:176", str(error), "F")
        return 1


def _run(said: argparse.Namespace) -> int:
    api = open_api(said.kubeconfig)
    pod = api.get("Pod", os.environ["POD_NAME"], os.environ["POD_NAMESPACE"])
    controller = Controller(api, Settings(said.controller_class, said.ingress_class), pod)
    controller.prepare()
    say_structured("nginx.go:260", "Starting NGINX Ingress controller")
    if said.validating_webhook:
        port = int(said.validating_webhook.rpartition(":")[2])
        start_webhook(port, said.validating_webhook_certificate, said.validating_webhook_key, controller.check)
    start_health(said.healthz_port, lambda: controller.nginx.runs)
    try:
        controller.serve()
    finally:
        say_structured("nginx.go:395", "Stopping NGINX process")
        controller.nginx.stop(_SHUTDOWN)
    return 0
