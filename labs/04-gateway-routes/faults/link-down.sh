# cause: link-down
# where: router1:eth1 | router1
# report: "The whole second rack is gone."
# shows: the rack of worker4 is cut off; the other three nodes notice nothing among themselves.
on router1 ip link set eth1 down
