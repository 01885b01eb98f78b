"""CoreDNS, the real one: a daemon of any machine here, such as a name server of the outside; in clusters it is a Deployment's pod.

Values: `corefile`, a path; the file is the lab's. Without one it answers for nothing but who is asking (`whoami`). `memory` (MiB).
"""

from __future__ import annotations

from typing import Final

from labkit.daemons.daemon import Answers, Daemon, Program, Wish, limit_memory

_READY: Final = 8181
_COREFILE: Final = """.:53 {{
    errors
    ready 127.0.0.1:{ready}
    whoami
}}
"""


def plan_daemon(wish: Wish) -> Daemon:
    """A Corefile of the lab's has `ready` in it too: that shows that it serves."""
    given = str(wish.values["corefile"])
    path = given or f"/run/{wish.name}/Corefile"
    files = {} if given else {path: _COREFILE.format(ready=_READY)}
    environment = limit_memory(wish.values["memory"])
    ready = Answers(_READY, "/ready", tls=False)
    return Daemon(wish.name, ("coredns", "-conf", path, *wish.arguments), ready, files, environment)


PROGRAM = Program(plan_daemon, {"corefile": "", "memory": 30})
