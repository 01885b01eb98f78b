"""The course in a browser: a lab done from the first cell to the last, Stop, a kernel's restart, both themes, a stranger's file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, expect

from labkit import attach
from labkit.course.lesson import Edition, render_notebook
from labkit.course.points import read_points
from labkit.lab.folders import find_lab, list_labs
from labkit.timing import scale
from labkit.world import World, list_worlds
from tests.browser.conftest import NOTEBOOK, Notebook, Server, open_page

pytestmark = pytest.mark.timeout(600)
Open = Callable[..., Notebook]


@pytest.fixture
def open_lab(browser: Browser, server: Server) -> Iterator[Open]:
    """Open a lab's notebook, solved or as handed out; its world ends with the test."""
    import nbformat  # takes more than a second of every worker's

    opened: list[Notebook] = []

    def open_lab(
        number: str, *, solved: bool = True, add: tuple[tuple[str, str], ...] = (), **context: Any
    ) -> Notebook:
        lab = find_lab(number)
        edition = Edition(solved=solved, points=read_points(lab.name))
        notebook = nbformat.reads(render_notebook(lab, edition), as_version=4)
        notebook.cells += [nbformat.v4.new_code_cell(source, id=name) for name, source in add]
        name = f"{lab.name}-{len(opened)}-{time.monotonic_ns()}.ipynb"
        (server.root / name).write_text(nbformat.writes(notebook))
        opened.append(Notebook(browser, server, name, **context))
        return opened[-1]

    yield open_lab
    for each in opened:
        each.close()
    for left in list_worlds():
        World.attach(left).end()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("number", ["00", "03"])
def test_a_lab_from_the_first_cell_to_the_last(open_lab: Open, artefacts: Path, number: str, scheme: str) -> None:
    notebook = open_lab(number, color_scheme=scheme)
    points = read_points(next(name for name in list_labs() if name.startswith(number)))
    assert notebook.run_all() == []
    drawing = notebook.show("see-the-start").get_by_role("img", name="the network now")
    box = drawing.bounding_box()
    assert box
    assert min(box["width"], box["height"]) > 50
    notebook.page.screenshot(path=artefacts / f"{number}-topology-{scheme}.png")
    verdicts = notebook.show(notebook.find_grade())
    expect(verdicts.locator("caption")).to_contain_text(f"{points:g} of {points:g} points")
    assert verdicts.locator(".lk-passed").count() > 0
    assert verdicts.locator(".lk-failed").count() == 0
    notebook.page.screenshot(path=artefacts / f"{number}-verdicts-{scheme}.png")
    assert notebook.foreign == [], "nothing is fetched from outside"


def test_as_handed_out_it_shows_what_is_missing(open_lab: Open, artefacts: Path) -> None:
    notebook = open_lab("03", solved=False)
    assert notebook.run_all() != [], "what is not right yet can't be broken, and Run All ends there"
    verdicts = notebook.show("check-all")
    expect(verdicts.locator(".lk-failed").first).to_contain_text("✗ failed")
    expect(verdicts.locator("dt").first).to_contain_text("expected")
    notebook.page.screenshot(path=artefacts / "03-red.png")


def check_journey(page: Any, picture: Path) -> None:
    """A journey on a page (a cell, or a whole page): chosen by a click, by the arrow keys, in the list, by next and back."""
    rings = page.locator(".lk-mark:visible")
    expect(page.get_by_role("img", name="the way from client to web")).to_be_visible()
    expect(rings).to_have_count(0)
    whole = page.locator(".lk-way > g:visible").count()
    page.get_by_role("radio", name="hop 2:").check()
    expect(rings).to_have_count(1)
    expect(page.locator(".lk-p2")).to_be_visible()
    assert page.locator(".lk-way > g:visible").count() < whole
    page.get_by_role("radio", name="hop 2:").press("ArrowRight")
    expect(page.locator(".lk-p3")).to_be_visible()
    expect(page.locator(".lk-p2")).not_to_be_visible()
    page.locator(".lk-p3").get_by_text("next").click()
    expect(page.locator(".lk-p4")).to_be_visible()
    page.locator(".lk-hops label").first.click()
    expect(page.locator(".lk-m1")).to_be_visible()
    steps, box = page.locator(".lk-steps").bounding_box(), page.locator(".lk-journey").bounding_box()
    assert steps["width"] > 0.9 * box["width"], "as wide as the page"
    page.page.screenshot(path=picture) if hasattr(page, "page") else page.screenshot(path=picture)


def test_a_journey_is_moved_by_mouse_and_keys(open_lab: Open, artefacts: Path) -> None:
    notebook = open_lab("00")
    assert notebook.run_all() == []
    check_journey(notebook.show("follow-it"), artefacts / "00-journey.png")


def test_a_journey_survives_reload_restart_and_nbconvert(
    open_lab: Open, server: Server, browser: Browser, artefacts: Path
) -> None:
    notebook = open_lab("00")
    assert notebook.run_all() == []
    notebook.run("docmanager:save")
    notebook.start("notebook:restart-kernel")
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()
    notebook.page.wait_for_selector(".jp-Dialog", state="detached")
    notebook.wait_kernel("idle")
    notebook.page.reload()
    notebook.page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    notebook.wait_kernel("idle")
    check_journey(notebook.show("follow-it"), artefacts / "00-journey-again.png")
    saved = max(server.root.glob("00-*.ipynb"), key=lambda path: path.stat().st_mtime)
    (server.root / "page.html").write_text(HTMLExporter().from_filename(str(saved))[0])
    page = open_page(browser, java_script_enabled=False)
    page.goto((server.root / "page.html").as_uri())
    check_journey(page.locator(".jp-Cell").filter(has=page.locator(".lk-journey")), artefacts / "00-journey-page.png")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_s_picture_is_drawn(open_lab: Open, artefacts: Path, scheme: str) -> None:
    notebook = open_lab("05", solved=False, color_scheme=scheme)
    picture = notebook.page.get_by_role("img", name="the five hooks of netfilter")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 500
    notebook.page.screenshot(path=artefacts / f"05-hooks-{scheme}.png")
    assert notebook.foreign == [], "it is inside the notebook"


def test_the_network_is_drawn_live_beside_the_notebook(open_lab: Open, artefacts: Path) -> None:
    cells = (("live", "%topology --live"), ("do", "%%on client\nip link add br-live type bridge"),
             ("undo", "%%on client\nip link del br-live"), ("load", "%load_ext labkit"))  # fmt: skip
    notebook = open_lab("00", solved=False, add=cells)

    def run(name: str) -> None:
        at = notebook.list_cells().index(name)
        notebook.page.evaluate(f"at => {{ ({NOTEBOOK}).content.activeCellIndex = at }}", at)
        notebook.run("notebook:run-cell")

    panel = notebook.page.get_by_role("tabpanel", name="Network")
    run("start")
    run("live")
    expect(panel.get_by_role("img", name="the network, live")).to_be_visible()
    assert panel.bounding_box()["x"] > notebook.page.locator(".jp-NotebookPanel").bounding_box()["x"], "beside it"
    expect(notebook.show("live").locator("p").filter(has_text="drawn beside the notebook")).to_be_visible()
    run("do")
    expect(panel.get_by_role("status")).to_have_text("new: link client br-live")
    expect(panel.locator("svg").get_by_text("+br-live")).to_be_visible()
    notebook.page.screenshot(path=artefacts / "00-live.png")
    run("undo")
    expect(panel.get_by_role("status")).to_have_text("gone: link client br-live")
    notebook.start("notebook:restart-kernel")
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()
    notebook.page.wait_for_selector(".jp-Dialog", state="detached")
    notebook.wait_kernel("idle")
    run("start")
    run("do")
    expect(panel.get_by_role("status")).to_have_text("new: link client br-live")
    notebook.page.get_by_role("tab", name="Network").locator(".lm-TabBar-tabCloseIcon").click()
    expect(panel).to_have_count(0)
    assert notebook.foreign == [], "nothing is fetched from outside"


def test_stop_ends_a_running_cell_and_run_all(open_lab: Open, artefacts: Path) -> None:
    first = ("endless", "%%on client\nip link set lo up\nping 127.0.0.1")
    notebook = open_lab("00", add=(first, ("after", "print('not to be seen')")))
    notebook.start("notebook:run-all-cells")
    deadline = time.monotonic() + 60
    while "icmp_seq=2" not in notebook.text("endless"):
        assert time.monotonic() < deadline, notebook.text("endless")
        notebook.page.wait_for_timeout(100)
    began = time.monotonic()
    notebook.press_stop()
    notebook.wait_kernel("idle")
    assert time.monotonic() - began < scale(2)
    said = notebook.outputs("endless")
    assert said[-1]["ename"] == "Stopped"
    assert "ping statistics" in notebook.text("endless")
    assert notebook.outputs("after") == []
    notebook.show("endless")
    notebook.page.screenshot(path=artefacts / "00-stopped.png")
    with attach("00-start-here") as lab:
        assert lab.machine("client").list_processes() == []


def test_after_a_kernel_s_restart_the_lab_is_still_there(open_lab: Open) -> None:
    cells = (("mark", "%%on client\nip link add mark type bridge"), ("look", "%%on client\nip -br link"))
    notebook = open_lab("00", add=cells)
    assert notebook.run_all() == []
    notebook.start("notebook:restart-kernel")
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()
    notebook.page.wait_for_selector(".jp-Dialog", state="detached")
    notebook.wait_kernel("idle")
    for cell in ("start", "look"):
        at = notebook.list_cells().index(cell)
        notebook.page.evaluate(f"at => {{ jupyterapp.shell.currentWidget.content.activeCellIndex = {at} }}", at)
        notebook.run("notebook:run-cell")
    assert "mark" in notebook.text("look")


def test_a_stranger_s_file_shows_the_text_form(
    open_lab: Open, server: Server, browser: Browser, artefacts: Path
) -> None:
    """Outputs that were not made here are not trusted: styles and drawings are taken away, the text must do."""
    import nbformat

    notebook = open_lab("00", color_scheme="dark")
    assert notebook.run_all() == []
    notebook.run("docmanager:save")
    saved = nbformat.read(max(server.root.glob("00-*.ipynb"), key=lambda path: path.stat().st_mtime), as_version=4)
    saved.cells[0].source += "\n\nFrom elsewhere."  # its signature is another now
    (server.root / "stranger.ipynb").write_text(nbformat.writes(saved))
    opened = Notebook(browser, server, "stranger.ipynb", color_scheme="dark")
    try:
        cell = opened.show("see-the-start")
        expect(cell.locator("pre").filter(has_text="cabled to switch s1").first).to_be_visible()
        assert cell.locator("svg[role=img]").count() == 0
        opened.page.screenshot(path=artefacts / "00-untrusted.png")
    finally:
        opened.close()


def test_shell_cells_are_coloured_and_machines_complete(open_lab: Open) -> None:
    notebook = open_lab("00")
    assert notebook.run_all() == []
    at = notebook.list_cells().index("look-around")
    mime = notebook.page.evaluate(f"() => jupyterapp.shell.currentWidget.content.widgets[{at}].model.mimeType")
    assert mime == "text/x-sh"
    reply = notebook.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestComplete({code: '%%on cl', cursor_pos: 7}).then(reply => reply.content.matches)"
    )
    assert reply == ["client"]
