"""`%topology --live`: the network drawn again whenever it changes, in a panel beside the notebook, else in the cell.

The panel (course/labextensions/labkit-network) opens a comm (Jupyter's channel to a kernel); what it gets is the drawing.
A front-end without the panel is none the worse: the cell's output is drawn again.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from labkit.errors import LabkitError
from labkit.lab.lab import Lab
from labkit.lab.watch import Watch
from labkit.notebook.current import CurrentLab
from labkit.show.live_view import NOT_THERE, Seen, render_seen_html
from labkit.show.page import render_page

PANEL: Final = "labkit.panel"  # opened by the kernel: show the panel
LIVE: Final = "labkit.live"  # opened by the panel: send drawings
_BESIDE: Final = "The network is drawn beside the notebook, again whenever it changes."
Show = Callable[[str], None]


@dataclass(frozen=True)
class Drawn:
    """An output of a cell: HTML, and in a few words what it is."""

    html: str

    def __repr__(self) -> str:
        return "the network, drawn again whenever it changes"

    def _repr_html_(self) -> str:
        return self.html


class LiveView:
    """One for a kernel: a thread that sleeps until something happens, and everybody who shows what it draws."""

    def __init__(self, current: CurrentLab) -> None:
        self._current = current
        self._shows: list[Show] = []
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._lab: Lab | None = None
        self._html = ""

    def add(self, show: Show) -> None:
        """From now on call it with each drawing, at once with the last one. Raises UsageError when there is no lab."""
        lab = self._current.get()
        with self._lock:
            self._shows.append(show)
            if self._html and lab is self._lab:
                show(self._html)
        self.follow()

    def remove(self, show: Show) -> None:
        """No more; when nobody is left the thread ends."""
        with self._lock:
            self._shows = [each for each in self._shows if each is not show]
        self.follow()

    def follow(self) -> None:
        """After every cell: the lab that the notebook works on may be another one now."""
        with self._lock:
            wanted = self._current.known() if self._shows else None
            if wanted is self._lab and (wanted is None or self._watch):
                return
            if self._watch:
                self._watch.stop()
            self._lab, self._watch, self._html = wanted, None, ""
            if wanted:
                self._watch = Watch(wanted)
                threading.Thread(target=self._run, args=(self._watch,), name="labkit-live", daemon=True).start()

    def _run(self, watch: Watch) -> None:
        seen: Seen | None = None
        try:
            while True:
                now = watch.read()
                if now is None:
                    seen = None
                    self._tell(watch, render_page(f"<p>{NOT_THERE}</p>", NOT_THERE))
                elif seen is None or now.network != seen.now.network:
                    seen = Seen(now, seen.now if seen else None)
                    self._tell(watch, render_seen_html(seen))
                if not watch.wait():
                    return
        finally:
            watch.close()

    def _tell(self, watch: Watch, html: str) -> None:
        with self._lock:
            if watch is self._watch:
                self._html = html
                for show in self._shows:
                    show(html)


class LivePlaces:
    """Where a kernel's live view is shown: in panels, which open a comm, and in the last cell that asked for it."""

    def __init__(self, view: LiveView) -> None:
        self._view = view
        self._cell: tuple[Any, Show] | None = None

    def show_in_cell(self) -> None:
        """Show it as the output of this cell, and ask the front-end for its panel."""
        from comm import create_comm
        from IPython.display import display

        self.leave_cell("The network is drawn by another cell now.")
        handle = display(Drawn(render_page("", "")), display_id=True)

        def show(html: str) -> None:
            handle.update(Drawn(html))

        self._cell = (handle, show)
        self._view.add(show)
        create_comm(target_name=PANEL, data={})

    def leave_cell(self, said: str) -> None:
        """Draw no more in the cell."""
        if self._cell:
            handle, show = self._cell
            self._cell = None
            self._view.remove(show)
            handle.update(Drawn(render_page(f"<p>{said}</p>", said)))

    def open_panel(self, comm: Any, _message: Any) -> None:
        """A panel wants the drawings; the cell need not show them as well."""

        def show(html: str) -> None:
            comm.send({"html": html})

        comm.on_close(lambda _: self._view.remove(show))
        try:
            self._view.add(show)
        except LabkitError as error:
            show(render_page(f"<p>{error}</p>", str(error)))
            return
        self.leave_cell(_BESIDE)


def register_live(shell: Any, current: CurrentLab) -> LivePlaces:
    """Look after every cell which lab it is; be there for panels, where the shell is a notebook's kernel."""
    view = LiveView(current)
    places = LivePlaces(view)

    def follow(_result: object) -> None:
        with contextlib.suppress(LabkitError):  # no lab to draw; the next cell may start one
            view.follow()

    shell.events.register("post_run_cell", follow)
    if hasattr(shell, "kernel"):
        from comm import get_comm_manager

        get_comm_manager().register_target(LIVE, places.open_panel)
    return places
