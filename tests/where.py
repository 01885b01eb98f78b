"""`python -m tests.where LAB…`: each is started, solved and checked on this kernel; docs/where.md gets a row.

For another kernel: `./lab vm -- python -m tests.where LAB…`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from labkit.doctor import list_capabilities, try_capabilities

TABLE = Path(__file__).parents[1] / "docs" / "where.md"
HEAD = """# Which lab ran where

Started, solved by its reference and checked, all green, on a kernel; the newest run of each. Written by `python -m tests.where LAB…`
and, in the virtual machine of vm/README.md, `./lab vm -- python -m tests.where LAB…`: not by hand. "Lacks" is what of the doctor's
list that kernel did not have for a lab; the seconds tell of the machine's other work, too.

| lab | kernel | it lacks | seconds | as | on |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    lab: str
    kernel: str
    lacks: str
    seconds: str
    user: str
    date: str


def read_release(text: str) -> str:
    """Without what somebody's own build calls itself: 6.18.44 of 6.18.44-mine, but 6.8.0-49-generic whole."""
    found = re.match(r"[\d.]+(-\d+-[a-z]+\d*)?", text)
    return found[0] if found else text


def parse_rows(text: str) -> list[Row]:
    found = [re.split(r" *\| *", line)[1:-1] for line in text.splitlines() if re.match(r"\| \d\d-", line)]
    return [Row(*cells) for cells in found]


def render_table(rows: Sequence[Row]) -> str:
    """A lab once for each kernel: the last one of them."""
    newest = {(row.lab, row.kernel): row for row in rows}
    lines = [f"| {' | '.join(astuple(newest[key]))} |" for key in sorted(newest)]
    return HEAD + "\n".join(lines) + "\n"


def run_lab(lab: str) -> float:
    """The seconds that it took. Raises CalledProcessError where it is not all green."""
    began = time.monotonic()
    subprocess.run(["labkit", "start", lab], check=True)
    try:
        subprocess.run(["labkit", "solve", lab], check=True)
        subprocess.run(["labkit", "check", lab], check=True)
        return time.monotonic() - began
    finally:
        subprocess.run(["labkit", "down", lab], check=False)


def main(labs: Sequence[str]) -> int:
    """The number of labs that were not all green."""
    lacks = ", ".join(each.name for each in try_capabilities(list_capabilities()) if not each.ok) or "nothing"
    names = [path.parent.name for path in sorted((TABLE.parents[1] / "labs").glob("[0-9]*/lab.toml"))]
    red = 0
    for lab in [name for name in names if name in labs or name.partition("-")[0] in labs]:
        try:
            seconds = run_lab(lab)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"{lab}: {error}\n")
            red += 1
            continue
        user = "root" if os.getuid() == 0 else "a user"
        row = Row(lab, read_release(os.uname().release), lacks, f"{seconds:.0f}", user, f"{dt.date.today()}")  # noqa: DTZ011 - the person's day
        TABLE.write_text(render_table([*parse_rows(TABLE.read_text() if TABLE.exists() else ""), row]))
    return red


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
