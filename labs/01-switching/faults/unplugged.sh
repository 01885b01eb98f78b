# cause: port-not-in-bridge
# where: switch1 | switch1:{{ c.port }}
# report: "{{ a.name }} and {{ b.name }} wait for {{ c.name }}, which says that the others are gone."
# shows: both ends of the cable are up, but {{ c.name }} gets no answer to any ARP question.
on switch1 ip link set {{ c.port }} nomaster
