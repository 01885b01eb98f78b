"""Felix's health, as its probes ask for it: GET /liveness and /readiness at port 9099 of this machine (libcalico-go lib/health, release-v3.20).

204: yes. 503: no.
"""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

ADDRESS: Final = ("127.0.0.1", 9099)
_LIVE: Final = 30.0  # seconds since the last look after which the loop is thought to hang


class Health:
    """What the loop tells, and whoever asks is told."""

    def __init__(self) -> None:
        self._looked = 0.0
        self._right = False

    def report(self, right: bool) -> None:  # noqa: FBT001 - what came of a look
        """A look is done; `right`: the kernel is as it shall be."""
        self._looked, self._right = time.monotonic(), right

    def answer(self, path: str) -> HTTPStatus:
        """To one question."""
        live = time.monotonic() - self._looked < _LIVE
        known = {"/liveness": live, "/readiness": live and self._right}
        if path not in known:
            return HTTPStatus.NOT_FOUND
        return HTTPStatus.NO_CONTENT if known[path] else HTTPStatus.SERVICE_UNAVAILABLE

    def serve(self) -> None:
        """From now on, beside the loop. Raises OSError: the port is taken."""
        health = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(health.answer(self.path))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads that."""

        threading.Thread(target=ThreadingHTTPServer(ADDRESS, Handler).serve_forever, daemon=True).start()
