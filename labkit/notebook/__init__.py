"""The notebook's door: `%load_ext labkit` registers the magics, completion, and how values are shown."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext labkit` with IPython's InteractiveShell."""
    from labkit.notebook.completion import register_completion
    from labkit.notebook.display import register_formatters
    from labkit.notebook.magics import LabMagics

    magics = LabMagics(shell)
    shell.register_magics(magics)
    register_completion(shell, magics.current)
    register_formatters(shell)
