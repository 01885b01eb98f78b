"""Pictures of lessons: they can be read, say in words what they show, and are inside the notebooks."""

from __future__ import annotations

import base64
import json
import re

import pytest

from labkit.course.lesson import Edition, render_notebook
from labkit.course.pictures import IMAGE, MAKERS, embed_pictures, plan_picture_files
from labkit.errors import UsageError
from labkit.lab.folders import find_lab, list_labs
from labkit.show.pictures.lessons import plan_course
from tests.show.overlaps import list_faults

INSIDE = re.compile(r"!\[[^\]]+\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)")


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_lies_over_a_text(name: str) -> None:
    assert list_faults(MAKERS[name]()) == []


@pytest.mark.parametrize("lab", list_labs())
def test_what_a_picture_shows_is_said_in_words(lab: str) -> None:
    """The words are what is read out, and what stands there where pictures are not shown."""
    for alt, name in IMAGE.findall((find_lab(lab) / "lesson.md").read_text()):
        picture = MAKERS[name]()
        assert alt == f"{picture.title}: {picture.description}"


def test_every_picture_is_shown_somewhere() -> None:
    assert {path.stem for path in plan_picture_files()} == set(MAKERS)


def test_a_notebook_has_its_pictures_inside() -> None:
    notebook = json.loads(render_notebook(find_lab("05-nat"), Edition()))
    inside = [found for cell in notebook["cells"] for found in INSIDE.findall("".join(cell["source"]))]
    (path,) = [path for path in plan_picture_files() if path.stem == "hooks"]
    assert [base64.b64decode(each) for each in inside] == [path.read_bytes()]


def test_a_picture_that_nobody_draws_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no picture nothing"):
        embed_pictures("![alt](pictures/nothing.svg)", "labs/x/lesson.md")
    assert embed_pictures("![alt](elsewhere.png)", "x") == "![alt](elsewhere.png)"


def test_the_map_joins_what_builds_on_what() -> None:
    picture = plan_course(
        [("a", "first", ()), ("b", "left", ("a",)), ("c", "right", ("a",)), ("d", "both", ("b", "c"))]
    )
    assert {line.title for line in picture.lines} == {"a to b", "a to c", "b to d", "c to d"}
    assert picture.description == "a; b after a; c after a; d after b and c."
    assert list_faults(picture) == []
