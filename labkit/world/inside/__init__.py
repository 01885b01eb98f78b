"""PID 1's half of the world: runs in the outer user namespace as the judge, on the standard library alone."""
