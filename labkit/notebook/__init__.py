"""The notebook's door: `%load_ext labkit` registers the magics, completion, and how values are shown."""

from __future__ import annotations

from typing import Any, Final

_LOADED: Final = "_labkit_is_loaded"


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext labkit` with IPython's InteractiveShell, and by the course's profile; the second time it does nothing."""
    if _LOADED in shell.user_ns_hidden:
        return
    shell.user_ns_hidden[_LOADED] = True
    from labkit.notebook.beginners import plan_transformer
    from labkit.notebook.completion import register_completion
    from labkit.notebook.display import register_formatters
    from labkit.notebook.magics import LabMagics

    magics = LabMagics(shell)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.append(plan_transformer(lambda: shell.user_ns))
    # each notebook's first cell loads it, again after a restart: IPython must not call that a mistake
    shell.events.register("post_run_cell", lambda _: shell.extension_manager.loaded.discard("labkit"))
    register_completion(shell, magics.current)
    register_formatters(shell)
