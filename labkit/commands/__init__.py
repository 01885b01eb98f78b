"""Commands of ours that every machine of a world has: one module each, named as the command, with `main() -> int`.

They run inside the world, as the learner, with sys.argv as typed; world/enclosure.py writes the programs that start them.
"""
