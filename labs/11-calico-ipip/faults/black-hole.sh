# cause: wrong-mtu
# where: {{ r1.name }}
# report: "{{ a.name }} and {{ c.name }} can ping each other, and what they load stops after the first bytes."
# shows: between the subnets small packets arrive and large ones vanish: router1's second interface takes 1400 bytes and the sender is not told.
on {{ r1.name }} iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP
on {{ r1.name }} ip link set eth1 mtu 1400
