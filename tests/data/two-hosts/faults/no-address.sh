# cause: missing-address
# where: right:eth0
# shows: left no longer reaches right.
on right ip addr flush dev eth0
