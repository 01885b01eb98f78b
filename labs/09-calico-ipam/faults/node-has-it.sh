# cause: duplicate-address
# where: {{ w1.name }}
# report: "{{ a.name }} answers pings, and its pages come from somebody else."
# shows: pings of {{ a.address }} are answered by the node, not by {{ a.name }}.
on {{ w1.name }} ip addr add {{ a.address }}/32 dev eth0
