# cause: wrong-mtu
# where: {{ a.name }}
# report: "{{ a.name }} was made anew this morning. It works, but the monitoring complains about packets that were too big."
# shows: the first large packet of {{ a.name }} to the other subnet is refused by its node: its eth0 has 1500.
on {{ a.name }} ip link set eth0 mtu 1500
