"""Rendering only: text first, HTML and SVG beside it. Nothing here looks at a network; every function is pure."""
