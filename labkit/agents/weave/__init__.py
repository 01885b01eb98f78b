"""A Weave-like network: an agent on every node that learns who is where, and wraps frames in UDP (after weaveworks/weave 2.8)."""
