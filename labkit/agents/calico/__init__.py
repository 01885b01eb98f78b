"""Calico's own programs, as far as this course needs them: names, blocks, BIRD's configuration, calicoctl's tables."""
