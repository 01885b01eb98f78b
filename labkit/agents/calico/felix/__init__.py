"""Felix: packets' ways, and which packets may go; what shall be is worked out, what is is read, the difference is made."""
