"""The newcomer's path: `./lab up`, the map, lab 00 to its end, lab 03 begun, closing, and coming back the next day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from labkit.lab.folders import list_labs
from labkit.world import World, list_worlds
from tests.browser.learner import Learner, find_port, start_day

pytestmark = pytest.mark.timeout(900)
FAULT = "missing-address"
SAVED = """fetch('/lab/api/workspaces/labkit').then(answer => answer.json())
    .then(saved => saved.data['layout-restorer:data'].main.current)"""


@pytest.fixture
def learner(browser: Browser) -> Iterator[Learner]:
    learner = Learner(browser)
    yield learner
    learner.close()
    for left in list_worlds():
        World.attach(left).end()


def take_a_picture(learner: Learner, folder: Path, name: str) -> None:
    learner.page.screenshot(path=folder / f"newcomer-{name}.png")


def do_lab_00(learner: Learner, pictures: Path) -> None:
    page = learner.page
    page.get_by_role("link", name="Begin: 00-start-here").click()
    learner.wait_notebook("00-start-here.ipynb")
    expect(page.get_by_role("link", name="Course map")).to_be_visible()
    expect(learner.run("start")).to_contain_text("00-start-here is built, a new network: client, web")
    guessed = learner.run("predict", "%answer first-ping 2")
    expect(guessed).to_contain_text("first-ping = Network is unreachable: noted.")
    seen = learner.run("see-it-fail")
    expect(seen.locator("caption")).to_contain_text("≠ not as you said")
    expect(seen.locator("td").nth(1)).to_have_text("Destination Host Unreachable")
    assert [each["output_type"] for each in learner.outputs("see-it-fail")] == ["stream", "display_data"], "no error"
    take_a_picture(learner, pictures, "1-guess-and-truth")
    check_lesson_is_safe(learner)
    exercise = learner.run("give-the-address")
    expect(exercise).to_contain_text("Nothing was run: the commands in this cell are yours to write.")
    assert "Your turn" in exercise.locator(".jp-InputArea").evaluate(
        "node => getComputedStyle(node, '::before').content"
    )
    take_a_picture(learner, pictures, "2-your-turn")
    learner.run("give-the-address", "%%on web\nip addr add 10.0.0.20/24 dev eth0")
    expect(learner.run("ping")).to_contain_text("2 received")
    learner.run("break-it", f"%lab break 00-start-here --fault {FAULT}")
    learner.run("name-the-cause", f"%answer fault.cause {FAULT}")
    learner.run("name-the-place", "%answer fault.where web:eth0")
    forgotten = learner.run("repair-it", "ip addr add 10.0.0.20/24 dev eth0")
    expect(forgotten).to_contain_text("ip is a command of the shell: on which machine?")
    learner.run("repair-it", "%%on web\nip addr add 10.0.0.20/24 dev eth0")
    done = learner.run("check-the-repair")
    expect(done).to_contain_text("00-start-here is done: 3 checks, 0 of 1 guesses right")
    expect(done.get_by_role("link", name="01-switching")).to_be_visible()
    take_a_picture(learner, pictures, "3-done")


def check_lesson_is_safe(learner: Learner) -> None:
    """A double click and `d d` on a text of the lesson do nothing to it, nor `d d` on a cell that is given."""
    text = learner.show("ask-first-ping")
    cells = learner.count_cells()
    text.locator(".jp-RenderedMarkdown").dblclick()
    expect(text.locator(".jp-RenderedMarkdown")).to_be_visible()
    for cell in (text, learner.show("look-around").locator(".jp-InputPrompt")):
        cell.click()
        learner.page.keyboard.press("Escape")
        learner.page.keyboard.press("d")
        learner.page.keyboard.press("d")
    assert learner.count_cells() == cells


def begin_lab_03(learner: Learner, pictures: Path) -> None:
    page = learner.page
    page.get_by_role("link", name="Course map").click()
    expect(page.get_by_text(f"1 of {len(list_labs())} labs done")).to_be_visible()
    expect(page.get_by_role("row", name="00-start-here")).to_contain_text("✓ done")
    take_a_picture(learner, pictures, "4-map")
    page.get_by_role("link", name="03-bridge", exact=True).first.click()
    learner.wait_notebook("03-bridge.ipynb")
    assert "already loaded" not in learner.run("start").inner_text()
    learner.run("make-the-first-pod")
    learner.restart_kernel()
    again = learner.run("see-it-fail")
    expect(again).to_contain_text("Network is unreachable")
    learner.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")


def test_two_days(learner: Learner, artefacts: Path, tmp_path: Path) -> None:
    port, page = find_port(), learner.page
    with start_day(tmp_path, port) as day:
        bookmark = day.address
        page.goto(bookmark)
        expect(page.get_by_role("link", name="Begin: 00-start-here")).to_be_visible()
        take_a_picture(learner, artefacts, "0-first-page")
        do_lab_00(learner, artefacts)
        begin_lab_03(learner, artefacts)
        page.wait_for_function(f"name => ({SAVED}).then(saved => saved === name)", arg="notebook:03-bridge.ipynb")
        said = day.end()
    assert "2 labs end with it: 00-start-here, 03-bridge" in said
    page.goto("about:blank")
    with start_day(tmp_path, port) as day:
        assert day.address.startswith(f"http://127.0.0.1:{port}/lab/workspaces/labkit?token="), "where one was"
        page.goto(bookmark)
        expect(page.get_by_role("link", name="Go on where I was: 03-bridge")).to_be_visible()
        expect(page.get_by_text("Something broke in 00-start-here overnight")).to_be_visible()
        take_a_picture(learner, artefacts, "5-next-day")
        page.goto(day.address)
        learner.wait_notebook("03-bridge.ipynb")
        begun = learner.run("start")
        expect(begun).to_contain_text("03-bridge is built, a new network")
        expect(begun).to_contain_text("is not in it. Bring it back")
        take_a_picture(learner, artefacts, "6-offered")
        resumed = learner.run("start", "%lab start 03-bridge --resume")
        expect(resumed).to_contain_text("done again")
        expect(resumed).to_contain_text("again: worker1: ip netns add web")
        expect(learner.run("see-it-fail")).to_contain_text("Network is unreachable")
        take_a_picture(learner, artefacts, "7-going-on")
        day.end()
