# cause: duplicate-address
# where: {{ w1.name }}
# report: "{{ a.name }} answers pings and refuses everything else. Its program runs, I have looked."
# shows: pings of {{ a.address }} are answered by the node; {{ a.name }} itself reaches nobody, not even its gateway.
on {{ w1.name }} ip addr add {{ a.address }}/32 dev eth0
