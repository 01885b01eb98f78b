# cause: packets-filtered
# where: {{ w1.name }}
# report: "{{ a.name }} reaches nobody any more."
# shows: {{ a.name }} gets its ARP answers; what it sends ends on its node.
on {{ w1.name }} iptables -I FORWARD -i {{ a.name | cali }} -j DROP
