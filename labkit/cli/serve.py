"""`./lab up`: JupyterLab on the learner's copy of the course, as the process whose end also ends the labs."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.cli.border import ensure_streams, print_error
from labkit.cli.learner_copy import SHARED, ensure_copies, render_newer
from labkit.errors import LabkitError, UsageError
from labkit.lab.meta import read_meta
from labkit.programs import find_programs
from labkit.state import ensure_state_folder
from labkit.world import World, list_worlds, run_program

FIRST = "00-start-here.ipynb"
PAGE = "/lab/workspaces/labkit"  # where the learner was the last time
START = "/labkit"  # the map of the course
# the magics are there in every notebook, also when its first cell has not been run since a restart
# (by a line, not as an extension: IPython would say of the first cell's own %load_ext that it is loaded already)
PROFILE = 'c.InteractiveShellApp.exec_lines = ["%load_ext labkit"]\n'
# bytes of the folder for temporary files: of a socket's name, 107, Jupyter and a folder of our own take 77
LONGEST = 30
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
    return Options(given.notebooks.absolute(), given.work.absolute(), given.port, not given.no_browser)


def plan_environment(work: Path, state: Path, runtime: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that keep Jupyter, IPython and matplotlib in the state folder, and make the labs end with this process.

    The state is nowhere a lab's machine can write: it is executed here. Neither is Python's path the current folder.
    """
    return {
        "LABKIT_OWNER": str(os.getpid()),
        "LABKIT_WORK": f"{work / SHARED}",
        "PATH": f"{Path(sys.prefix) / 'bin'}:{environment.get('PATH', os.defpath)}",
        "PYTHONSAFEPATH": "1",
        "JUPYTER_CONFIG_DIR": f"{state / 'jupyter'}",
        "JUPYTER_DATA_DIR": f"{state / 'jupyter' / 'data'}",
        "JUPYTER_RUNTIME_DIR": f"{runtime}",
        "JUPYTERLAB_SETTINGS_DIR": f"{state / 'jupyter' / 'settings'}",
        "JUPYTERLAB_WORKSPACES_DIR": f"{state / 'jupyter' / 'workspaces'}",
        "IPYTHONDIR": f"{state / 'ipython'}",
        "MPLCONFIGDIR": f"{state / 'matplotlib'}",
    }


def ensure_profile(folder: Path) -> None:
    """IPython's settings: below IPYTHONDIR, where no lab's machine can write."""
    profile = folder / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_config.py").write_text(PROFILE)


def ensure_workspace() -> bool:
    """The course's arrangement (notebook, table of contents) for the first time; later the learner's own stays. Whether there was one."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    manager = WorkspacesManager(os.environ["JUPYTERLAB_WORKSPACES_DIR"])
    saved: Mapping[str, Any] = {}
    # whatever else lies there is no workspace, and is begun anew
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        saved = manager.load("labkit")["data"]
    if not saved:
        manager.save("labkit", (COURSE / "workspace.json").read_text())
    return bool(saved)


def ensure_fonts() -> None:
    """Matplotlib's list of fonts: to make it takes seconds of its first import, and it would say so in red."""
    if not any(Path(os.environ["MPLCONFIGDIR"]).glob("fontlist-*.json")):
        run_program([sys.executable, "-P", "-c", "import matplotlib.font_manager"])


def ensure_programs_quietly() -> None:
    """Kubernetes' programs, by a process that lets others go first: said when it begins and when it ends."""
    if find_programs() is not None:
        return
    print(
        "lab: building Kubernetes' programs for the labs with a cluster, in the background, once; labkit doctor says how far",
        file=sys.stderr,
        flush=True,
    )
    ran = run_program(["nice", sys.executable, "-P", "-m", "labkit.cli", "programs"])
    said = "built" if not ran.status else f"not built ({(ran.stderr.strip().splitlines() or ['?'])[-1]})"
    print(f"lab: Kubernetes' programs: {said}", file=sys.stderr, flush=True)


def ensure_token(state: Path) -> str:
    """What the address ends with: kept, so that yesterday's tab and bookmark go on working; nobody else can read it."""
    path = state / "token"
    with contextlib.suppress(OSError, ValueError):
        if re.fullmatch("[0-9a-f]{48}", token := path.read_text()):
            return token
    token = secrets.token_hex(24)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:  # noqa: PTH123 - its mode
        file.write(token)
    return token


def plan_arguments(options: Options, state: Path, token: str, page: str) -> list[str]:
    """JupyterLab's arguments. Handed over in this process: `ps` doesn't show the token."""
    return [
        f"--config={COURSE / 'jupyter_lab_config.py'}",
        f"--ServerApp.port={options.port}",
        f"--ServerApp.root_dir={options.work}",
        f"--ServerApp.cookie_secret_file={state / 'cookie-secret'}",
        f"--ServerApp.open_browser={options.browser and can_show_browser(os.environ)}",
        f"--LabApp.default_url={page}",
        f"--IdentityProvider.token={token}",
    ]


def can_show_browser(environment: Mapping[str, str]) -> bool:
    """Without a screen only a browser for terminals could be found, and it would take the terminal away."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def run_server(options: Options, state: Path, page: str) -> None:
    """Serves until Ctrl-C or SIGTERM; says the address once the port is bound, and at the end what has ended."""
    from jupyterlab.labapp import LabApp

    token = ensure_token(state)
    server = LabApp.initialize_server(plan_arguments(options, state, token, page))

    def stop(*_: object) -> None:
        # Jupyter would ask "Shut down this server?"; its own handler is there only on a terminal.
        server.io_loop.add_callback_from_signal(print, "\nEnding: notebooks are closed, labs end …", flush=True)
        server.stop(from_signal=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.io_loop.add_callback(print, render_address(server.port, token, page, asked=options.port), flush=True)
    server.start()
    print(render_ending(list_own_labs(), options.work), flush=True)


def list_own_labs() -> list[str]:
    """The running labs that end with this process."""
    found = []
    for name in list_worlds():
        with contextlib.suppress(LabkitError), World.attach(name) as world:  # it may have ended meanwhile
            if read_meta(world).owner == os.getpid():
                found.append(name)
    return found


def render_address(port: int, token: str, page: str, *, asked: int) -> str:
    """What the learner reads once the server listens: where the work went on last, and the map of the course."""
    taken = "" if port == asked else f"\nPort {asked} is taken; this is {port}.\n"
    base = f"http://127.0.0.1:{port}"
    address, start = (f"{base}{each}?token={token}" for each in (page, START))
    again = "" if page == START else f"where you were the last time. The map of all labs:\n\n    {start}\n\n"
    return f"{taken}\nThe course is at\n\n    {address}\n\n{again}Ctrl-C ends it, and every lab started in it.\n"


def render_ending(labs: Sequence[str], work: Path) -> str:
    """What the learner reads at the end: what is gone, what is kept, how to go on."""
    many = "A lab ends" if len(labs) == 1 else f"{len(labs)} labs end"
    ended = f"{many} with it: {', '.join(labs)}.\n" if labs else ""
    return (
        f"{ended}Your notebooks are in {work}. What you did in a lab is kept too:\n"
        "`./lab up` goes on from here, `%lab start LAB --resume` does it again in a new network."
    )


def make_runtime_folder() -> Path:
    """Where Jupyter keeps its sockets; those of one that was killed go."""
    place = Path(tempfile.gettempdir())
    if len(os.fsencode(place)) > LONGEST:
        place = Path("/tmp")  # noqa: S108 - a folder of our own is made in it
    for left in place.glob("labkit-up-*-*"):
        process = left.name.split("-")[2]
        if left.lstat().st_uid == os.geteuid() and not Path("/proc", process).exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"labkit-up-{os.getpid()}-", dir=place))


def run_up(options: Options) -> None:
    """Makes the learner's copies and serves them."""
    if not (options.notebooks / FIRST).is_file():
        raise UsageError(f"the course's first notebook is missing: {options.notebooks / FIRST}", hint="labkit build")
    print("lab: starting JupyterLab …", file=sys.stderr, flush=True)
    state = ensure_state_folder("up", hashlib.sha256(os.fsencode(options.work)).hexdigest()[:8])
    sys.stderr.write(render_newer(ensure_copies(options.notebooks, options.work, state), options.work))
    os.chdir(state)  # what is found in a current folder may be run: configuration, templates, modules
    runtime = make_runtime_folder()
    try:
        os.environ.update(plan_environment(options.work, state, runtime, os.environ))
        page = PAGE if ensure_workspace() else START
        ensure_profile(state / "ipython")
        threading.Thread(target=ensure_fonts, daemon=True).start()
        threading.Thread(target=ensure_programs_quietly, daemon=True).start()
        run_server(options, state, page)
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


def main(argv: Sequence[str]) -> int:
    """The exit status: 0 when ended by Ctrl-C or SIGTERM."""
    ensure_streams()
    try:
        run_up(parse_options(argv))
    except Exception as error:  # noqa: BLE001 - the border: nobody above would say it better
        return print_error(error, "lab").exit_status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
