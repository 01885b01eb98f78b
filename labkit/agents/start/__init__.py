"""How the commands of this room are started."""
