"""The pictures of lessons: made from code, written to labs/NN/pictures, and put into the notebooks themselves.

A lesson shows one by `![what it says](pictures/NAME.svg)`. A notebook is one file, so it has the drawing inside.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from labkit.errors import UsageError
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.show.drawing.parts import Picture
from labkit.show.drawing.svg import render_svg
from labkit.show.page import render_svg_file
from labkit.show.pictures import lessons

IMAGE: Final = re.compile(r"!\[([^\]]*)\]\(pictures/([\w-]+)\.svg\)")


def _plan_course() -> Picture:
    labs = [read_definition(find_lab(name)) for name in list_labs()]
    return lessons.plan_course([(lab.name, lab.title, lab.builds_on) for lab in labs])


MAKERS: Final[Mapping[str, Callable[[], Picture]]] = {
    "arp": lessons.plan_arp,
    "course": _plan_course,
    "decision": lessons.plan_decision,
    "hooks": lessons.plan_hooks,
    "sleeve": lessons.plan_sleeve,
    "vxlan": lessons.plan_vxlan,
}


def plan_picture_files() -> dict[Path, bytes]:
    """Every picture that a lesson shows, at its place."""
    found: dict[Path, bytes] = {}
    for folder in map(find_lab, list_labs()):
        for _, name in IMAGE.findall((folder / "lesson.md").read_text(encoding="utf-8")):
            found[folder / "pictures" / f"{name}.svg"] = _render(name)
    return found


def embed_pictures(source: str, where: str) -> str:
    """A text cell with its pictures inside. Raises UsageError for one that nobody draws."""

    def embed(match: re.Match[str]) -> str:
        if match[2] not in MAKERS:
            raise UsageError(f"{where}: there is no picture {match[2]}", hint=f"there are: {', '.join(MAKERS)}")
        return f"![{match[1]}](data:image/svg+xml;base64,{base64.b64encode(_render(match[2])).decode()})"

    return IMAGE.sub(embed, source)


def _render(name: str) -> bytes:
    return render_svg_file(render_svg(MAKERS[name]())).encode()
