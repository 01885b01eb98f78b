"""Containers of a node: what containerd and its shims do for kubelet."""
