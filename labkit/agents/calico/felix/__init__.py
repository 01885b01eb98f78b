"""Felix, as far as packets' ways go: what shall be is worked out, what is is read, the difference is made."""
