# cause: link-down
# where: right:eth0 | right
# shows: left no longer reaches right.
on right ip link set eth0 down
