"""The HTML around every output: no scripts, nothing from outside, readable in light and dark, and untrusted."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from labkit.show.page import COLOURS, STYLE, render_drawing, render_page

JUPYTERLAB = {"light": {"--lk-ink": "#000000", "--lk-ground": "#ffffff", "--lk-raised": "#eeeeee"},
              "dark": {"--lk-ink": "#ffffff", "--lk-ground": "#111111", "--lk-raised": "#424242"}}  # fmt: skip
VOID = {"br", "meta", "img", "input"}


class Balance(HTMLParser):
    """Refuses tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_html(html: str) -> set[str]:
    """The tags in it, when it is well-formed and needs nothing but itself."""
    parser = Balance()
    parser.feed(html)
    assert parser.open == []
    assert "script" not in parser.seen
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert not re.search(r"\son\w+=", html)
    return parser.seen


def parse_colours() -> dict[str, dict[str, str]]:
    """Each variable's fallback for light and dark pages."""
    found = re.findall(r"(--lk-\w+):[^;]*light-dark\((#\w+), (#\w+)\)", COLOURS)
    return {theme: {name: pair[at] for name, *pair in found} for at, theme in enumerate(("light", "dark"))}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["alone", "JupyterLab"])
def test_text_and_lines_can_be_seen(theme: str, page: str) -> None:
    colours = parse_colours()[theme] | (JUPYTERLAB[theme] if page == "JupyterLab" else {})
    for ground in ("--lk-ground", "--lk-raised"):
        assert contrast(colours["--lk-ink"], colours[ground]) >= 7
        assert contrast(colours["--lk-accent"], colours[ground]) >= 4.5
        assert contrast(colours["--lk-line"], colours[ground]) >= 3


def test_badges_can_be_read() -> None:
    badges = re.findall(r"background: (#\w{6})", STYLE)
    assert len(badges) == 4
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in badges)


def test_the_text_form_is_there_and_escaped() -> None:
    html = render_page("<p>rich</p>", "a <b> & c")
    assert check_html(html) == {"div", "style", "pre", "p"}
    assert '<pre class="lk-plain">a &lt;b&gt; &amp; c</pre>' in html


def test_untrusted_the_text_form_is_what_is_seen() -> None:
    """JupyterLab then takes <style> and <svg> away: the rich part stays hidden by its own attribute."""
    html = re.sub(r"<style>.*?</style>", "", render_page("<p>rich</p>", "plain"), flags=re.DOTALL)
    assert '<div class="lk-rich" style="display:none"><p>rich</p></div>' in html
    assert '<pre class="lk-plain">plain</pre>' in html
    assert ".lk-plain { display: none; }" in STYLE
    assert ".lk-rich { display: block !important; }" in STYLE


def test_a_drawing_has_a_legend_and_its_text_folded() -> None:
    html = render_drawing("<svg></svg>", "as text", "what + means")
    assert check_html(html) >= {"svg", "details", "summary"}
    assert "what + means" in html
    assert html.count("<pre>as text</pre>") == html.count(">as text</pre>") - 1 == 1
