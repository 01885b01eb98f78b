"""How labkit's values look in a notebook: text always, HTML beside it, both in a notebook's words. Registered by name, so that nothing is imported early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.show import views
from labkit.typed import to_notebook


def register_formatters(shell: Any) -> None:
    """For each type its text and its HTML (IPython.core.formatters)."""
    formatters = shell.display_formatter.formatters
    for (module, name), (text, html) in views.VIEWS.items():
        formatters["text/plain"].for_type_by_name(module, name, _plan_printer(text))
        if html is not None:
            formatters["text/html"].for_type_by_name(module, name, _plan_html(html))


def _plan_printer(render: Callable[[Any], str]) -> Callable[[Any, Any, object], None]:
    def print_text(value: Any, printer: Any, _cycle: object) -> None:
        printer.text(to_notebook(render(value)))

    return print_text


def _plan_html(render: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: to_notebook(render(value))
