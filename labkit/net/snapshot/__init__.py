"""What has been added to machines, object by object, and how each is taken away again: for the proof of checks."""
