"""Port 10254: /healthz, for the kubelet's probes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def start_health(port: int, is_healthy: Callable[[], bool]) -> None:
    """Answer in a thread: 200 while `is_healthy`, else 500. Raises OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known, well = self.path == "/healthz", is_healthy()
            text = (b"ok" if well else b"[-]nginx-ingress-controller failed") if known else b"404 page not found"
            self.send_response((200 if well else 500) if known else 404)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Probes come every second."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
