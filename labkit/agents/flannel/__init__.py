"""flannel: every node gets a part of the pods' network and a way to every other node's part.

Names, files and kernel entries are flannel's own (github.com/flannel-io/flannel, cni-plugin). Ours is smaller: nodes come from
a file that has the form of the API's answer, and what it has set up is not looked over again until a node changes.
"""
