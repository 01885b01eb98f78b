"""kubelet: this course's stand-in for the agent that runs pods on a node."""
