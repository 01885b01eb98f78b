# cause: link-down
# where: right:eth0 | right
# report: "The other side does not answer."
# shows: left no longer reaches right.
on right ip link set eth0 down
