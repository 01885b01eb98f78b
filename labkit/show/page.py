"""HTML around every rich output: theme colours with fallbacks, no scripts, and the text form where styles are taken away.

JupyterLab removes <style> and <svg> from outputs it does not trust: then `lk-rich` stays hidden and `lk-plain` is shown.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from labkit.show.drawing.svg import STYLE as SVG_STYLE

COLOURS: Final = """
  --lk-ink: var(--jp-content-font-color1, var(--vscode-editor-foreground, light-dark(#1f2328, #e6edf3)));
  --lk-ground: var(--jp-layout-color1, var(--vscode-editor-background, light-dark(#ffffff, #1e1e1e)));
  --lk-raised: var(--jp-layout-color2, light-dark(#eeeeee, #333333));
  --lk-line: light-dark(#6a737d, #9aa4ae);
  --lk-accent: light-dark(#0b5fc4, #6cb6ff);
  --lk-second: light-dark(#9a4a00, #f0a35e);
  --lk-lost: light-dark(#b3261e, #ff8f87);
"""
STYLE: Final = (
    """
.lk { color: var(--lk-ink); """
    + COLOURS
    + """}
.lk .lk-plain { display: none; }
.lk .lk-rich { display: block !important; }
.lk .lk-wide { overflow-x: auto; } .lk p { max-width: 46em; }
.lk table { border-collapse: collapse; margin: 0.4em 0; }
.lk .lk-rich th, .lk .lk-rich td { text-align: left; vertical-align: top; padding: 0.3em 0.7em; color: var(--lk-ink); }
.lk th { border-bottom: 1px solid var(--lk-line); }
.lk td { border-bottom: 1px solid var(--lk-raised); }
.lk .lk-rich tbody tr, .lk .lk-rich tbody tr:hover { background: none; } .lk caption { text-align: left; font-weight: bold; padding: 0.3em 0; color: var(--lk-ink); }
.lk dl { display: grid; grid-template-columns: max-content auto; gap: 0.15em 0.8em; margin: 0.3em 0 0; }
.lk dt { font-weight: normal; opacity: 0.85; } .lk dd { margin: 0; }
.lk ol { margin: 0.2em 0; padding-left: 2.2em; } .lk summary { cursor: pointer; }
.lk pre { margin: 0.3em 0; font-family: var(--jp-code-font-family, monospace); font-size: 12px; }
.lk .lk-legend { margin: 0.2em 0 0.4em; font-size: 12px; }
.lk .lk-steps { display: flex; flex-wrap: wrap; gap: 2px; margin: 0.4em 0; }
.lk .lk-steps label { flex: 1 1 1.7em; min-width: 1.7em; text-align: center; padding: 0.2em 0; cursor: pointer; position: relative;
  border: 1px solid var(--lk-line); border-radius: 3px; background: var(--lk-raised); color: var(--lk-ink); }
.lk .lk-steps label.lk-back { border-style: dashed; }
.lk .lk-steps label:has(:checked) { background: var(--lk-accent); color: var(--lk-ground); font-weight: bold; }
.lk .lk-steps label.lk-back:has(:checked) { background: var(--lk-second); }
.lk .lk-steps label:has(:focus-visible) { outline: 2px solid var(--lk-ink); outline-offset: 1px; }
.lk .lk-steps input { position: absolute; opacity: 0; width: 100%; height: 100%; left: 0; top: 0; margin: 0; cursor: pointer; }
.lk .lk-panel, .lk .lk-mark { display: none; }
@supports not selector(:has(a)) { .lk .lk-panel { display: block; } }
.lk .lk-turn { display: inline-block; cursor: pointer; padding: 0.1em 0.6em; margin-right: 0.3em; border: 1px solid var(--lk-line); border-radius: 3px; }
.lk .lk-scroll { max-height: 26em; overflow-y: auto; } @media print { .lk .lk-scroll { max-height: none; } }
.lk .lk-hops { font-size: 12px; } .lk .lk-hops td:first-child { white-space: nowrap; }
.lk .lk-hops label { cursor: pointer; display: block; }
.lk .lk-badge { display: inline-block; white-space: nowrap; padding: 0.05em 0.55em; border-radius: 0.7em; color: #ffffff; background: #57606a; }
.lk .lk-passed { background: #1a7f37; } .lk .lk-failed { background: #b3261e; } .lk .lk-cannot_tell { background: #8a5a00; }
"""
    + SVG_STYLE
)


def render_inline(text: str) -> str:
    """A sentence in HTML; what stands between `backticks` is code, as in the lessons."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def render_page(rich: str, plain: str) -> str:
    """An output of a notebook: `rich` is HTML, `plain` the same as text."""
    return (
        f'<div class="lk"><style>{STYLE}</style><pre class="lk-plain">{escape(plain)}</pre>'
        f'<div class="lk-rich" style="display:none">{rich}</div></div>'
    )


def render_drawing(svg: str, plain: str, legend: str) -> str:
    """A drawing with its legend, and its text form folded below."""
    text = f"<details><summary>The same as text</summary><pre>{escape(plain)}</pre></details>"
    return render_page(f'<div class="lk-wide">{svg}</div><p class="lk-legend">{escape(legend)}</p>{text}', plain)


def render_svg_file(svg: str) -> str:
    """A drawing as a file of its own: it brings its colours, light or dark as the reader's system is."""
    root = f".lk-svg {{ color-scheme: light dark; {COLOURS} background: var(--lk-ground); }}"
    head, end, rest = svg.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{end}<style>{root}{SVG_STYLE}</style>{rest}\n'
