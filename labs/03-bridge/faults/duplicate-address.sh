# cause: duplicate-address
# where: {{ c.name }} | {{ c.name }}:eth0
# report: "Half of the calls to {{ b.name }} fail. Which half, changes."
# shows: two MACs answer for {{ b.address }}; who gets the packets changes with the ARP cache.
on {{ c.name }} ip addr add {{ b.address }}/32 dev eth0
