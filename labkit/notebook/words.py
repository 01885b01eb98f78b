"""The words behind a magic, taken apart as a command line is; what is wrong with them is one line, not an exit."""

from __future__ import annotations

import argparse
import shlex
from typing import NoReturn

from labkit.errors import UsageError


class LineParser(argparse.ArgumentParser):
    """argparse for one magic. `usage` is what somebody is shown who got it wrong."""

    def __init__(self, usage: str) -> None:
        super().__init__(usage=usage, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError where argparse would exit."""
        raise UsageError(message, hint=str(self.usage))

    def parse_line(self, line: str) -> argparse.Namespace:
        """The words of a line, quoted as in a shell."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"{line}: {error}", hint=str(self.usage)) from error
        if {"-h", "--help"} & set(words):
            raise UsageError("how it is typed", hint=str(self.usage))
        return self.parse_args(words)
