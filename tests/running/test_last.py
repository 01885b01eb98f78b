"""How a run ends: tests that run alone, failed tests once more, and what is then called unsteady."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PLUGINS = 'pytest_plugins = ["tests.running.apart", "tests.running.last", "tests.running.parallel"]'
# red the first time, green when it is run again
UNSTEADY = """
def test_{name}():
    print("said by {name}")
    path = pathlib.Path(r"{folder}", "{name}")
    first = not path.exists()
    path.touch()
    assert not first, "the first time"
"""
IMPORTS = "import os, pathlib, pytest\n"


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder of tests with this repository's way to run them."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # hypothesis takes a second to load
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin")
    pytester.makeini("[pytest]\nmarkers =\n    alone: alone\n")
    pytester.makeconftest(PLUGINS)
    return pytester


def unsteady(inner: pytest.Pytester, *names: str) -> str:
    return "".join(UNSTEADY.format(name=name, folder=inner.path) for name in names)


def run(inner: pytest.Pytester, *options: str) -> pytest.RunResult:
    return inner.runpytest_subprocess("-p", "no:cacheprovider", "--again", *options)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_green_the_second_time_is_unsteady_and_shows_both(inner: pytest.Pytester, workers: str) -> None:
    inner.makepyfile(IMPORTS + "def test_steady(): pass\n" + unsteady(inner, "one", "two"))
    ran = run(inner, workers)
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(
        [
            "*UNSTEADY*",
            "*::test_one*",
            "red with the others (call*",
            "*AssertionError: the first time",
            "*said by one",
            "green alone (call*",
            "*said by one",
            "*1 passed, 2 unsteady in *",
        ]
    )
    assert ran.stdout.lines[-1] == ran.outlines[-1]
    assert " unsteady in " in ran.outlines[-1]
    assert "FAILURES" not in ran.stdout.str()


def test_red_again_is_red_and_shows_both(inner: pytest.Pytester) -> None:
    inner.makepyfile(IMPORTS + "def test_red(): assert os.getpid() == 0\n" + unsteady(inner, "one"))
    ran = run(inner, "-n2")
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["*FAILURES*", "*Once more, alone*", "*UNSTEADY*", "*1 failed, 1 unsteady in *"])
    assert ran.stdout.str().count("assert os.getpid() == 0") >= 2


def test_more_than_allowed_are_red(inner: pytest.Pytester) -> None:
    inner.makepyfile(IMPORTS + unsteady(inner, "one", "two", "three"))
    ran = run(inner, "-n0")
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["3 tests are unsteady; more than 2 make a run red", "*3 failed, 3 unsteady in *"])
    for path in ("one", "two", "three"):
        (inner.path / path).unlink()
    assert run(inner, "-n0", "--unsteady-allowed=3").ret == 0


def test_a_fixture_that_fails_once_is_unsteady_too(inner: pytest.Pytester) -> None:
    fixture = unsteady(inner, "fixture").replace("def test_fixture", "@pytest.fixture\ndef once")
    inner.makepyfile(IMPORTS + fixture + "def test_uses_it(once): pass\n")
    ran = run(inner, "-n0")
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(["*1 unsteady in *"])


def test_skipped_the_second_time_is_not_green(inner: pytest.Pytester) -> None:
    skipping = unsteady(inner, "one").replace(
        "    assert not first", "    if not first: pytest.skip()\n    assert not first"
    )
    inner.makepyfile(IMPORTS + skipping)
    assert run(inner, "-n0").ret == 1


def test_so_many_failures_are_not_tried_again(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        "import pytest\n@pytest.mark.parametrize('number', range(21))\ndef test_red(number): assert False\n"
    )
    ran = run(inner, "-n0")
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["21 tests failed; more than 20 are not run once more", "*21 failed in *"])


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_alone_is_after_the_others_and_counted_with_them(inner: pytest.Pytester, workers: str) -> None:
    inner.makepyfile(
        IMPORTS + f"log = pathlib.Path(r'{inner.path}/log')\n"
        "def note(word): log.open('a').write(word)\n"
        "@pytest.mark.alone\n@pytest.mark.parametrize('text', ['a b', 'c::d', '[x]\\n'])\ndef test_alone(text): note('A')\n"
        "@pytest.mark.alone\ndef test_alone_and_red(): assert 'PYTEST_XDIST_WORKER' in os.environ\n"
        "def test_with_others(): note('o')\ndef test_with_others_too(): note('o')\n"
    )
    ran = run(inner, workers)
    assert (inner.path / "log").read_text() == "ooAAA"
    ran.stdout.fnmatch_lines(["*1 failed, 5 passed in *"])
    assert ran.ret == 1


def test_all_that_is_asked_for_may_be_alone(inner: pytest.Pytester) -> None:
    inner.makepyfile(IMPORTS + "@pytest.mark.alone\ndef test_alone(): pass\n")
    ran = run(inner, "-n2")
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(["*1 passed in *"])


def test_a_process_that_dies_is_no_success(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        IMPORTS + "@pytest.mark.alone\ndef test_dies(): os._exit(7)\n@pytest.mark.alone\ndef test_later(): pass\n"
    )
    ran = run(inner, "-n2")
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["*the process that ran it alone ended with 7*", "*2 failed in *"])


def test_without_the_option_nothing_is_run_again(inner: pytest.Pytester) -> None:
    inner.makepyfile(IMPORTS + unsteady(inner, "one"))
    ran = inner.runpytest_subprocess("-p", "no:cacheprovider")
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["*1 failed in *"])
