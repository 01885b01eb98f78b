"""rtnetlink written in batches: one module per noun, each with its words, its command and its message."""
