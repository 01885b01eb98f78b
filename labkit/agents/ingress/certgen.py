"""The command `kube-webhook-certgen`: `create` makes the webhook's certificate, `patch` tells the API server whom to trust.

In the place of ingress-nginx's program of that name (images/kube-webhook-certgen), by two Jobs of its manifest.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import json
import sys
import threading
import time
from typing import Any, Final

from labkit.errors import LabkitError
from labkit.kube import Api, MissingError, open_api
from labkit.kube.pki import Authority

_PATIENCE: Final = 30.0  # seconds
_PAUSE: Final = 0.1
_CONFIGURATION: Final = "ValidatingWebhookConfiguration"


def main() -> int:
    """Options as the real one's, as far as the manifest uses them."""
    parser = argparse.ArgumentParser(prog="kube-webhook-certgen", description="A webhook's certificate.")
    actions = parser.add_subparsers(dest="action", required=True)
    create, patch = actions.add_parser("create"), actions.add_parser("patch")
    for each in (create, patch):
        each.add_argument("--namespace", required=True)
        each.add_argument("--secret-name", required=True)
        each.add_argument("--kubeconfig", default="", help="instead of a pod's service account")
    create.add_argument("--host", required=True, help="the names by which the webhook is called")
    patch.add_argument("--webhook-name", required=True)
    patch.add_argument("--patch-mutating", default="false")
    patch.add_argument("--patch-failure-policy", default="Fail", choices=("Fail", "Ignore"))
    said = parser.parse_args()
    try:
        api = open_api(said.kubeconfig)
        return _create(api, said) if said.action == "create" else _patch(api, said)
    except LabkitError as error:
        _say("fatal", error.message)
        return 1


def _create(api: Api, said: argparse.Namespace) -> int:
    """Once: a Secret that is there stays."""
    _say("info", f"getting secret '{said.secret_name}' in namespace '{said.namespace}'")
    try:
        api.get("Secret", said.secret_name, said.namespace)
    except MissingError:
        _say("info", "creating new secret")
        api.create("Secret", plan_secret(said.secret_name, said.namespace, said.host.split(",")), said.namespace)
    else:
        _say("info", "secret already exists")
    return 0


def plan_secret(name: str, namespace: str, hosts: list[str]) -> dict[str, Any]:
    """With an authority of its own, that signs nothing else: `ca`, `cert` and `key`."""
    authority = Authority("nil1")
    pair = authority.sign_server("nil2", hosts)
    texts = {"ca": authority.pair.certificate, "cert": pair.certificate, "key": pair.key}
    data = {key: _encode(text) for key, text in texts.items()}
    return {"metadata": {"name": name, "namespace": namespace}, "type": "Opaque", "data": data}


def _patch(api: Api, said: argparse.Namespace) -> int:
    secret = _wait_for_secret(api, said)
    _say("info", f"patching webhook configurations '{said.webhook_name}' mutating=false, validating=true")
    configuration = api.get(_CONFIGURATION, said.webhook_name)
    for webhook in configuration["webhooks"]:
        webhook["clientConfig"]["caBundle"] = secret["data"]["ca"]
        webhook["failurePolicy"] = said.patch_failure_policy
    api.replace(_CONFIGURATION, configuration)
    _say("info", "Patched hook(s)")
    return 0


def _wait_for_secret(api: Api, said: argparse.Namespace) -> dict[str, Any]:
    """Both Jobs begin at the same time. The real one fails, and is started again after ten seconds. Raises KubeError."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return api.get("Secret", said.secret_name, said.namespace)
        except MissingError:
            if time.monotonic() > until:
                raise
        threading.Event().wait(_PAUSE)


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _say(level: str, text: str) -> None:
    moment = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    print(json.dumps({"level": level, "msg": text, "time": moment}), file=sys.stderr, flush=True)
