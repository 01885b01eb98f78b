"""What comes from a web page: letters that bash does not take for what they look like, and commands that a lab has no use for."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from labkit.errors import UsageError

# no-break and other wide spaces, zero-width letters, Unicode's line ends
_STRANGE: Final = re.compile("[\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]")
_HINTS: Final = (
    (
        re.compile(rb"name resolution|ould not resolve host|Name or service not known"),
        "a lab's machines know the names in /etc/hosts only, and have no way out to the internet",
    ),
    (
        re.compile(rb"lock file /var/lib/(?:dpkg|apt)|(?:apt|apt-get|dnf|yum): "),
        "nothing can be installed on a machine of a lab: what this computer has is there already",
    ),
    (
        re.compile(rb"(?:modprobe|lsmod|insmod): "),
        "modules are the whole computer's: `labkit doctor` says what its kernel has",
    ),
)


def clean_cell(script: str) -> str:
    """The same with line ends as bash wants them. Raises UsageError for a letter that only looks like a space, naming its line."""
    script = script.replace("\r\n", "\n")
    for number, line in enumerate(script.splitlines(), 2):  # %%on is the first
        if found := _STRANGE.search(line):
            name = unicodedata.name(found[0], f"U+{ord(found[0]):04X}").lower()
            shown = _STRANGE.sub("␣", line.strip())
            raise UsageError(
                f"line {number} has a {name} where bash needs a plain space or nothing: {shown}",
                hint="web pages bring it: type that place (shown as ␣) again",
            )
    return script


def find_hint(output: bytes) -> str:
    """Why something that works elsewhere can't work on a machine of a lab; empty when there is nothing to say."""
    return next((hint for pattern, hint in _HINTS if pattern.search(output)), "")
