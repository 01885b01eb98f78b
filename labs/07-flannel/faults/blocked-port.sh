# cause: packets-filtered
# where: router1
# shows: nodes reach each other; between the racks no wrapped packet passes.
on router1 iptables -A FORWARD -p udp --dport 8472 -j DROP
