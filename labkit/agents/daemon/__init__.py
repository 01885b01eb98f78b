"""Who starts, waits for and stops real programs on a machine."""
