"""`./lab up`: JupyterLab on the learner's copy of the course, as the process whose end also ends the labs."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.cli.learner_copy import ensure_copies, render_newer
from labkit.errors import LabkitError, UsageError
from labkit.world import run_host

FIRST = "00-start-here.ipynb"
COURSE = Path(__file__).parents[1] / "notebook" / "course"


@dataclass(frozen=True)
class Options:
    """What `./lab up` was asked for, and where the notebooks come from and go to."""

    notebooks: Path
    work: Path
    port: int
    browser: bool


def parse_options(argv: Sequence[str]) -> Options:
    """Reads the arguments as `./lab` gives them: the two folders, then the learner's own."""
    parser = argparse.ArgumentParser(prog="./lab up", allow_abbrev=False)
    parser.add_argument("notebooks", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=8888, help="when it is taken: the next one")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    given = parser.parse_args(argv)
    if not 0 < given.port < 2**16:
        parser.error(f"--port {given.port}: 1 to 65535")
    return Options(given.notebooks, given.work, given.port, not given.no_browser)


def plan_environment(work: Path, runtime: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that keep Jupyter, IPython and matplotlib out of the home, and make the labs end with this process."""
    state = work / ".labkit"
    return {
        "LABKIT_OWNER": str(os.getpid()),
        "LABKIT_WORK": f"{work}",
        "PATH": f"{Path(sys.prefix) / 'bin'}:{environment.get('PATH', os.defpath)}",
        "JUPYTER_CONFIG_DIR": f"{state / 'jupyter'}",
        "JUPYTER_DATA_DIR": f"{state / 'jupyter' / 'data'}",
        "JUPYTER_RUNTIME_DIR": f"{runtime}",
        "JUPYTERLAB_SETTINGS_DIR": f"{state / 'jupyter' / 'settings'}",
        "JUPYTERLAB_WORKSPACES_DIR": f"{state / 'jupyter' / 'workspaces'}",
        "IPYTHONDIR": f"{state / 'ipython'}",
        "MPLCONFIGDIR": f"{state / 'matplotlib'}",
    }


def ensure_workspace() -> None:
    """The course's arrangement (notebook, table of contents) for the first time; later the learner's own stays."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    manager = WorkspacesManager(os.environ["JUPYTERLAB_WORKSPACES_DIR"])
    if not manager.load("labkit")["data"]:
        manager.save("labkit", (COURSE / "workspace.json").read_text())


def prepare_fonts() -> None:
    """What matplotlib does the first time it is imported: its list of fonts takes seconds, and it would say so in red."""
    run_host([sys.executable, "-c", "import matplotlib.font_manager"])


def plan_arguments(options: Options, token: str) -> list[str]:
    """JupyterLab's arguments. Handed over in this process: `ps` doesn't show the token."""
    return [
        f"--config={COURSE / 'jupyter_lab_config.py'}",
        f"--ServerApp.port={options.port}",
        f"--ServerApp.root_dir={options.work}",
        f"--ServerApp.open_browser={options.browser and can_show_browser(os.environ)}",
        f"--LabApp.default_url=/lab/workspaces/labkit/tree/{FIRST}",
        f"--IdentityProvider.token={token}",
    ]


def can_show_browser(environment: Mapping[str, str]) -> bool:
    """Without a screen only a browser for terminals could be found, and it would take the terminal away."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def run_server(options: Options) -> None:
    """Serves until Ctrl-C or SIGTERM; says the address once the port is bound."""
    from jupyterlab.labapp import LabApp

    token = secrets.token_hex(24)
    server = LabApp.initialize_server(plan_arguments(options, token))
    # Jupyter would ask "Shut down this server?"; its own handler is there only on a terminal.
    signal.signal(signal.SIGINT, lambda *_: server.stop(from_signal=True))
    server.io_loop.add_callback(print, render_address(server.port, token, asked=options.port), flush=True)
    server.start()


def render_address(port: int, token: str, *, asked: int) -> str:
    """What the learner reads once the server listens."""
    taken = "" if port == asked else f"\nPort {asked} is taken; this is {port}.\n"
    address = f"http://127.0.0.1:{port}/lab/workspaces/labkit/tree/{FIRST}?token={token}"
    return f"{taken}\nThe course is at\n\n    {address}\n\nCtrl-C ends it, and every lab started in it.\n"


def run_up(options: Options) -> None:
    """Makes the learner's copies and serves them."""
    if not (options.notebooks / FIRST).is_file():
        raise UsageError(f"the course's first notebook is missing: {options.notebooks / FIRST}", hint="labkit build")
    sys.stderr.write(render_newer(ensure_copies(options.notebooks, options.work), options.work))
    # A short path of its own: socket names are limited to 108 bytes, and a checkout may lie deep.
    runtime = Path(tempfile.mkdtemp(prefix="labkit-"))
    try:
        os.environ.update(plan_environment(options.work, runtime, os.environ))
        ensure_workspace()
        threading.Thread(target=prepare_fonts, daemon=True).start()
        run_server(options)
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


def main(argv: Sequence[str]) -> int:
    """The exit status: 0 when ended by Ctrl-C or SIGTERM."""
    try:
        run_up(parse_options(argv))
    except LabkitError as error:
        sys.stderr.write(f"lab: {error}\n" + (f"     {error.hint}\n" if error.hint else ""))
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
