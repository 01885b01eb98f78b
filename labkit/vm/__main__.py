"""`./lab vm`: Ctrl-C and SIGTERM leave nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from labkit.cli.border import ensure_streams, print_error
from labkit.cli.printing import print_progress
from labkit.vm.options import parse_options
from labkit.vm.start import run_vm

_CTRL_C = 130


def main(argv: Sequence[str]) -> int:
    """The command's exit status; where there was none, 2 and 3 as everywhere in labkit."""
    ensure_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_vm(parse_options(argv), lambda text: print_progress(f"lab: {text}"))
    except KeyboardInterrupt:
        return _CTRL_C
    except Exception as error:  # noqa: BLE001 - the border: nobody above would say it better
        return print_error(error, "lab").exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
