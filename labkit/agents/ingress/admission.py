"""The validating webhook: what the API server asks before it takes an Ingress (ingress-nginx 1.5.1, internal/admission/controller)."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from labkit.agents.ingress.klog import say

Check = Callable[[Mapping[str, Any]], str]  # an Ingress -> why it can't be taken, empty when it can
_KIND: Final = {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}
_MOST: Final = 8 << 20  # bytes of a question: etcd takes no object of more than 1.5 MB


def answer_review(review: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """An AdmissionReview with its response (admission.k8s.io/v1). Raises KeyError, TypeError for what is none."""
    request = review["request"]
    if request["kind"] != _KIND:
        why = (
            f"rejecting admission review because the request does not contain an Ingress resource but {request['kind']}"
        )
    else:
        why = check(request["object"])
    response: dict[str, Any] = {"uid": request["uid"], "allowed": not why}
    if why:
        response["status"] = {"status": "Failure", "message": why, "reason": "BadRequest", "code": 400}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def start_webhook(port: int, certificate: str, key: str, check: Check) -> None:
    """Answer by TLS, in threads. Raises OSError: no such files, or the port is taken."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            """The handshake is this thread's: whoever only connects keeps nobody waiting."""
            self.request.settimeout(10)
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def do_POST(self) -> None:
            try:
                asked = json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), _MOST)))
                said, status = json.dumps(answer_review(asked, check)).encode(), 200
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said, status = f"this is no AdmissionReview: {error!r:.200}".encode(), 400
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """`check` has said it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever broke off a connection: a health check of a stranger's, a wrong certificate."""

    say("nginx.go:323", "Starting validation webhook", address=f":{port}", certPath=certificate, keyPath=key)
    threading.Thread(target=Server(("", port), Handler).serve_forever, daemon=True).start()
