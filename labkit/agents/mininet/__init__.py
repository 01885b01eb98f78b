"""Mininet, run inside a world."""
