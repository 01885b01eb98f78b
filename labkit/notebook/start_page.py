"""The start page of `./lab up`: an extension of Jupyter's server that answers below /labkit, for whoever may see the notebooks."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

PLACE: Final = "labkit"
NOTEBOOKS: Final = "lab/workspaces/labkit/tree/"


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by jupyter_server with its ServerApp (`jpserver_extensions`)."""
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.web import authenticated

    class StartPage(JupyterHandler):
        @authenticated
        async def get(self) -> None:
            from labkit.course.start_page import make_start_page

            today = dt.datetime.now().astimezone().date()
            asked = self.get_query_argument("student", None)
            # journals are read in a thread: the server answers others meanwhile
            page = await asyncio.get_running_loop().run_in_executor(
                None, make_start_page, asked, today, f"{self.base_url}{NOTEBOOKS}"
            )
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_header("Cache-Control", "no-store")
            self.finish(page)

    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(".*$", [(f"{base}{PLACE}/?", StartPage)])
