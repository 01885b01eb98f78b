"""The course as a map: every lab with its title, minutes for two readers, and how far somebody is; where to go on; a fault of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from labkit.check.progress import Progress, read_progress
from labkit.lab.definition import Definition, read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.journal import list_students, plan_path, read_journal
from labkit.show.beginnings import render_moment
from labkit.show.drawing.parts import Picture
from labkit.show.drawing.svg import STYLE as SVG_STYLE
from labkit.show.drawing.svg import render_svg
from labkit.show.page import COLOURS, render_inline
from labkit.show.pictures import lessons
from labkit.show.text import render_number

STYLE: Final = (
    ":root { color-scheme: light dark; "
    + COLOURS
    + """}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--lk-ink); background: var(--lk-ground); max-width: 62em; margin: 0 auto; padding: 1em 1.5em 4em; }
a { color: var(--lk-accent); } h1 { margin: 0.5em 0 0.2em; } h2 { margin: 1.6em 0 0.3em; font-size: 1.15em; }
.go { display: inline-block; padding: 0.5em 1em; border-radius: 6px; background: var(--lk-accent); color: var(--lk-ground); text-decoration: none; font-weight: bold; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: 0.45em 0.7em; border-bottom: 1px solid var(--lk-raised); }
th { border-bottom: 1px solid var(--lk-line); } td.n { white-space: nowrap; } code, pre { background: var(--lk-raised); padding: 0.1em 0.35em; border-radius: 3px; }
pre { padding: 0.6em 0.9em; overflow-x: auto; } .wide { overflow-x: auto; } small { opacity: 0.85; }
"""
    + SVG_STYLE
)


@dataclass(frozen=True)
class Stop:
    """One lab on the map."""

    lab: Definition
    progress: Progress


def read_stops(student: str | None = None) -> list[Stop]:
    """All labs in the course's order, with what their journals tell."""
    found = []
    for name in list_labs():
        lab = read_definition(find_lab(name), student)
        found.append(Stop(lab, read_progress(lab, read_journal(plan_path(name, student)))))
    return found


def make_start_page(asked: str | None, day: dt.date, notebooks: str) -> str:
    """The map of the student who is asked for ("": of nobody in particular), else of who worked last; above it who else has one."""
    students = list_students()
    shown = next((each for each in students if (each or "") == asked), students[0])
    return render_start_page(read_stops(shown), day, notebooks, _render_names(students, shown))


def find_next(stops: Sequence[Stop]) -> Stop:
    """Where somebody goes on: the lab that was worked at last; when that is done, the first after it that is not."""
    last = max(stops, key=lambda stop: stop.progress.last)
    if not last.progress.begun:
        return stops[0]
    later = [stop for stop in stops[stops.index(last) :] if not stop.progress.done]
    return later[0] if later else last


def choose_fault_lab(stops: Sequence[Stop], day: dt.date) -> Stop | None:
    """Of the finished labs another one each day; None while there is none."""
    done = [stop for stop in stops if stop.progress.done]
    return done[day.toordinal() % len(done)] if done else None


def _render_names(students: Sequence[str | None], shown: str | None) -> str:
    if len(students) == 1:
        return ""
    return f"<p>The map of {' · '.join(_render_name(each, shown) for each in students)}</p>"


def _render_name(student: str | None, shown: str | None) -> str:
    name = escape(student or "no student's name")
    return f"<strong>{name}</strong>" if student == shown else f'<a href="?student={quote(student or "")}">{name}</a>'


def render_start_page(stops: Sequence[Stop], day: dt.date, notebooks: str, above: str = "") -> str:
    """A whole HTML page without scripts. `notebooks`: the address below which notebooks are opened, with a slash at its end."""
    parts = (
        above,
        "<h1>Pod networks, by hand</h1>",
        _render_go_on(stops, notebooks),
        "<h2>The labs</h2>",
        _render_table(stops, notebooks),
        "<h2>What builds on what</h2>",
        f'<div class="wide">{render_svg(_plan_map(stops))}</div>',
        _render_fault(choose_fault_lab(stops, day), notebooks),
    )
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The course · labkit</title>'
    return f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{"".join(parts)}</body></html>\n'


def _plan_map(stops: Sequence[Stop]) -> Picture:
    labs = [(stop.lab.name, _tick(stop) + stop.lab.title, stop.lab.builds_on) for stop in stops]
    return lessons.plan_course(labs)


def _tick(stop: Stop) -> str:
    return "✓ " if stop.progress.done else ""


def _render_go_on(stops: Sequence[Stop], notebooks: str) -> str:
    stop = find_next(stops)
    begun = stop.progress.begun
    link = f'<a class="go" href="{escape(notebooks + stop.lab.name)}.ipynb">{"Go on where I was" if begun else "Begin"}: {stop.lab.name}</a>'
    done = sum(each.progress.done for each in stops)
    when = f", last worked at {render_moment(stop.progress.last)}" if begun else ""
    return f"<p>{done} of {len(stops)} labs done{when}.</p><p>{link}</p>"


def _render_table(stops: Sequence[Stop], notebooks: str) -> str:
    heads = ("Lab", "Minutes <small>(in a second language)</small>", "Checks of the core", "Guesses right", "Points")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_render_row(stop, notebooks) for stop in stops)}</tbody></table>"


def _render_row(stop: Stop, notebooks: str) -> str:
    lab, progress = stop.lab, stop.progress
    slow = f" ({lab.slow_minutes})" if lab.slow_minutes else ""
    sign = "✓ done" if progress.done else "begun" if progress.begun else ""
    link = f'<a href="{escape(notebooks + lab.name)}.ipynb">{lab.name}</a>'
    about = f"{link} {render_inline(lab.title)} <strong>{sign}</strong>"
    cells = [f"{lab.minutes}{slow}", *(_list_figures(progress) if progress.begun else ["-"] * 3)]
    return f"<tr><td>{about}</td>{''.join(f'<td class=n>{cell}</td>' for cell in cells)}</tr>"


def _list_figures(progress: Progress) -> list[str]:
    helped = " <small>(solution seen)</small>" if progress.solution else ""
    return [
        f"{progress.passed} of {progress.core}",
        f"{progress.right} of {progress.guessed}",
        f"{render_number(progress.points)} of {render_number(progress.max_points)}{helped}",
    ]


def _render_fault(stop: Stop | None, notebooks: str) -> str:
    if stop is None:
        return "<h2>A fault of the day</h2><p>It comes with the first lab that you have done.</p>"
    name = stop.lab.name
    return (
        f"<h2>A fault of the day</h2><p>Something broke in <strong>{name}</strong> overnight. "
        f'Open <a href="{escape(notebooks + name)}.ipynb">its notebook</a>, make a new cell at its end, and find it:</p>'
        f"<pre>%lab start {name}\n%lab break --anew</pre><p><small>This builds the lab's network anew, right but for one thing.</small></p>"
    )
