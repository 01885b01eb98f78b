"""`python -m labkit.cli`: the same as the command `labkit`."""

from __future__ import annotations

import sys

from labkit.cli import main

sys.exit(main())
