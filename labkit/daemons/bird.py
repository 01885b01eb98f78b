"""BIRD 2, Debian's: routes by BGP. `birdc` on the node asks it, where its socket is in its usual place.

Values: `conf`, the file that must be there already (BIRD itself says what is wrong in it), and `socket`.
The argument -R is for a restart that nobody shall notice (graceful restart): the routes of the run before stay until they are learnt anew.
"""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Program, Succeeds, Wish

SOCKET = "/run/bird/bird.ctl"


def plan_daemon(wish: Wish) -> Daemon:
    """In the foreground, its log on standard error; BIRD makes no folder, so that of its number and socket comes with a file."""
    conf, socket = str(wish.values["conf"]), str(wish.values["socket"])
    folder = socket.rpartition("/")[0]
    pid_file = f"{folder}/{wish.name}.pid"
    argv = ("bird", "-d", "-c", conf, "-s", socket, "-P", pid_file, *wish.arguments)
    keep = {f"{folder}/README": f"The socket and the process number of {wish.name}.\n"}
    return Daemon(wish.name, argv, Succeeds(("birdc", "-s", socket, "show", "status")), keep, pid_file=pid_file)


PROGRAM = Program(plan_daemon, {"conf": "/etc/bird/bird.conf", "socket": SOCKET})
