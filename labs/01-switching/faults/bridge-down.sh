# cause: bridge-down
# where: switch1 | switch1:br0
# report: "Nobody in the rack reaches anybody since the power cut."
# shows: nobody reaches anybody, though every cable is up.
bridge=$(on switch1 ip -o link show {{ a.port }} | sed 's/.* master \([^ ]*\) .*/\1/')
on switch1 ip link set "$bridge" down
