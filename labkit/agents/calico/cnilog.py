"""/var/log/calico/cni/cni.log: one line for what the plugins do, in the form of Calico's own."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

USUAL: Final = "/var/log/calico/cni/cni.log"


def write_line(conf: Any, source: str, message: str, **fields: object) -> None:
    """`2023-05-11 00:13:25.123 [INFO][4711] k8s.go 74: … key="value"`; a log that can't be written stops nobody."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    rest = "".join(f' {key}="{value}"' for key, value in fields.items())
    path = Path(str(conf.get("log_file_path") or USUAL))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{now} [INFO][{os.getpid()}] {source}: {message}{rest}\n")
