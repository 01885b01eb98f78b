"""Taking frames apart leaves nothing in anybody's home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import os
before = dict(os.environ)
from labkit.net import Frame, decode
frame = bytes.fromhex("ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002")
print([layer.name for layer in decode(Frame("m", "eth0", "out", 0, frame))])
assert dict(os.environ) == before
"""


def test_scapy_keeps_nothing(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    ran = subprocess.run(
        [sys.executable, "-c", CODE],
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "ARP" in ran.stdout
    assert list(tmp_path.iterdir()) == []
